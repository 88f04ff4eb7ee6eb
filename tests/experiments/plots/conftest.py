"""A small run whose numbers are known, and figures before they are saved."""

import numpy as np
import pytest

from experiments.figures import curves
from semlink.store.results import ResultStore
from semlink.store.rows import COLUMNS

METRICS = ("psnr", "bler", "outage")
NAMES = ("ntscc", "jpeg2000_ldpc[mcs=auto,harq=ir]", "site_memory[keep=4]")
SNR_DB, CBRS = (0.0, 5.0, 10.0, 15.0), (0.02, 0.03)
SAMPLES = 20
# of the first, second, ... SNR; nothing was counted at the last ones
BLER = (1.0, 0.2, 0.004, 0.0)


def row(name: str, snr_db: float, cbr: float, metric: str, mean: float, **more):
    values = dict.fromkeys(COLUMNS, 0)
    values |= {"scenario": "", "transmitter": name, "channel": "awgn", "cbr": cbr}
    values |= {"snr_db": snr_db, "cbr_target": cbr, "metric": metric, "mean": mean}
    values |= {"ci95": 0.5 if metric == "psnr" else 0.001, "count": 500}
    point = f"{NAMES.index(name)}_{snr_db:g}_{cbr:g}"
    return values | {"point_id": point, "status": "ok", "task": "link"} | more


def psnr(name: str, snr_db: float) -> np.ndarray:
    """PSNR of each sample : [SAMPLES]; samples differ far more than transmitters."""
    rng = np.random.default_rng(NAMES.index(name))
    hard = 5 * np.random.default_rng(9).normal(size=SAMPLES)
    own = 0.1 * rng.normal(size=SAMPLES)
    return 20 + snr_db / 5 + hard + NAMES.index(name) + own


@pytest.fixture(scope="session")
def paper_run(tmp_path_factory):
    """The folder of a run of three transmitters over AWGN."""
    folder = tmp_path_factory.mktemp("runs") / "mine"
    with ResultStore(folder, metrics=METRICS) as store:
        for name in NAMES:
            for place, snr_db in enumerate(SNR_DB):
                for cbr in CBRS:
                    values = psnr(name, snr_db)
                    means = (values.mean(), BLER[place], BLER[place])
                    made = zip(METRICS, means, strict=True)
                    rows = [row(name, snr_db, cbr, m, mean) for m, mean in made]
                    store.append(rows)
                    samples = {i: (value, 1) for i, value in enumerate(values)}
                    store.write_samples(rows[0]["point_id"], {"psnr": samples})
    return folder


@pytest.fixture
def figures(monkeypatch):
    """Figures by the name of their file, instead of the files."""
    drawn = {}

    def keep(figure, path):
        drawn[path.stem] = figure
        return path

    monkeypatch.setattr(curves, "save", keep)
    return drawn


@pytest.fixture(scope="session")
def psnr_of():
    """Give the PSNR of each sample of that run, by the number of a transmitter."""
    return lambda number, snr_db: psnr(NAMES[number], snr_db)
