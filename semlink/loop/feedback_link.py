"""The feedback link: what it costs to send something back, and whether it arrives.

One link carries all that a receiver sends back: reports of the channel's state,
acknowledgements and other requests. It is free unless a sweep says what it costs, and
it costs the same for every pair. Feedback has a band of its own, so that it takes
channel uses but delays no transmission.
"""

import math
from typing import NamedTuple

import numpy as np

from semlink.signals import UP, Ledger, ledger

REPORT_BITS = 6  # a state on a grid of 1 dB, 64 values


class FeedbackLink(NamedTuple):
    """The way back.

    bits_per_use : that a channel use carries; ``None`` if feedback is free
    delay_slots : that a message takes, beside the round trip of the pair
    loss : probability that a message does not arrive
    """

    bits_per_use: float | None = None
    delay_slots: int = 0
    loss: float = 0.0

    def uses(self, num_bits: float) -> int:
        """Channel uses of a message, or of an expected number of bits."""
        return math.ceil(num_bits / self.bits_per_use) if self.bits_per_use else 0

    def counted(self, purpose: str, num_bits: int) -> Ledger:
        """Channel uses of a message, by its purpose."""
        return ledger(direction=UP, **{purpose: self.uses(num_bits)})

    def arrives(self, losses: np.random.Generator) -> bool:
        """Whether the next message arrives."""
        return self.loss == 0 or losses.random() >= self.loss


FREE = FeedbackLink()
