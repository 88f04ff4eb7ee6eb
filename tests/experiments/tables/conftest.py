"""Runs whose values are known, image by image, without a simulation."""

import json

import numpy as np
import pytest

from semlink.metrics import if_received
from semlink.store.results import ResultStore
from semlink.store.rows import COLUMNS
from semlink.sweeps.monitor import estimated

PSNR = {
    "name": "psnr",
    "label": "PSNR",
    "unit": "dB",
    "kind": "mean",
    "higher_is_better": True,
    "digits": 2,
    "headline": True,
}
MSE = PSNR | {"name": "mse", "label": "MSE", "unit": "", "higher_is_better": False}
MANIFEST = {
    "configuration": {"task": ["reconstruction"]},
    "components": {"source": {"toy": {}}},
    "conventions": {},
    "packages": {},
    "source_sha256": "",
    "seed": 1,
    "git_commit": "abc",
    "metrics": {"psnr": PSNR, "mse": MSE},
}


class Store:
    """Writes a run into a folder, point by point."""

    def __init__(self, folder):
        self.folder = folder
        self._store = ResultStore(folder, metrics=["psnr"])
        self._number = 0
        self.manifest()

    def manifest(self, **more):
        self._store.write("manifest.json", json.dumps(MANIFEST | more).encode())

    def add(self, transmitter, level=(), *, at=(10.0, 0.03), lost=None, **more):
        """Add a point.

        Parameters
        ----------
        level : metric [images] or [images, draws]
        at : SNR and CBR
        lost : whether each delivery is lost, as ``level``
        more : further columns of the row; ``spent`` is the CBR [images]
        """
        snr_db, cbr = at
        spent = np.asarray(more.pop("spent", np.full(len(level), cbr)), float)
        level = np.array(level, float).reshape(len(level), -1 if len(level) else 1)
        lost = np.zeros(level.shape) if lost is None else np.reshape(lost, level.shape)
        draws = level.shape[1] * bool(level.size)

        def sums(values, of):
            pairs = zip(values, of, strict=True)
            return {i: (v[o].sum(), o.sum()) for i, (v, o) in enumerate(pairs)}

        everything, arrived = np.ones(level.shape, bool), lost == 0
        samples = {
            "psnr": sums(level, everything),
            "outage": sums(lost, everything),
            "cbr": {i: (draws * one, draws) for i, one in enumerate(spent)},
        }
        kept = {i: v for i, v in sums(level, arrived).items() if v[1]}
        samples[if_received("psnr")] = kept
        value = estimated(list(samples["psnr"].values()), "mean")
        self._number += 1
        row = dict.fromkeys(COLUMNS, "nan") | {
            "scenario": "",
            "transmitter": transmitter,
            "channel": "awgn",
            "source": "toy",
            "snr_db": snr_db,
            "cbr_target": cbr,
            "cbr": spent.mean() if len(spent) else "nan",
            "task": "reconstruction",
            "metric": "psnr",
            **value._asdict(),
            "outage": lost.mean() if lost.size else "nan",
            "point_id": f"id{self._number}",
            "status": "ok",
            "images": len(level),
            "draws": draws,
            "cbr_other": "",
            "seconds": 1,
        }
        self._store.write_samples(row["point_id"], samples)
        self._store.append([row | more])


@pytest.fixture
def store(tmp_path):
    """An empty run."""
    return Store(tmp_path / "toy")
