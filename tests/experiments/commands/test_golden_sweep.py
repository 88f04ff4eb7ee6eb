"""A tiny real sweep against stored results, and against itself in another order.

``tests/expected/tiny_sweep.csv`` is written anew with

    python tests/experiments/commands/test_golden_sweep.py
"""

import csv
import math
from pathlib import Path

import pytest

from experiments.compose import sweep_of
from semlink import config
from semlink.store.results import ResultStore, read_points

EXPECTED = Path(__file__).parents[2] / "expected" / "tiny_sweep.csv"
SETTINGS = {
    "source": "photos[limit=2]",
    "transmitter": "jpeg2000_ldpc jpeg_ldpc",
    "channel": "awgn rayleigh[coherence_length=64]",
    "snr_db": "7 20",
    "cbr": "0.03",
    "cbr_mode": "per_image",
}
TEXT = ("transmitter", "channel", "source", "metric", "status", "point_id")
# picture codecs round differently from build to build, the link does not
TOLERANCE = {"psnr": 0.02, "ssim": 1e-3, "ms_ssim": 1e-3, "mse": 1.0, "goodput": 0.01}


class Nobody:
    def progress(self, point, monitor): ...

    def finished(self, point, rows, resumed): ...


def run(folder: Path, **changes) -> list[dict[str, str]]:
    job = sweep_of(config.validate(SETTINGS | changes))
    with ResultStore(folder, metrics=job.metrics) as store:
        job.run(store, Nobody())
    rows = read_points(folder)
    return [{k: v for k, v in row.items() if k != "seconds"} for row in rows]


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    return run(tmp_path_factory.mktemp("straight"))


def test_the_numbers_are_those_that_were_stored(straight):
    with open(EXPECTED, newline="") as file:
        expected = list(csv.DictReader(file))
    assert len(straight) == len(expected)
    for row, known in zip(straight, expected, strict=True):
        assert [row[c] for c in TEXT] == [known[c] for c in TEXT]
        mean, stored = float(row["mean"]), float(known["mean"])
        tolerance = TOLERANCE.get(row["metric"], 0.02)
        same = math.isnan(mean) and math.isnan(stored)
        assert same or mean == pytest.approx(stored, abs=tolerance), row


def test_another_order_gives_the_same_file(straight, tmp_path):
    back = run(
        tmp_path,
        snr_db="20 7",
        transmitter="jpeg_ldpc jpeg2000_ldpc",
        channel="rayleigh[coherence_length=64] awgn",
    )
    assert back == straight


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as scratch:
        rows = run(Path(scratch))
    with open(EXPECTED, "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
