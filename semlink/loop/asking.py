"""The query of a receiver on its way to the transmitter, before the transmission.

It goes over the feedback link, which counts and delays it and may lose it. A
transmitter that hears no query sends as if the receiver had none.
"""

from typing import NamedTuple

import numpy as np

from semlink.loop.feedback_link import FeedbackLink
from semlink.modalities.query import Query, decode, encode
from semlink.protocols import Transceiver
from semlink.signals import Ledger


class Asked(NamedTuple):
    """A query that was signalled.

    query : as the transmitter has it; ``None`` if it was lost, or if there is none
    uses : channel uses of the feedback link
    slots : its delay
    """

    query: Query | None = None
    uses: Ledger = Ledger()
    slots: int = 0


NOTHING = Asked()


def heard(pair: Transceiver, query: Query | None) -> Query | None:
    """The query as a pair's transmitter has it when no message is lost."""
    return decode(encode(query)) if pair.hears_query and query is not None else None


def ask(
    pair: Transceiver,
    query: Query | None,
    feedback: FeedbackLink,
    losses: np.random.Generator,
) -> Asked:
    """Signal the query of a receiver to a transmitter that hears queries.

    Parameters
    ----------
    pair : transceiver
    query : of the receiver
    feedback : link that carries the message
    losses : generator of its losses
    """
    if not pair.hears_query or query is None:
        return NOTHING
    uses = feedback.counted("query", len(encode(query)))
    arrives = feedback.arrives(losses)
    return Asked(heard(pair, query) if arrives else None, uses, feedback.delay_slots)
