"""Words instead of pixels: a description through the digital chain.

The receiver makes :class:`semlink.modalities.words.Words`, which answers questions and
draws boxes, but is no picture.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from blocks.detection import detector as detector_of
from blocks.detection import detector_files
from blocks.knowledge.perception import build_describer, sees_annotations
from blocks.phy.mcs import SCHEMES
from blocks.words.captions import CaptionCodec
from blocks.words.describing import Annotated as AnnotatedObjects
from blocks.words.describing import Captions, Objects
from blocks.words.link import WordsReceiver, WordsTransmitter
from blocks.words.statistics import FILE
from blocks.words.structured import StructuredCodec
from semlink.modalities.words import WORDS
from semlink.protocols import Transceiver

Scheme = Annotated[int, Field(ge=0, lt=len(SCHEMES))]


def build(
    describer: str = "objects",
    detector: str = "nanodet",
    confidence: Annotated[float, Field(ge=0.05, le=0.95)] = 0.3,
    mcs: Literal["auto"] | Scheme = "auto",
    margin_db: Annotated[float, Field(ge=0, le=40)] = 0.0,
) -> Transceiver:
    """Build the pair.

    Parameters
    ----------
    describer : ``objects``, found by the detector; ``annotated``, those of the source's
        annotations (an oracle); or a describer (``blocks/describers/``), whose caption
        is sent
    detector, confidence : of ``objects``, the detector and its least confidence
    mcs : ``auto``, the fastest scheme that the channel supports, or the number of a row
        of ``blocks/phy/mcs.py``
    margin_db : reserve in SNR for ``auto``, for fading
    """
    if describer == "objects":
        describe, codec = Objects(detector_of(detector), confidence), StructuredCodec()
    elif describer == "annotated":
        describe, codec = AnnotatedObjects(), StructuredCodec()
    else:
        describe, codec = Captions(build_describer(describer)), CaptionCodec()
    oracle = describer == "annotated" or (
        describer != "objects" and sees_annotations(describer)
    )
    scheme = None if mcs == "auto" else mcs
    transmitter = WordsTransmitter(describe, codec, scheme, margin_db)
    return Transceiver(transmitter, WordsReceiver(codec), makes=WORDS, oracle=oracle)


def files(describer: str, detector: str, **_) -> list[Path]:
    """Files that the results depend on: statistics, and weights of the detector."""
    return [FILE, *(detector_files(detector) if describer == "objects" else [])]
