"""A transmitter whose ledger counts one symbol less than it sends."""

from baselines.uncoded import UncodedReceiver, UncodedTransmitter
from semlink.protocols import Transceiver
from semlink.signals import ledger


class Transmitter(UncodedTransmitter):
    """Uncoded values; the first symbol is free."""

    def __call__(self, sample, plan, memory=None):
        tx, memory = super().__call__(sample, plan, memory)
        uses = ledger(payload=tx.ledger.total - 1)
        return tx._replace(ledger=uses), memory


def build() -> Transceiver:
    """Build the pair."""
    return Transceiver(Transmitter(), UncodedReceiver())
