"""The shipped weights are those of their card; distances become boxes."""

import hashlib

import numpy as np

from blocks.detectors import nanodet


def test_the_weights_are_those_of_the_card():
    digest = hashlib.sha256(nanodet.WEIGHTS.read_bytes()).hexdigest()
    assert digest in (nanodet.WEIGHTS.parent / "MODEL_CARD.md").read_text()
    assert nanodet.WEIGHTS.stat().st_size < 10e6
    for name in ("LICENSE", "NOTICE"):
        assert (nanodet.WEIGHTS.parent / name).exists()


def test_a_distance_is_the_mean_of_its_distribution():
    side = nanodet.INPUT // 32
    logits = np.full((1, side * side, 4 * nanodet.BINS), -99, np.float32)
    by_side = logits.reshape(side, side, 4, nanodet.BINS)
    by_side[..., 2] = 0  # two strides, of every position, to each side
    by_side[6, 5, 0, 2:4] = [np.log(1), np.log(3)]  # a quarter of 2, three of 3
    boxes = nanodet._sides(logits, 32).reshape(side, side, 4)
    centre = 32 * (5 + 0.5), 32 * (6 + 0.5)
    expected = [centre[0] - 88, centre[1] - 64, centre[0] + 64, centre[1] + 64]
    np.testing.assert_allclose(boxes[6, 5], expected, atol=1e-3)
    # in the corner, boxes end with the picture
    np.testing.assert_allclose(boxes[0, 0], [0, 0, 80, 80], atol=1e-3)
