"""A transmitter that sends whatever it takes, at any budget."""

from baselines.uncoded import UncodedReceiver, UncodedTransmitter
from semlink.protocols import Transceiver


class Transmitter(UncodedTransmitter):
    """Uncoded values, feasible at any CBR."""

    def plan(self, source, budget):
        return None


def build() -> Transceiver:
    """Build the pair."""
    return Transceiver(Transmitter(), UncodedReceiver())
