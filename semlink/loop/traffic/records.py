"""What a cell reports, what its users offer, and what comes of a slot."""

from typing import NamedTuple

import numpy as np


class Feedback(NamedTuple):
    """What a report says, beside the states, of the frames since the one before.

    gained : utility by weight of the frames that left : [B, K]
    quality : mean utility of those that were sent; NaN without any : [B, K]
    """

    gained: np.ndarray
    quality: np.ndarray


class Offer(NamedTuple):
    """What frames need, and are expected to bring, by a transmitter; arrays [B, K].

    uses : int, channel uses that it asks for
    least : int, fewest channel uses that hold a signal, with the announcement
    prior : expected utility; NaN if nobody knows
    needs_db : power over the nominal power that a signal needs; NaN if nobody knows
    """

    uses: np.ndarray
    least: np.ndarray
    prior: np.ndarray
    needs_db: np.ndarray


class Tally(NamedTuple):
    """What came of a slot; all arrays [B, K], counts of frames unless said.

    arrived : frames that came
    delivered : in time
    expired : beyond their deadline before they were delivered
    refused : that found the queue full
    lost : given up after their last retransmission
    utility : of the frames that left: of those given up that of nothing, of those that
        expired or were refused 0
    weight : importance of the frames that left, doubled by each priority
    value : utility by weight of the frames that left
    harm : weight of those that left undelivered
    wait : slots from arrival to delivery, of those delivered
    attempts : transmissions, those whose grant holds no signal included
    uses, energy : channel uses of signals, and with their power over the nominal power
    signalling : channel uses of grants and reports
    """

    arrived: np.ndarray
    delivered: np.ndarray
    expired: np.ndarray
    refused: np.ndarray
    lost: np.ndarray
    utility: np.ndarray
    weight: np.ndarray
    value: np.ndarray
    harm: np.ndarray
    wait: np.ndarray
    attempts: np.ndarray
    uses: np.ndarray
    energy: np.ndarray
    signalling: np.ndarray

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(a + b for a, b in zip(self, other, strict=True)))
