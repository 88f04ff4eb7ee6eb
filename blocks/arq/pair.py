"""The two ends of a learned codec with a feedback loop, or without."""

from functools import partial

from blocks.arq.receiver import AskingReceiver
from blocks.arq.settings import Arq, Report, check
from blocks.arq.transmitter import RepeatingTransmitter
from blocks.learned.frame import UseOfCsi
from blocks.learned.pair import ONCE, Ends
from blocks.resources.receiver import ReportingReceiver
from blocks.resources.transmitter import PlacingTransmitter
from semlink.protocols import Loop


def ends_of(arq: Arq, csi: UseOfCsi, report: Report, side_info: str) -> Ends:
    """The ends of a pair.

    Parameters
    ----------
    arq : settings of retransmission
    csi : use of CSI; ``map`` has a feedback loop
    report : delay and error of the map
    side_info : accounting of the side information

    Raises
    ------
    InputError
        The parts do not go together.
    """
    check(arq, csi, side_info)
    if csi == "map":
        loop = Loop(False, *report, map=True)
        return Ends(PlacingTransmitter, ReportingReceiver, loop)
    if arq.loop is None:
        return ONCE
    transmitter = partial(RepeatingTransmitter, arq)
    return Ends(transmitter, partial(AskingReceiver, arq), arq.loop)
