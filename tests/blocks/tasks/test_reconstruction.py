"""Reconstruction: metrics of pictures, measured once and not kept."""

import gc
import weakref

import numpy as np

from blocks.tasks.reconstruction import build
from semlink.signals import IMAGE, NO_BLOCKS, Estimate, Sample
from semlink.units import psnr_db


def draw(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (24, 32, 3), np.uint8)


def measured(task, sent: np.ndarray, received: np.ndarray) -> dict:
    sample = Sample(sent, IMAGE, sent.size, 0, "drawn")
    return task.observe(sample, Estimate(received, IMAGE, False, NO_BLOCKS))


def test_a_pair_is_measured_by_what_is_in_it():
    task, sent = build(), draw(0)
    for received in (draw(1), draw(2), draw(1), sent):
        value, count = measured(task, sent, received.copy())["psnr"]
        assert (value, count) == (psnr_db(sent, received), 1)


def test_no_picture_is_kept():
    task, sent, received = build(), draw(0), draw(1)
    measured(task, sent, received)
    kept = weakref.ref(received)
    del received
    gc.collect()
    assert kept() is None
