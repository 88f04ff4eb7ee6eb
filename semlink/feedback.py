"""What a transmitter is told of the channel before it sends: long-term statistics."""

from functools import cached_property, lru_cache

import numpy as np

from semlink import rng
from semlink.protocols import Channel
from semlink.units import linear_to_db

LENGTH = 2112  # symbols of a stretch: a long code block, 8448 bits in 16-QAM
STRETCHES, ROWS = 4096, 64  # that are looked at, and at once
LOST = 0.01  # share of stretches that carry less
SEED = 1


class Feedback:
    """What a receiver feeds back of a channel: its statistics, nothing of its state.

    Parameters
    ----------
    snr_db : average received Es/N0 [dB]
    channel : of which it is told; AWGN if none
    """

    def __init__(self, snr_db: float, channel: Channel | None = None):
        self.snr_db = float(snr_db)
        self._channel = channel

    @cached_property
    def carried_db(self) -> float:
        """Es/N0 [dB] of an AWGN channel that carries as much as this one surely does.

        The mutual information of Gaussian symbols over a stretch as long as a code
        block, of which one in a hundred has less; estimated from 4096 stretches.
        """
        if self._channel is None:
            return self.snr_db
        return _carried_db(self._channel, self.snr_db)


@lru_cache(maxsize=256)
def _carried_db(channel: Channel, snr_db: float) -> float:
    x = np.ones((ROWS, LENGTH), np.complex64)
    information = []
    for batch in range(STRETCHES // ROWS):
        rng.seed_everything(rng.seed_of(SEED, "feedback", batch))
        no = np.asarray(channel(x, np.float32(snr_db)).no, float)
        information.append(np.mean(np.log2(1 + 1 / no), axis=1))
    least = np.quantile(np.concatenate(information), LOST)
    # to a thousandth: on AWGN nothing but the average is left
    return round(float(linear_to_db(2**least - 1)), 3)
