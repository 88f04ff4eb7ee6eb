"""The receiver's end, without a link."""

import numpy as np
import pytest

from blocks.tasks.reconstruction import build
from semlink.ends.receiver import Patience, Receiver
from semlink.ends.wire import unpacked
from semlink.signals import IMAGE, NO_BLOCKS, Estimate


@pytest.mark.parametrize(("lost", "expected"), [(False, 1.0), (True, 0.0)])
def test_nothing_is_expected_of_what_is_lost(lost, expected):
    """A codec may show part of a picture whose file it has lost; it has no doubt."""
    receiver = Receiver(
        [], {"reconstruction": build()}, None, Patience(), (None, None), (), None
    )
    receiver.open(0, None)
    picture = np.zeros((8, 8, 3), np.uint8)
    receiver._of.estimate = Estimate(picture, IMAGE, lost, NO_BLOCKS)
    closed = receiver.close(late=False)
    assert closed.success == expected
    assert unpacked(closed.report).lost == lost
