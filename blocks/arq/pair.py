"""The two ends of a learned codec, with retransmission or without."""

from functools import partial

from blocks.arq.receiver import AskingReceiver
from blocks.arq.settings import Arq, check
from blocks.arq.transmitter import RepeatingTransmitter
from blocks.learned.pair import ONCE, Ends


def ends_of(arq: Arq, side_info: str) -> Ends:
    """The ends of a pair.

    Raises
    ------
    InputError
        Retransmission, and side information that is not on the air.
    """
    check(arq, side_info)
    if arq.loop is None:
        return ONCE
    transmitter = partial(RepeatingTransmitter, arq)
    return Ends(transmitter, partial(AskingReceiver, arq), arq.loop)
