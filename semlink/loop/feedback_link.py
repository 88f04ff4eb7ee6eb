"""The feedback link: its cost, delay and losses.

One link carries all feedback: reports of the channel's state, acknowledgements and
other requests. It is free by default; a sweep sets its cost, the same for every pair.
Feedback has a band of its own: it takes channel uses but delays no transmission.
"""

import math
from typing import NamedTuple

import numpy as np

from semlink.signals import UP, Ledger, ledger

REPORT_BITS = 6  # a state on a grid of 1 dB, 64 values


class FeedbackLink(NamedTuple):
    """The feedback link.

    bits_per_use : bits that a channel use carries; ``None`` if feedback is free
    delay_slots : delay of a message in slots, beside the round trip of the pair
    loss : probability that a message does not arrive
    """

    bits_per_use: float | None = None
    delay_slots: int = 0
    loss: float = 0.0

    def uses(self, num_bits: float) -> int:
        """Channel uses of a message; ``num_bits`` may be an expected number."""
        return math.ceil(num_bits / self.bits_per_use) if self.bits_per_use else 0

    def counted(self, purpose: str, num_bits: int) -> Ledger:
        """Channel uses of a message, by its purpose."""
        return ledger(direction=UP, **{purpose: self.uses(num_bits)})

    def arrives(self, losses: np.random.Generator) -> bool:
        """Draw whether the next message arrives."""
        return self.loss == 0 or losses.random() >= self.loss


FREE = FeedbackLink()
