"""A fine part and a coarse picture in one file."""

import numpy as np
import pytest

from baselines.fine_coarse_ldpc import WHOLE, FineCoarse, bounds
from semlink.modalities.query import Query
from semlink.units import psnr_db


@pytest.fixture(scope="module")
def image(photo_of):
    return np.ascontiguousarray(photo_of(0)[:250, :330])


@pytest.fixture(scope="module")
def levels():
    marked = np.zeros((16, 21), np.uint8)
    marked[9:16, 2:8] = 2
    return marked


def test_the_box_of_a_map(levels):
    assert bounds(levels, (250, 330)) == (32, 144, 96, 106)
    assert bounds(0 * levels, (250, 330)) == WHOLE
    assert bounds(0 * levels + 1, (250, 330)) == WHOLE


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_both_parts_have_their_shares(share, image, levels):
    codec = FineCoarse(share=share)
    small, large = (codec.encode(image, q, levels) for q in (40, 80))
    assert len(large) > len(small)
    fine = FineCoarse(share=0.999).encode(image, 80, levels)
    assert (len(large) - 16) * share < len(fine) < 1.25 * len(large)
    received = codec.decode(large)
    assert received.shape == image.shape
    inside = np.s_[144:250, 32:128]
    assert psnr_db(image[inside], received[inside]) > 32
    assert psnr_db(image, received) < psnr_db(image[inside], received[inside]) - 3


def test_without_a_match_the_whole_picture_is_sent(image, levels):
    codec = FineCoarse()
    for each in (None, 0 * levels):
        received = codec.decode(codec.encode(image, 80, each))
        assert psnr_db(image, received) > 30


def test_the_question_reaches_the_file(image, sample_of, link_of, planned):
    pair = link_of("fine_coarse_ldpc").pair
    assert pair.hears_query
    assert not pair.oracle
    marked = pair.transmitter._codec.importance(
        sample_of(image, query=Query(("Is there a zebra?",)))
    )
    assert not marked.any()
