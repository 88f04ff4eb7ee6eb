"""Messages survive the air, or are noticed to be lost."""

import numpy as np
import pytest

from blocks.phy.header import BurstCode
from semlink.ends.wire import (
    CONTROL_BITS,
    GRANT_BITS,
    INLINE_BITS,
    granted,
    packed,
    received,
    symbols,
    unpacked,
)
from semlink.signalling import layout
from semlink.signalling.messages import Act, Grant, Report, Request, TaskProfile
from semlink.signals import RxSignal

MESSAGES = [
    Report(frame=3, success=1.0, late=True, state_db=-16),
    Request(frame=200, verdict="ask", parts=(1, 0, 1) * 40),
    Request(frame=0, verdict="ask"),
    layout.on_air(TaskProfile(number=5, task="detection", classes=("person", "cat"))),
    Act(frame=255, kind="stay"),
]


def heard(x: np.ndarray, no: float = 1e-3) -> RxSignal:
    """A signal with silence behind it, in a little noise."""
    x = np.concatenate([x, np.zeros(300, np.complex64)])
    noise = np.random.default_rng(1).normal(0, np.sqrt(no / 2), (2, len(x)))
    full = np.full(len(x), no, np.float32)
    y = (x + noise[0] + 1j * noise[1]).astype(np.complex64)
    return RxSignal(y, full, np.ones_like(y))


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: type(m).__name__)
def test_a_message_arrives_as_it_was_sent(message):
    bursts = BurstCode()
    wire = packed(message)
    got = received(heard(symbols(wire, bursts)), bursts)
    assert unpacked(got) == message
    assert got.num_bits == wire.num_bits


def test_a_report_is_one_short_block():
    wire = packed(MESSAGES[0])
    assert len(wire.control) == CONTROL_BITS
    assert not len(wire.body)
    assert len(layout.encode(MESSAGES[0])) == INLINE_BITS


def test_noise_is_noticed():
    bursts = BurstCode()
    x = symbols(packed(MESSAGES[3]), bursts)
    assert received(heard(x, no=10.0), bursts) is None


def test_every_grant_has_the_same_length():
    for grant in (
        Grant(frame=1),
        Grant(frame=255, transmitter=15, uses=10**7, power_db=3.0, redundancy=3),
    ):
        bits = granted(layout.on_air(grant))
        assert len(bits) == GRANT_BITS
        assert layout.front(Grant, bits) == layout.on_air(grant)
