"""Where feedback takes channel uses, a separated link reserves them."""

from functools import cache

import numpy as np
import pytest
from skimage import data

from experiments.compose import catalogue
from semlink.chain import Link
from semlink.config import ComponentSpec
from semlink.loop.exchange import Encoded
from semlink.loop.feedback_link import FREE, REPORT_BITS, FeedbackLink
from semlink.rng import Seeds
from semlink.signals import IMAGE, UP, Sample

CBR, SNR_DB = 0.1, 25.0  # nothing is lost
DEAR = FeedbackLink(bits_per_use=0.05)  # a bit takes 20 channel uses
KNOWN = catalogue()
HARQ = "jpeg_ldpc[harq=ir]"
STATE = "jpeg_ldpc[mcs=auto,csi=state]"
BOTH = "jpeg_ldpc[mcs=auto,csi=state,harq=ir]"


def picture() -> Sample:
    image = np.ascontiguousarray(data.astronaut()[100:228, 100:228])
    return Sample(image, IMAGE, image.size, 0, "astronaut")


@cache
def built(kind: str, word: str):
    return KNOWN.build(kind, ComponentSpec.model_validate(word))


def fed_back(word: str, delivery) -> int:
    """Bits of a state report, and with HARQ of one acknowledgement."""
    num_blocks = len(delivery.sent[0].blocks)
    return REPORT_BITS * ("state" in word) + num_blocks * ("harq" in word)


def delivered(word: str, feedback: FeedbackLink):
    """The link, and the delivery of a picture."""
    pair, channel = built("transmitter", word), built("channel", "awgn")
    link, sample = Link(pair, channel, {}, feedback), picture()

    def encode(state_db):
        plan = link.transmitter.plan(
            [sample], link.budget(CBR, "per_image", SNR_DB, state_db)
        )
        return Encoded(sample, plan, *link.transmit(sample, plan))

    return link, link.deliver(encode, SNR_DB, Seeds(1, "awgn", 0, 0))


# what both do together holds for each
@pytest.mark.parametrize(
    "word", [HARQ, pytest.param(STATE, marks=pytest.mark.slow), BOTH]
)
def test_all_that_is_sent_in_both_directions_is_within_the_budget(word):
    link, delivery = delivered(word, DEAR)
    uses, allowed = link.uses(delivery), int(CBR * picture().values)
    assert not delivery.estimate.lost
    assert uses.of(direction=UP) == 20 * fed_back(word, delivery)
    assert 0.7 * allowed < uses.total <= allowed


@pytest.mark.parametrize("word", [HARQ, STATE])
def test_without_the_reserve_it_would_not_be(word):
    """Plans for free feedback, and for counted feedback."""
    link, delivery = delivered(word, FREE)
    allowed, spent = int(CBR * picture().values), link.uses(delivery).total
    assert spent <= allowed
    assert spent + DEAR.uses(fed_back(word, delivery)) > allowed


def test_a_pair_without_a_loop_reserves_nothing():
    signals = [
        delivered("jpeg_ldpc", feedback)[1].sent[0].x for feedback in (FREE, DEAR)
    ]
    np.testing.assert_array_equal(*signals)
