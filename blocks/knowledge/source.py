"""The source knowledge base in a link: a context embedding for both ends.

The transmitter's describer puts the picture into words. The header signals the index of
the nearest entry, and the networks at both ends attend to the entry's embedding. The
other modes are references for comparison.
"""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np

from blocks.knowledge.base import KnowledgeBase
from blocks.knowledge.perception import (
    DESCRIBERS,
    IN_MEMORY,
    TEXT_ENCODERS,
    Descriptions,
    build_describer,
    text_encoder,
)
from semlink.config import ComponentSpec
from semlink.errors import InputError
from semlink.signals import Sample

SourceKb = Literal["retrieved", "none", "random", "oracle"]
# The header has the same length for all bases. A receiver can then decode it and refuse
# a base of another size.
VERSION_BITS, INDEX_BITS = 8, 20
NO_BITS = np.zeros(0, np.uint8)


class Told(NamedTuple):
    """Signalled knowledge of a picture.

    fields : fields of the header
    bits : [num_bits], uint8, sent with the side information
    context : [1, D], float32, which the receiver derives, too
    """

    fields: dict[str, int]
    bits: np.ndarray
    context: np.ndarray


class NoKnowledge:
    """No knowledge: nothing is signalled, and the context is zero.

    Parameters
    ----------
    width : D, width of a context
    """

    num_bits = 0

    def __init__(self, width: int):
        self.unknown = np.zeros((1, width), np.float32)
        self.fields: dict[str, int] = {}

    def tell(self, sample: Sample) -> Told:
        return Told({}, NO_BITS, self.unknown)

    def check(self, header: dict) -> None:
        """Refuse the header of a transmitter with another knowledge base."""

    def hear(self, header: dict, bits: np.ndarray) -> np.ndarray:
        return self.unknown


class Entries(NoKnowledge):
    """Signals the index of an entry, with the version of the base.

    The index is masked by further bits of the version; under another base it would
    rarely be valid.

    Parameters
    ----------
    base : knowledge base of both ends, of at most 2^20 entries
    choose : chooses the index of an entry for a picture
    """

    def __init__(self, base: KnowledgeBase, choose: Callable[[Sample], int]):
        super().__init__(base.vectors.shape[1])
        self._base, self._choose = base, choose
        if base.index_bits > INDEX_BITS:
            raise InputError(
                f"a knowledge base in a link must have at most {2**INDEX_BITS} "
                f"entries, got {len(base)}"
            )
        digits = base.version[: (VERSION_BITS + INDEX_BITS) // 4]
        self._version, self._mask = divmod(int(digits, 16), 2**INDEX_BITS)
        self.fields = {"kb_version": VERSION_BITS, "kb_index": INDEX_BITS}

    def tell(self, sample: Sample) -> Told:
        index = self._choose(sample)
        fields = {"kb_version": self._version, "kb_index": index ^ self._mask}
        return Told(fields, NO_BITS, self._context(index))

    def check(self, header: dict) -> None:
        """Raise ``InputError`` if the bases differ, instead of decoding wrongly."""
        same = header["kb_version"] == self._version
        if not same or header["kb_index"] ^ self._mask >= len(self._base):
            raise InputError(
                f"the knowledge base must be the transmitter's, of a version "
                f"{header['kb_version']:02x}..., got {self._base.version[:12]}"
            )

    def hear(self, header: dict, bits: np.ndarray) -> np.ndarray:
        return self._context(header["kb_index"] ^ self._mask)

    def _context(self, index: int) -> np.ndarray:
        return self._base.vectors[index][None].astype(np.float32)


class Described(NoKnowledge):
    """Signals the description's own embedding, in half precision.

    Parameters
    ----------
    embed : returns the embedding [D] of a picture's description
    width : D
    """

    def __init__(self, embed: Callable[[Sample], np.ndarray], width: int):
        super().__init__(width)
        self._embed = embed
        self.num_bits = 16 * width

    def tell(self, sample: Sample) -> Told:
        halves = self._embed(sample).astype(">f2")
        bits = np.unpackbits(np.frombuffer(halves.tobytes(), np.uint8))
        return Told({}, bits, halves[None].astype(np.float32))

    def hear(self, header: dict, bits: np.ndarray) -> np.ndarray:
        """The context from its bits; ``ValueError`` if they are not an embedding."""
        halves = np.frombuffer(np.packbits(bits).tobytes(), ">f2")
        if not np.all(np.isfinite(halves)):
            raise ValueError("an embedding must be finite, got other values")
        return halves[None].astype(np.float32)


class Perception:
    """Embeddings of descriptions of pictures; models are loaded at first use.

    Parameters
    ----------
    describer, encoder : specs, as on the command line
    """

    def __init__(self, describer: str, encoder: str):
        for registry, spec in ((DESCRIBERS, describer), (TEXT_ENCODERS, encoder)):
            word = ComponentSpec.model_validate(spec)
            registry.resolve(word.name, word.argument, word.params)  # report errors now
        self._describer, self._encoder = describer, encoder
        self._describe: Descriptions | None = None
        self._embed = lru_cache(maxsize=IN_MEMORY)(self._embedding)

    def __call__(self, sample: Sample) -> np.ndarray:
        """The embedding of a picture's description : [D], float32."""
        if self._describe is None:
            self._describe = Descriptions(build_describer(self._describer))
        return self._embed(self._describe(sample.data, sample.annotations))

    def _embedding(self, text: str) -> np.ndarray:
        return text_encoder(self._encoder)([text]).pooled[0]

    def nearest_in(self, base: KnowledgeBase) -> Callable[[Sample], int]:
        """A function that chooses the entry nearest to a picture's description."""

        def choose(sample: Sample) -> int:
            version = text_encoder(self._encoder).version
            if version != base.encoder:
                raise InputError(
                    f"the text encoder must be the base's, {base.encoder!r}, got "
                    f"{version!r}"
                )
            return int(base.nearest(self(sample))[0][0, 0])

        return choose


def source_knowledge(
    kind: SourceKb, base: KnowledgeBase, describer: str, encoder: str
) -> NoKnowledge:
    """The source knowledge of a link.

    Parameters
    ----------
    kind : ``retrieved``, the nearest entry; ``random``, any entry; ``oracle``, the
        description's own embedding, sent in full; ``none``
    base : knowledge base of both ends
    describer, encoder : specs of describer and text encoder
    """
    width = base.vectors.shape[1]
    if kind == "none":
        return NoKnowledge(width)
    if kind == "random":
        return Entries(base, lambda sample: _any(sample, len(base)))
    perceive = Perception(describer, encoder)
    if kind == "oracle":
        return Described(perceive, width)
    return Entries(base, perceive.nearest_in(base))


def _any(sample: Sample, count: int) -> int:
    """A pseudo-random entry, fixed for each picture and independent of its content."""
    digest = hashlib.sha256(np.ascontiguousarray(sample.data).tobytes()).digest()
    return int.from_bytes(digest[:8], "big") % count
