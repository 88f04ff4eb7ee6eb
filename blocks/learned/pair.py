"""A learned codec as a pair for the link, its stages chosen by name."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from blocks.inspection import inspector as inspector_of
from blocks.knowledge.source import NoKnowledge
from blocks.learned.controllers import CONTROLLERS, controller
from blocks.learned.ends import EXTRACTORS, RESTORERS
from blocks.learned.frame import Shared, UseOfCsi
from blocks.learned.receiver import LearnedReceiver
from blocks.learned.transmitter import LearnedTransmitter
from blocks.learned.weights_folder import WEIGHTS, networks
from blocks.phy.side_accounting import SideInfo
from blocks.phy.snr_field import snr_index, snr_value_db
from semlink.catalogue import files_of, is_oracle
from semlink.errors import InputError
from semlink.protocols import Loop, Transceiver


class Stages(NamedTuple):
    """The codec of a pair: its weights, and the components of its stages.

    folder : folder of the weights
    extractor, rate, restorer : specs, as on the command line
    """

    folder: Path
    extractor: str
    rate: str
    restorer: str

    def networks(self):
        """The networks of the codec, loaded once."""
        return networks(self.folder, self.extractor, self.restorer)

    def files(self) -> list[Path]:
        """Files that the results depend on: weights, and files of each component."""
        return [
            self.folder / WEIGHTS,
            *files_of(EXTRACTORS, self.extractor),
            *files_of(RESTORERS, self.restorer),
            *files_of(CONTROLLERS, self.rate),
        ]


class Ends(NamedTuple):
    """How the two ends of a pair are made.

    transmitter, receiver : called as :class:`LearnedTransmitter` and
        :class:`LearnedReceiver`
    loop : their feedback loop, if there is one
    """

    transmitter: Callable[..., LearnedTransmitter]
    receiver: Callable[..., LearnedReceiver]
    loop: Loop | None = None


ONCE = Ends(LearnedTransmitter, LearnedReceiver)


def learned_pair(
    stages: Stages,
    knowledge: NoKnowledge,
    side_info: SideInfo,
    *,
    csi: UseOfCsi,
    design_snr_db: float,
    margin_db: float,
    refine: int,
    hybrid: bool,
    inspector: str,
    ends: Ends = ONCE,
    oracle: bool = False,
) -> Transceiver:
    """Build the pair.

    Parameters
    ----------
    stages : stages of the codec
    knowledge : source knowledge base, which signals a context
    side_info : accounting of the side information
    csi, design_snr_db, margin_db, refine : as for the transmitter
    hybrid : whether latents have a digital layer, which needs ``csi``
    inspector : what judges the estimates at the receiver, by name
    ends : how the two ends are made
    oracle : whether the transmitter sees annotations
    """
    if hybrid and not csi:
        raise InputError("hybrid needs csi=true or csi=rate, got csi=false")
    rates = controller(stages.rate)
    codec_snr_db = snr_value_db(snr_index(design_snr_db)) if csi == "rate" else None
    shared = Shared(
        stages.networks(),
        rates,
        side_info,
        knowledge,
        codec_snr_db,
        hybrid,
        mapped=csi == "map",
    )
    transmitter = ends.transmitter(
        shared,
        csi=csi,
        design_snr_db=design_snr_db,
        margin_db=margin_db,
        refine=refine,
    )
    sees = oracle or is_oracle(CONTROLLERS, stages.rate)
    sees = sees or getattr(rates, "oracle", False)
    return Transceiver(
        transmitter,
        ends.receiver(shared, inspector_of(inspector)),
        loop=ends.loop,
        oracle=sees,
        hears_query=getattr(rates, "hears_query", False),
    )
