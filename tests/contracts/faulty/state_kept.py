"""A receiver that averages over pictures that it received before."""

import numpy as np

from baselines.uncoded import UncodedReceiver, UncodedTransmitter
from semlink.protocols import Transceiver


class Receiver(UncodedReceiver):
    """Has memory that no pair with ``remembers`` declared."""

    def __init__(self):
        super().__init__()
        self._before = None

    def __call__(self, rx, query=None, memory=None):
        estimate, memory = super().__call__(rx, query, memory)
        if estimate.data is None:
            return estimate, memory
        data, before = estimate.data, self._before
        self._before = data
        if before is not None and before.shape == data.shape:
            data = np.uint8((data.astype(int) + before) // 2)
        return estimate._replace(data=data), memory


def build() -> Transceiver:
    """Build the pair."""
    return Transceiver(UncodedTransmitter(), Receiver())
