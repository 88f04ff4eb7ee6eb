"""Statistics that the theory is held to: four standard errors, no magic numbers."""

import numpy as np
import pytest

from blocks.phy.bicm import CRC_BITS, Bicm
from channels.awgn import Awgn
from semlink.compiled_channel import compiled_channel
from semlink.rng import Course
from semlink.signals import RxSignal

SIGMAS = 4


class Estimated:
    """The mean of independent samples and its standard error."""

    def __init__(self, samples):
        samples = np.asarray(samples, float)
        self.mean = np.mean(samples)
        self.error = np.std(samples, ddof=1) / np.sqrt(len(samples))

    def agrees(self, expected: float) -> bool:
        """Whether the expected value lies within four standard errors."""
        return abs(self.mean - expected) <= SIGMAS * self.error

    def __repr__(self) -> str:
        return f"{self.mean:.6g} +- {self.error:.2g}"


@pytest.fixture(scope="session")
def estimated():
    """Give the mean of independent samples and its standard error."""
    return Estimated


@pytest.fixture(scope="session")
def over():
    """Give a function that sends symbols over a channel at a seed."""
    stages = {}

    def send(channel, x, snr_db: float, seed: int = 1) -> RxSignal:
        if channel not in stages:
            stages[channel] = compiled_channel(channel, "theory")
        rx = stages[channel](x, np.float32(snr_db), Course(seed))
        return RxSignal(*(np.asarray(a) for a in rx))

    return send


@pytest.fixture(scope="session")
def block_errors(over):
    """Give a function that finds which blocks fail over AWGN : [num_blocks], bool."""

    def run(mcs, k, num_blocks, snr_db, **decoder):
        chain = Bicm(mcs, **decoder)
        blocks = np.random.default_rng(11).integers(0, 2, (num_blocks, k), np.uint8)
        layout = chain.layout(k - CRC_BITS)._replace(num_blocks=num_blocks)
        rx = over(Awgn(), chain.modulate(blocks)[None], snr_db, seed=12)
        decoded = chain.demodulate(rx.x_hat[0], rx.no[0], layout)
        return np.any(decoded != blocks, axis=1)

    return run
