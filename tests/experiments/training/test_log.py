"""The log of a run: later versions do not move columns."""

import csv

import pytest

from experiments.training.log import line_of, log
from experiments.training.options import _say


def test_a_log_of_fewer_columns_goes_on(tmp_path):
    log(tmp_path, {"stage": "joint", "epoch": 1, "psnr": 20.5}, step=1)
    log(tmp_path, {"stage": "joint", "epoch": 2, "ms_ssim": 0.9, "psnr": 21.5}, step=2)
    with open(tmp_path / "joint.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == [
        {"stage": "joint", "epoch": "1", "psnr": "20.5"},
        {"stage": "joint", "epoch": "2", "psnr": "21.5"},
    ]


def test_the_line_of_an_epoch_has_loss_validation_and_time():
    row = {"stage": "joint", "epoch": 3, "seconds": 71.6, "loss": 3.21456, "bpp_y": 1.0}
    for quality, psnr, cbr in (("0.4", 26.314, 0.0151), ("1", 33.5, 0.07512)):
        row |= {f"psnr_q{quality}_10dB": psnr, f"cbr_q{quality}_10dB": cbr}
        row |= {f"psnr_q{quality}_20dB": psnr + 2, f"cbr_q{quality}_20dB": cbr}
    assert line_of(row, 3600.0) == (
        "joint 3: loss 3.215; validation at 10 dB, PSNR at payload CBR: "
        "26.31 dB at 0.0151, 33.50 dB at 0.0751; 72 s, 60 min left"
    )


def test_the_line_of_a_policy_has_its_gains():
    row = {"stage": "ppo", "epoch": 50, "seconds": 9.2, "loss": -0.5, "reward": 0.1}
    assert line_of(row | {"gain_4dB": 0.0312, "gain_10dB": -0.2}, 90.0) == (
        "ppo 50: loss -0.5; gain over presets at equal CBR: +0.031 dB at 4 dB, "
        "-0.200 dB at 10 dB; 9 s, 2 min left"
    )


def test_a_stage_without_validation_has_a_line():
    row = {"stage": "toy", "epoch": 1, "seconds": 1.0, "loss": 2.0, "v": 1.0}
    assert line_of(row, 0.0) == "toy 1: loss 2; 1 s, 0 min left"


@pytest.mark.parametrize(
    ("stage", "cbr", "left", "warned"),
    [
        ("joint", 0.0212, 0.0, True),
        ("joint", 0.0212, 60.0, False),
        ("joint", 0.0751, 0.0, False),
        ("entropy", 0.0212, 0.0, False),
    ],
)
def test_a_model_that_cannot_spend_the_target_is_warned_about(
    stage, cbr, left, warned, capsys
):
    row = {"stage": stage, "epoch": 2, "seconds": 1.0, "loss": 2.0}
    _say(row | {"psnr_q1_10dB": 29.8, "cbr_q1_10dB": cbr}, left)
    out, error = capsys.readouterr()
    assert len(out.splitlines()) == 1
    assert error == warned * (
        "warning: at quality 1 and 10 dB the payload takes CBR 0.0212; a sweep at CBR "
        "0.03 or more may stay below its target\n"
    )
