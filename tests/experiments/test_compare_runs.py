"""Two runs compared, and Bjontegaard's deltas against what they must be."""

import json
import shutil

import numpy as np
import pytest

from experiments.bjontegaard_delta import delta
from experiments.compare_runs import compare_runs
from experiments.compose import catalogue
from semlink import config
from semlink.errors import InputError
from semlink.results import ResultStore
from semlink.sweep import Sweep

CBR = np.array([0.01, 0.02, 0.04, 0.08, 0.16])
PSNR = np.array([22.0, 25.5, 28.2, 31.0, 33.1])


def curve(cbr, psnr):
    return list(zip(cbr, psnr, strict=True))


def test_a_curve_that_is_higher_everywhere_is_higher_by_that():
    found = delta(curve(CBR, PSNR), curve(CBR, PSNR + 0.7))
    assert found.psnr_db == pytest.approx(0.7, abs=1e-9)
    assert found.cbr == (0.01, 0.16)
    assert found.level_db == (22.7, 33.1)
    assert found.rate < 0


@pytest.mark.parametrize("times", [0.7, 1.25, 2.0])
def test_a_curve_that_takes_more_everywhere_takes_that_much_more(times):
    found = delta(curve(CBR, PSNR), curve(times * CBR, PSNR))
    assert found.rate == pytest.approx(times - 1, abs=1e-9)
    assert np.sign(found.psnr_db) == np.sign(1 - times)


def test_a_curve_is_no_better_than_itself():
    found = delta(curve(CBR, PSNR), curve(CBR, PSNR))
    assert found.psnr_db == found.rate == 0


def test_order_and_number_of_points_do_not_matter():
    found = delta(curve(CBR, PSNR)[::-1], curve(CBR[:4], PSNR[:4])[::-1])
    assert found.cbr == (0.01, 0.08)
    assert abs(found.psnr_db) < 0.1


@pytest.mark.parametrize(("cbr", "psnr", "reason"), [
    (CBR[:3], PSNR[:3], "fewer than 4 CBRs"),
    (CBR, PSNR[[0, 2, 1, 3, 4]], "a curve does not rise"),
    (100 * CBR, PSNR, "no overlap"),
    (CBR, PSNR + 50, "no overlap"),
])  # fmt: skip
def test_what_cannot_be_compared_is_said(cbr, psnr, reason):
    assert delta(curve(CBR, PSNR), curve(cbr, psnr)) == reason


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A small run."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    settings = {
        "source": "gaussian[count=5]",
        "transmitter": "uncoded",
        "channel": "awgn",
        "snr_db": [0, 10],
        "cbr": [0.9, 1.8],
    }
    job = Sweep(config.validate(settings), catalogue())

    class Silent:
        def progress(self, point, monitor): ...

        def finished(self, point, rows, resumed): ...

    with ResultStore(folder, metrics=job.metrics) as store:
        job.run(store, Silent())
        manifest = {"conventions": {"mse": "as it is"}, "source_sha256": "ab"}
        store.write("manifest.json", json.dumps(manifest).encode())
    return folder


def test_a_run_is_no_better_than_itself(run):
    table = compare_runs(run, run, "mse").splitlines()
    assert table[0] == "conventions, images and packages are the same"
    values = [line.split("|")[-2].strip() for line in table[4:]]
    assert values == ["+0.00 ±0.00"] * 4


def test_other_conventions_are_said(run):
    other = shutil.copytree(run, run.parent / "other")
    manifest = {"conventions": {"mse": "halved"}, "source_sha256": "ab"}
    (other / "manifest.json").write_text(json.dumps(manifest))
    first = compare_runs(run, other, "mse").splitlines()[0]
    assert first == "mse differs: as it is and halved"
    shutil.rmtree(other)


def test_runs_without_a_common_point_are_refused(run):
    with pytest.raises(InputError, match="points of psn in common"):
        compare_runs(run, run, "psn")
