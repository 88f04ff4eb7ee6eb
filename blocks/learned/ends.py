"""Extractor and restorer of a learned codec, chosen by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from blocks.inspection import INSPECTORS, NONE
from semlink.catalogue import files_of
from semlink.registry import Registry

if TYPE_CHECKING:  # the list of components needs no networks
    from blocks.nn.codec import Codec


class Extractor(Protocol):
    """Pixels to latents. It may have weights of its own."""

    def __call__(self, codec: Codec, x, smooth) -> Any:
        """Extract latents.

        Input
        -----
        codec : networks with their weights; M latents for each position
        x : [B, 16 h, 16 w, 3], float32, 0 to 1
        smooth : same shape, the picture of the base layer, which is sent digitally

        Output
        ------
        y : [B, h, w, M], float32, at the scale of an orthonormal transform
        """


class Restorer(Protocol):
    """Received latents to pixels. It may have weights of its own."""

    def __call__(self, codec: Codec, y, whitened, log_error, smooth, tokens) -> Any:
        """Restore pixels.

        Input
        -----
        codec : networks with their weights
        y, whitened : [B, h, w, M], float32, latents, and the same in quantiser steps
        log_error : [B, h, w, M], float32, log of their standard error, in steps
        smooth : [B, 16 h, 16 w, 3], float32, the picture of the base layer
        tokens : [B, T, width], float32, tokens of the context, or ``None``

        Output
        ------
        x : [B, 16 h, 16 w, 3], float32, nominally 0 to 1
        """


EXTRACTORS = Registry(
    "extractor", packages=("blocks.extractors",), group="semlink.extractors"
)
RESTORERS = Registry(
    "restorer", packages=("blocks.restorers",), group="semlink.restorers"
)


def files_of_inspector(spec: str) -> list[Path]:
    """Files that an inspector depends on."""
    return [] if spec == NONE else files_of(INSPECTORS, spec)
