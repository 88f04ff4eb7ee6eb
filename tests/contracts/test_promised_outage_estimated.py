"""Over estimated channels, link adaptation loses at most one stream in 100."""

import numpy as np
import pytest

from blocks.phy.adaptation import LOST, Outlook, choose_by_throughput
from blocks.phy.bicm import Bicm
from blocks.phy.mcs import SCHEMES
from experiments.compose import catalogue
from semlink.compiled_channel import compiled_channel
from semlink.config import ComponentSpec
from semlink.loop.feedback import Feedback, effective_db, reported_db, slot_of
from semlink.protocols import Loop
from semlink.rng import Course, seed_of

NUM_BITS, ROWS, BATCHES = 3300, 64, 8
STATE = Loop(state=True)
SNR_DB = 16.0  # at which statistics alone support a scheme


@pytest.fixture(scope="module")
def channel_of():
    """Give a compiled channel with estimated CSI."""

    def channel(name: str):
        spec = ComponentSpec.model_validate(f"{name}[csi=ls]")
        return compiled_channel(catalogue().build("channel", spec), name)

    return channel


def outlook(channel, loop=None, state_db=None) -> Outlook:
    return Outlook(Feedback(SNR_DB, channel, loop, state_db), "none", 0.0)


def arrives(chain: Bicm, channel, seed: int, silence: int) -> np.ndarray:
    """Whether streams arrive after ``silence`` symbols of their courses : [ROWS]."""
    bits = np.random.default_rng(seed).integers(0, 2, NUM_BITS).astype(np.uint8)
    x = np.pad(chain.send(bits)[0], (silence, 0), constant_values=1)
    course = Course(seed_of(1, "promise", seed))
    rx = channel(np.tile(x, (ROWS, 1)), np.float32(SNR_DB), course)
    pairs = zip(rx.x_hat[:, silence:], rx.no[:, silence:], strict=True)
    return np.array([chain.receive(*pair, NUM_BITS)[1].all() for pair in pairs])


def assert_promised(lost: np.ndarray) -> None:
    """At most ``LOST``, within three standard errors."""
    assert np.mean(lost) <= LOST + 3 * np.sqrt(LOST / len(lost)), np.mean(lost)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tdl", "cdl", "umi", "uma", "rma"])
def test_statistics_keep_their_promise(name, channel_of):
    channel = channel_of(name)
    expected = outlook(channel)
    chain = Bicm(SCHEMES[choose_by_throughput(expected, NUM_BITS)])
    layout = chain.layout(NUM_BITS)
    if expected.lost(chain.mcs, layout.k, layout.num_blocks):
        pytest.skip(f"no scheme is promised over {name} at {SNR_DB:g} dB")
    parts = [~arrives(chain, channel, seed, 0) for seed in range(BATCHES)]
    assert_promised(np.concatenate(parts))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tdl", "umi"])
def test_reported_states_keep_their_promise(name, channel_of):
    """Courses by their reported state, each with the scheme for that state."""
    channel, lost = channel_of(name), []
    slot = slot_of(channel)
    ones = np.ones((ROWS, slot), np.complex64)
    for seed in range(BATCHES):
        course = Course(seed_of(1, "promise", seed))
        states = reported_db(effective_db(channel(ones, np.float32(SNR_DB), course).no))
        for state_db in np.unique(states):
            expected = outlook(channel, STATE, float(state_db))
            chain = Bicm(SCHEMES[choose_by_throughput(expected, NUM_BITS)])
            layout = chain.layout(NUM_BITS)
            if not expected.lost(chain.mcs, layout.k, layout.num_blocks):
                there = states == state_db
                lost.append(~arrives(chain, channel, seed, slot)[there])
    assert_promised(np.concatenate(lost))
