"""Extractor and restorer of a learned codec, chosen by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from blocks.inspection import INSPECTORS, NONE
from semlink.config import ComponentSpec
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


def built(registry: Registry, spec: str) -> Any:
    """Build a stage of a codec from its name, as on the command line."""
    word = ComponentSpec.model_validate(spec)
    return registry.build(word.name, **_params(registry, word))


def files_of(registry: Registry, spec: str) -> list[Path]:
    """Files that a component depends on: its weights and, for a plug-in, its source."""
    word = ComponentSpec.model_validate(spec)
    files = registry.files(word.name, _params(registry, word))
    return [*files, Path(word.name)] if word.name.endswith(".py") else files


def files_of_inspector(spec: str) -> list[Path]:
    """Files that an inspector depends on."""
    return [] if spec == NONE else files_of(INSPECTORS, spec)


def is_oracle(registry: Registry, spec: str) -> bool:
    """Whether a component sees ground truth."""
    return registry.is_oracle(ComponentSpec.model_validate(spec).name)


def _params(registry: Registry, word: ComponentSpec) -> dict[str, Any]:
    return registry.resolve(word.name, word.argument, word.params)
