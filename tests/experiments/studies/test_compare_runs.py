"""Comparison of two runs, and Bjontegaard deltas against known values."""

import json
import shutil

import numpy as np
import pytest

from experiments.commands.manifests import manifest
from experiments.compose import sweep_of
from experiments.studies.bjontegaard_delta import delta
from experiments.studies.compare_runs import compare_runs
from semlink import config
from semlink.errors import InputError
from semlink.store.results import ResultStore
from semlink.sweeps.listener import Unwatched

CBR = np.array([0.01, 0.02, 0.04, 0.08, 0.16])
PSNR = np.array([22.0, 25.5, 28.2, 31.0, 33.1])


def curve(cbr, psnr):
    return list(zip(cbr, psnr, strict=True))


def test_a_curve_that_is_higher_everywhere_is_higher_by_that():
    found = delta(curve(CBR, PSNR), curve(CBR, PSNR + 0.7))
    assert found.gain == pytest.approx(0.7, abs=1e-9)
    assert found.cbr == (0.01, 0.16)
    assert found.level == (22.7, 33.1)
    assert found.rate < 0


@pytest.mark.parametrize("times", [0.7, 1.25, 2.0])
def test_a_curve_that_takes_more_everywhere_takes_that_much_more(times):
    found = delta(curve(CBR, PSNR), curve(times * CBR, PSNR))
    assert found.rate == pytest.approx(times - 1, abs=1e-9)
    assert np.sign(found.gain) == np.sign(1 - times)


def test_a_curve_is_no_better_than_itself():
    found = delta(curve(CBR, PSNR), curve(CBR, PSNR))
    assert found.gain == found.rate == 0


def test_order_and_number_of_points_do_not_matter():
    found = delta(curve(CBR, PSNR)[::-1], curve(CBR[:4], PSNR[:4])[::-1])
    assert found.cbr == (0.01, 0.08)
    assert abs(found.gain) < 0.1


# Rates [kbit/s] and PSNR [dB]: the sample of many implementations of VCEG-M33, and that
# of the package of FAU Erlangen-Nuernberg; BD-rate [%] by VCEG-M33's polynomials.
WORKED = [
    ((686.76, 309.58, 157.11, 85.95), (40.28, 37.18, 34.24, 31.42),
     (893.34, 407.8, 204.93, 112.75), (40.39, 37.21, 34.17, 31.24), 31.3974),
    ((9487.76, 4593.6, 2486.44, 1358.24), (40.037, 38.615, 36.845, 34.851),
     (9787.8, 4469.0, 2451.52, 1356.24), (40.121, 38.651, 36.97, 34.987), -4.4205),
]  # fmt: skip


def vceg_m33(rate, psnr, other_rate, other_psnr):
    """BD-rate [%] as VCEG-M33 has it: cubic polynomials of log rate over PSNR."""
    low, high = max(min(psnr), min(other_psnr)), min(max(psnr), max(other_psnr))
    areas = [
        np.diff(np.polyval(np.polyint(np.polyfit(y, np.log(x), 3)), [low, high]))[0]
        for x, y in ((rate, psnr), (other_rate, other_psnr))
    ]
    return 100 * np.expm1((areas[1] - areas[0]) / (high - low))


@pytest.mark.parametrize(("rate", "psnr", "other", "other_psnr", "percent"), WORKED)
def test_published_worked_examples(rate, psnr, other, other_psnr, percent):
    """Ours is by piecewise cubics, as JVET has it: a little off the polynomials."""
    assert vceg_m33(rate, psnr, other, other_psnr) == pytest.approx(percent, abs=1e-4)
    found = delta(curve(rate, psnr), curve(other, other_psnr))
    assert 100 * found.rate == pytest.approx(percent, abs=0.03)


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
    job = sweep_of(config.validate(settings))

    with ResultStore(folder, metrics=job.metrics) as store:
        job.run(store, Unwatched())
        store.write("manifest.json", json.dumps(manifest(job)).encode())
    return folder


def test_a_run_is_no_better_than_itself(run):
    table = compare_runs(run, run, "mse").splitlines()
    assert table[0] == "conventions, images and packages are the same"
    values = [line.split("|")[-2].strip() for line in table[4:]]
    assert values == ["+0.00 ±0.00"] * 4


def test_other_conventions_are_said(run):
    other = shutil.copytree(run, run.parent / "other")
    tree = json.loads((run / "manifest.json").read_text())
    was, tree["conventions"]["cbr"] = tree["conventions"]["cbr"], "halved"
    (other / "manifest.json").write_text(json.dumps(tree))
    first = compare_runs(run, other, "mse").splitlines()[0]
    assert first == f"cbr differs: {was} and halved"
    shutil.rmtree(other)


def test_runs_without_a_common_point_are_refused(run):
    with pytest.raises(InputError, match="points of psn in common"):
        compare_runs(run, run, "psn")
