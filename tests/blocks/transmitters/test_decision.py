"""A label arrives right, or not at all."""

import numpy as np

from blocks.classifier import decide
from semlink.modalities.decisions import certain


def test_a_label_takes_85_uses_and_arrives(link_of, photo_of, sample_of, received):
    link, sample = link_of("decision"), sample_of(photo_of(0))
    tx, _ = link.transmit(sample, link.transmitter.plan([], None))
    assert tx.ledger.total == (10 + 24) / (2 / 5)
    label = decide(sample.data).argmax()
    for seed in range(10):
        estimate = received(link, tx, 0.0, seed)
        np.testing.assert_array_equal(estimate.data, certain(label, 1000))
    for seed in range(10):
        estimate = received(link, tx, -14.0, seed)
        assert estimate.lost
        assert estimate.data is None
