"""Agreement with the decision on the original, of pictures and of decisions."""

import numpy as np
import pytest

from blocks.classifier import CLASSES, PRIOR, decide, probabilities
from blocks.tasks.classification import build
from semlink.metrics import Bounded, Bounds
from semlink.modalities.decisions import DECISION, certain, is_decision
from semlink.signals import IMAGE, NO_BLOCKS, Estimate, Sample, unknown


@pytest.fixture(scope="module")
def sample(photo_of):
    image = photo_of(0)
    return Sample(image, IMAGE, image.size, 0, "photo")


def observed(sample, data, modality=DECISION) -> tuple[float, float]:
    seen = build().observe(sample, Estimate(data, modality, False, NO_BLOCKS))
    assert all(count == 1 for _, count in seen.values())
    return seen["agreement"][0], seen["agreement5"][0]


def test_the_original_and_its_label_agree(sample):
    label = int(decide(sample.data).argmax())
    assert observed(sample, sample.data.copy(), IMAGE) == (1, 1)
    assert observed(sample, certain(label, CLASSES)) == (1, 1)
    assert observed(sample, certain((label + 1) % CLASSES, CLASSES)) == (0, 0)


@pytest.mark.parametrize("rank", [1, 4, 5])
def test_five_are_ranked(sample, rank):
    label = int(decide(sample.data).argmax())
    odds = np.zeros(CLASSES, np.float32)
    others = [c for c in range(CLASSES) if c != label]
    odds[[*others[:rank], label]] = np.arange(rank + 1, 0, -1)
    assert observed(sample, odds / odds.sum()) == (0, rank < 5)


def test_a_lost_estimate_is_the_prior_decision(sample):
    label = int(decide(sample.data).argmax())
    for lost in (unknown(), unknown(DECISION)):
        seen = build().observe(sample, lost)
        assert seen["agreement"] == (label == PRIOR[0], 1)
        assert seen["agreement5"] == (label in PRIOR, 1)


def test_floor_and_ceiling(sample):
    task = build()
    assert isinstance(task, Bounded)
    label = int(decide(sample.data).argmax())
    bounds = task.bounds([sample] * 3)
    assert bounds["agreement"] == Bounds(float(label == PRIOR[0]), 1.0)
    assert bounds["agreement5"] == Bounds(float(label in PRIOR), 1.0)
    signal = Sample(np.zeros((4, 4, 3), np.float32), "signal", 48, 0, "toy")
    assert task.bounds([signal]) == {}
    assert task.observe(signal, unknown())["agreement"] == (0, 0)


def test_probabilities_are_a_decision():
    p = probabilities(np.array([[1e4, 0, -1e4], [0.0, 0.0, 0.0]]))
    np.testing.assert_allclose(p, [[1, 0, 0], [1 / 3] * 3], atol=1e-7)
    assert all(map(is_decision, p))
    assert not is_decision(p.astype(np.float64)[0])
    assert not is_decision(2 * p[0])
    assert not is_decision([1.0])


def test_the_network_knows_what_is_on_photos(photo_of):
    """An Egyptian cat, an espresso and a moped, as ImageNet numbers them."""
    labels = [int(decide(photo_of(number)).argmax()) for number in (1, 2, 4)]
    assert labels == [285, 967, 665]
