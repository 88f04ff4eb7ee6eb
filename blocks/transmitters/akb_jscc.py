"""AKB-JSCC: joint source-channel coding with agentic knowledge bases.

A describer puts the picture into words. The transmitter signals the index of the
nearest entry of the knowledge base, which conditions encoder and decoder. The entropy
map presets the rates; an agent trained with PPO corrects them from side information.

References
----------
The survey of agentic semantic communications that this project began with, its case
study. Deviations: those of ``ntscc``, with which it shares backbone and training; the
rate map is not signalled, because both ends derive it.
"""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from blocks.arq.pair import ends_of
from blocks.arq.settings import (
    Arq,
    Decibels,
    Mode,
    Report,
    Share,
    Slots,
    Transmissions,
)
from blocks.knowledge.source import SourceKb
from blocks.learned.agentic_pair import agentic_pair, base_of, rate_of, stages_of
from blocks.learned.controllers import Actions
from blocks.learned.ends import files_of_inspector
from blocks.learned.frame import UseOfCsi
from blocks.phy.side_accounting import SideInfo
from semlink.protocols import Transceiver


def build(
    csi: UseOfCsi = True,
    design_snr_db: Annotated[float, Field(ge=-20, le=40)] = 10.0,
    margin_db: Annotated[float, Field(ge=0, le=40)] = 0.0,
    source_kb: SourceKb = "retrieved",
    kb: str = "default",
    describer: str = "detector",
    encoder: str = "minilm",
    rate: str = "channel_kb",
    actions: Actions = "policy",
    side_info: SideInfo = "coded",
    weights: str = "base",
    extractor: str = "swin",
    restorer: str = "swin",
    refine: Annotated[int, Field(ge=0, le=200)] = 0,
    hybrid: bool = False,
    inspector: str = "expected_error",
    arq: Mode = "none",
    max_transmissions: Transmissions = 3,
    first: Share = 0.85,
    round_trip_slots: Slots = 8,
    csi_delay_slots: Slots = 4,
    csi_error_db: Decibels = 0.0,
) -> Transceiver:
    """Build the pair.

    Parameters
    ----------
    csi, design_snr_db, margin_db, side_info, extractor, restorer, refine, hybrid : as
        for ``ntscc``
    inspector, arq, max_transmissions, first, round_trip_slots, csi_delay_slots,
    csi_error_db : as for ``ntscc``
    source_kb : context of the networks: ``retrieved``, the entry nearest to the
        description; for comparison: ``none``, ``random``, any entry, or ``oracle``, the
        description's own embedding, sent in full
    kb : knowledge base of both ends: ``default``, or a file of ``make kb``
    describer, encoder : describer, and text encoder, which must be the base's
    rate : controller of the rate map, as for ``ntscc``; ``channel_kb:FOLDER`` with a
        policy of your own
    actions : of ``channel_kb``: ``policy``, both ends derive them; ``signalled``, the
        transmitter chooses further ones from the picture, and they are sent and counted
    weights : weights of the codec: name of a shipped profile, or a folder
    """
    return agentic_pair(
        stages_of(weights, extractor, rate_of(rate, actions), restorer),
        csi=csi,
        design_snr_db=design_snr_db,
        margin_db=margin_db,
        refine=refine,
        hybrid=hybrid,
        inspector=inspector,
        ends=ends_of(
            Arq(arq, max_transmissions, first, round_trip_slots),
            csi,
            Report(csi_delay_slots, csi_error_db),
            side_info,
        ),
        side_info=side_info,
        source_kb=source_kb,
        kb=kb,
        describer=describer,
        encoder=encoder,
    )


def files(
    weights: str, extractor: str, rate: str, restorer: str, kb: str, inspector: str, **_
) -> list[Path]:
    """Files that the results depend on: knowledge base, and files of each stage."""
    stages = stages_of(weights, extractor, rate, restorer)
    return [base_of(kb), *stages.files(), *files_of_inspector(inspector)]
