"""AKB-JSCC without its channel knowledge base: rates are the entropy map's preset."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from blocks.knowledge.source import SourceKb
from blocks.learned.agentic_pair import agentic_files, agentic_pair
from blocks.phy.side_accounting import SideInfo
from semlink.protocols import Transceiver


def build(
    csi: bool = True,
    design_snr_db: Annotated[float, Field(ge=-20, le=40)] = 10.0,
    margin_db: Annotated[float, Field(ge=0, le=40)] = 0.0,
    source_kb: SourceKb = "retrieved",
    kb: str = "default",
    describer: str = "detector",
    encoder: str = "minilm",
    side_info: SideInfo = "coded",
    weights: str = "base",
    extractor: str = "swin",
    restorer: str = "swin",
) -> Transceiver:
    """Build the pair; parameters are those of ``akb_jscc``."""
    return agentic_pair(
        csi=csi,
        design_snr_db=design_snr_db,
        margin_db=margin_db,
        side_info=side_info,
        weights=weights,
        extractor=extractor,
        restorer=restorer,
        source_kb=source_kb,
        kb=kb,
        describer=describer,
        encoder=encoder,
    )


def files(**params) -> list[Path]:
    """Files that the results depend on."""
    return agentic_files(**params)
