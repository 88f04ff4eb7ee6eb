"""The log of a run: later versions do not move columns."""

import csv

from experiments.training.log import log


def test_a_log_of_fewer_columns_goes_on(tmp_path):
    log(tmp_path, {"stage": "joint", "epoch": 1, "psnr": 20.5}, step=1)
    log(tmp_path, {"stage": "joint", "epoch": 2, "ms_ssim": 0.9, "psnr": 21.5}, step=2)
    with open(tmp_path / "joint.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == [
        {"stage": "joint", "epoch": "1", "psnr": "20.5"},
        {"stage": "joint", "epoch": "2", "psnr": "21.5"},
    ]
