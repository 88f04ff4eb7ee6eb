"""AKB-JSCC: a learned codec that two knowledge bases inform, as a pair for the link."""

from pathlib import Path

from blocks.knowledge.base import DEFAULT, load
from blocks.knowledge.perception import sees_annotations
from blocks.knowledge.source import SourceKb, source_knowledge
from blocks.learned.ends import files_of
from blocks.learned.frame import Shared
from blocks.learned.receiver import LearnedReceiver
from blocks.learned.transmitter import LearnedTransmitter
from blocks.learned.weights_folder import WEIGHTS, folder_of, networks
from blocks.phy.side_accounting import SideInfo
from semlink.errors import InputError
from semlink.protocols import Transceiver

SHIPPED = Path(__file__).parents[1] / "nn"


def agentic_pair(
    *,
    csi: bool,
    design_snr_db: float,
    margin_db: float,
    side_info: SideInfo,
    weights: str,
    extractor: str,
    restorer: str,
    source_kb: SourceKb,
    kb: str,
    describer: str,
    encoder: str,
    channel_kb: str | None = None,
) -> Transceiver:
    """Build the pair; without ``channel_kb`` the rate map is the preset."""
    policy = channel_kb and _policy(channel_kb)
    nets = networks(_codec(weights), policy, extractor, restorer)
    base = load(_base(kb))
    width, expected = base.vectors.shape[1], nets.codec.profile.context
    if expected and width != expected:
        raise InputError(
            f"the knowledge base must have {expected} values an entry for these "
            f"weights, got {width}"
        )
    knowledge = source_knowledge(source_kb, base, describer, encoder)
    shared = Shared(nets, "entropy", side_info, knowledge)
    transmitter = LearnedTransmitter(
        shared, csi=csi, design_snr_db=design_snr_db, margin_db=margin_db
    )
    oracle = source_kb in ("retrieved", "oracle") and sees_annotations(describer)
    return Transceiver(transmitter, LearnedReceiver(shared), oracle=oracle)


def agentic_files(
    weights: str,
    kb: str,
    extractor: str,
    restorer: str,
    channel_kb: str | None = None,
    **_,
) -> list[Path]:
    """Files that the results depend on: weights, knowledge base, both ends, policy."""
    files = [_codec(weights) / WEIGHTS, _base(kb), *files_of(extractor, restorer)]
    return [*files, _policy(channel_kb) / WEIGHTS] if channel_kb else files


def _codec(weights: str) -> Path:
    return folder_of(SHIPPED, "akb_jscc", weights)


def _policy(channel_kb: str) -> Path:
    return folder_of(SHIPPED, "channel_kb", channel_kb, "channel_kb")


def _base(kb: str) -> Path:
    return DEFAULT if kb == "default" else Path(kb)
