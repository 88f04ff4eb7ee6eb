"""Describers (picture to text) and text encoders (text to embedding).

Both are components like channels: one file each, by name.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from semlink.catalogue import built, is_oracle
from semlink.contracts.fault import refuse, shown
from semlink.registry import Registry
from semlink.store.files import write_whole

DESCRIBERS = Registry(
    "describer", packages=("blocks.describers",), group="semlink.describers"
)
TEXT_ENCODERS = Registry(
    "text_encoder", packages=("blocks.text_encoders",), group="semlink.text_encoders"
)
IN_MEMORY = 65536


class Describer(Protocol):
    """Describes images.

    version : changes whenever descriptions may
    """

    version: str

    def __call__(self, image: np.ndarray, annotations: Mapping[str, Any]) -> str:
        """Describe an image [H, W, 3], uint8, with its source's annotations."""


class Encoded(NamedTuple):
    """Encoded texts.

    pooled : [N, D], float32, an embedding of unit length for each text
    tokens : [N, T, D], float32, a vector for each token
    mask : [N, T], bool, whether there is a token
    """

    pooled: np.ndarray
    tokens: np.ndarray
    mask: np.ndarray


class TextEncoder(Protocol):
    """Embeds texts.

    version : changes whenever embeddings may
    width : D
    """

    version: str
    width: int

    def __call__(self, texts: Sequence[str]) -> Encoded: ...


def unit(vectors: np.ndarray) -> np.ndarray:
    """Scale to unit length : [N, D] -> [N, D], float32."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.maximum(length, 1e-12)).astype(np.float32)


def joined(parts: list[Encoded]) -> Encoded:
    """Concatenate batches; fewer tokens are padded with zeros."""
    longest = max(part.mask.shape[1] for part in parts)

    def filled(values: np.ndarray) -> np.ndarray:
        room = [(0, 0)] * values.ndim
        room[1] = (0, longest - values.shape[1])
        return np.pad(values, room)

    return Encoded(
        np.concatenate([part.pooled for part in parts]),
        np.concatenate([filled(part.tokens) for part in parts]),
        np.concatenate([filled(part.mask) for part in parts]),
    )


def build_describer(spec: str) -> Describer:
    """Build a describer from its name and parameters, as on the command line.

    Raises
    ------
    InputError
        The describer does not exist, or a package or model that it needs is missing;
        later, it returns something other than text.
    """
    return _InWords(_built(DESCRIBERS, spec), spec)


class _InWords:
    """A describer whose descriptions are checked to be text."""

    def __init__(self, describer: Describer, spec: str):
        self._describer, self._who = describer, f"describer {spec}"
        if not callable(describer) or not isinstance(
            getattr(describer, "version", None), str
        ):
            must = "a callable with a version of text from build"
            refuse(self._who, must, shown(describer))
        self.version = describer.version

    def __call__(self, image: np.ndarray, annotations: Mapping[str, Any]) -> str:
        text = self._describer(image, annotations)
        if not _is_text(text):
            refuse(self._who, "text", shown(text))
        return text


def _is_text(value: Any) -> bool:
    try:
        return isinstance(value, str) and bytes(value, "utf-8") is not None
    except UnicodeEncodeError:  # half of a surrogate pair
        return False


def sees_annotations(spec: str) -> bool:
    """Whether a describer reads ground truth, and is an oracle."""
    return is_oracle(DESCRIBERS, spec)


def text_encoder(spec: str) -> TextEncoder:
    """Build a text encoder from its name and parameters, as on the command line."""
    return _built(TEXT_ENCODERS, spec)


@lru_cache(maxsize=8)
def _built(registry: Registry, spec: str):
    """Build a component once; models take seconds to load."""
    return built(registry, spec)


class Descriptions:
    """A describer with a cache, by image and version.

    Parameters
    ----------
    describer : the describer
    folder : folder of a cache on disk; in memory alone by default
    """

    def __init__(self, describer: Describer, folder: Path | None = None):
        self._describer = describer
        self._folder = folder
        self.version = describer.version
        self._said: dict[str, str] = {}

    def __call__(self, image: np.ndarray, annotations: Mapping[str, Any]) -> str:
        key = self._key(image, annotations)
        if key not in self._said:
            if len(self._said) >= IN_MEMORY:
                self._said.clear()
            self._said[key] = self._read(key) or self._describe(key, image, annotations)
        return self._said[key]

    def _describe(self, key: str, image, annotations) -> str:
        text = self._describer(image, annotations)
        if self._folder:
            said = {"version": self.version, "text": text}
            self._path(key).parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path(key), json.dumps(said).encode())
        return text

    def _read(self, key: str) -> str | None:
        if not self._folder or not self._path(key).is_file():
            return None
        try:
            said = json.loads(self._path(key).read_text("utf-8"))
            return said["text"] if said["version"] == self.version else None
        except (ValueError, KeyError, TypeError):
            return None  # a torn file is described again

    def _key(self, image: np.ndarray, annotations: Mapping[str, Any]) -> str:
        what = f"{image.shape} {self.version} {annotations.get('captions', ())}"
        digest = hashlib.sha256(what.encode())
        digest.update(np.ascontiguousarray(image).tobytes())
        return digest.hexdigest()

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.json"
