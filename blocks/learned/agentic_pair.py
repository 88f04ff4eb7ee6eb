"""The AKB-JSCC pair: a learned codec conditioned on two knowledge bases."""

from pathlib import Path

from blocks.knowledge.base import DEFAULT, load
from blocks.knowledge.perception import sees_annotations
from blocks.knowledge.source import SourceKb, source_knowledge
from blocks.learned.pair import Stages, learned_pair
from blocks.learned.weights_folder import folder_of
from blocks.phy.side_accounting import SideInfo
from semlink.config import ComponentSpec
from semlink.errors import InputError
from semlink.protocols import Transceiver

SHIPPED = Path(__file__).parents[1] / "nn"


def agentic_pair(
    stages: Stages,
    *,
    side_info: SideInfo,
    source_kb: SourceKb,
    kb: str,
    describer: str,
    encoder: str,
    **adaptation,
) -> Transceiver:
    """Build the pair; ``adaptation``: of the transmitter, as for ``learned_pair``."""
    base = load(base_of(kb))
    width, expected = base.vectors.shape[1], stages.networks().codec.profile.context
    if expected and width != expected:
        raise InputError(
            f"the knowledge base must have {expected} values an entry for these "
            f"weights, got {width}"
        )
    knowledge = source_knowledge(source_kb, base, describer, encoder)
    oracle = source_kb in ("retrieved", "oracle") and sees_annotations(describer)
    return learned_pair(stages, knowledge, side_info, oracle=oracle, **adaptation)


def stages_of(weights: str, extractor: str, rate: str, restorer: str) -> Stages:
    """Stages of AKB-JSCC, from the words of the command line."""
    folder = folder_of(SHIPPED, "akb_jscc", weights)
    return Stages(folder, extractor, rate, restorer)


def rate_of(rate: str, actions: str) -> str:
    """Spec of the rate controller, with the actions of the channel knowledge base.

    Raises
    ------
    InputError
        Actions are signalled, but the controller has none.
    """
    if actions == "policy":
        return rate
    spec = ComponentSpec.model_validate(rate)
    if spec.name != "channel_kb":
        raise InputError(f"actions={actions} needs rate=channel_kb, got {rate!r}")
    return spec.model_copy(update={"params": {**spec.params, "actions": actions}}).label


def base_of(kb: str) -> Path:
    """The file of a knowledge base."""
    return DEFAULT if kb == "default" else Path(kb)
