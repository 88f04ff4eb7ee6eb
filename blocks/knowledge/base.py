"""The embedding knowledge base: descriptions, embeddings, nearest-neighbour search.

Both ends hold the same base; its version is a hash of its contents, by which they check
this. Embeddings are stored in half precision, and distances use these values.

References
----------
J. Johnson, M. Douze, H. Jegou, "Billion-scale similarity search with GPUs", IEEE
Trans. Big Data 7(3), 2021 (the package ``faiss``).
"""

import hashlib
import io
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from semlink.errors import InputError
from semlink.store.files import write_whole

Search = Literal["auto", "flat", "hnsw", "ivf"]
LARGE = 200_000  # entries from which "auto" uses approximate search
LINKS, CONSTRUCTION, BREADTH = 32, 80, 128  # parameters of a HNSW graph
PROBED, TRAINED = 32, 64  # probed lists of an inverted file; training entries per list
FORMAT = 1
DEFAULT = Path(__file__).with_name("default.npz")


class KnowledgeBase:
    """Texts with an embedding each.

    Parameters
    ----------
    texts : descriptions, all different
    vectors : [N, D], float, their embeddings; stored in half precision
    encoder : version of their text encoder
    search : ``flat`` is exact, ``hnsw`` and ``ivf`` are approximate; ``auto`` uses
        ``ivf`` from 200,000 entries on
    """

    def __init__(
        self,
        texts: Sequence[str],
        vectors: np.ndarray,
        encoder: str,
        *,
        search: Search = "auto",
    ):
        self.texts = tuple(texts)
        self.vectors = np.ascontiguousarray(vectors, np.float16)
        self.encoder = encoder
        self.search = search
        if len(self.texts) != len(self.vectors) or self.vectors.ndim != 2:
            raise ValueError(
                f"there must be a vector for each of {len(self.texts)} texts, got "
                f"shape {self.vectors.shape}"
            )
        if not self.texts:
            raise ValueError("a knowledge base must hold at least one text, got none")
        if not np.all(np.isfinite(self.vectors)):
            raise ValueError("vectors must be finite, got others")

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def version(self) -> str:
        """Hash of texts, vectors and encoder : 64 hexadecimal digits."""
        digest = hashlib.sha256(f"{FORMAT} {self.encoder} {len(self)}\n".encode())
        for text in self.texts:
            encoded = text.encode()
            digest.update(b"%d:" % len(encoded) + encoded)
        digest.update(self.vectors.tobytes())
        return digest.hexdigest()

    @property
    def index_bits(self) -> int:
        """Bits of the index of an entry."""
        return max((len(self) - 1).bit_length(), 1)

    def nearest(self, queries: np.ndarray, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Find the entries of least squared distance, nearest first.

        Input
        -----
        queries : [Q, D], float
        k : number of entries, at most that of the base

        Output
        ------
        index : [Q, k], int64
        distance : [Q, k], float32, squared
        """
        queries = np.ascontiguousarray(np.atleast_2d(queries), np.float32)
        if queries.shape[1] != self.vectors.shape[1]:
            raise ValueError(
                f"queries must have {self.vectors.shape[1]} values, got "
                f"{queries.shape[1]}"
            )
        distance, index = self._index.search(queries, min(k, len(self)))
        return index, distance

    def added(self, texts: Sequence[str], vectors: np.ndarray) -> "KnowledgeBase":
        """The base with further entries; existing texts keep their vectors."""
        known = set(self.texts)
        new = [
            i for i, text in enumerate(texts) if not (text in known or known.add(text))
        ]
        vectors = np.asarray(vectors, np.float16)[new]
        return KnowledgeBase(
            [*self.texts, *(texts[i] for i in new)],
            np.concatenate([self.vectors, vectors]),
            self.encoder,
            search=self.search,
        )

    def merged(self, other: "KnowledgeBase") -> "KnowledgeBase":
        """Both bases as one, this one's entries first.

        Raises
        ------
        InputError
            The bases have different text encoders.
        """
        if other.encoder != self.encoder:
            raise InputError(
                f"knowledge bases to merge must be of one text encoder, got "
                f"{self.encoder!r} and {other.encoder!r}"
            )
        return self.added(other.texts, other.vectors)

    def save(self, path: Path) -> None:
        """Write the base to one file, atomically."""
        file = io.BytesIO()
        np.savez(
            file,
            format=FORMAT,
            encoder=self.encoder,
            texts=np.frombuffer("\0".join(self.texts).encode(), np.uint8),
            vectors=self.vectors,
            version=self.version,
        )
        write_whole(Path(path), file.getvalue())

    @cached_property
    def _index(self):
        kind = self.search
        if kind == "auto":
            kind = "ivf" if len(self) >= LARGE else "flat"
        index = _INDICES[kind](*self.vectors.shape)
        vectors = self.vectors.astype(np.float32)
        if not index.is_trained:
            index.train(vectors)
        index.add(vectors)
        return index


def load(path: Path, *, search: Search = "auto") -> KnowledgeBase:
    """Read a base.

    Raises
    ------
    InputError
        The file is missing, damaged, or not a knowledge base.
    """
    where = f"knowledge base {str(path)!r}"
    try:
        with np.load(path) as data:
            texts = data["texts"].tobytes().decode().split("\0")
            vectors, encoder = data["vectors"], str(data["encoder"])
            version = str(data["version"])
        base = KnowledgeBase(texts, vectors, encoder, search=search)
    except FileNotFoundError:
        raise InputError(f"{where} must exist, got no such file") from None
    except Exception as error:  # zipfile, zlib and numpy raise many kinds
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:100]}"
        raise InputError(
            f"{where} must be one that make kb wrote, got {reason}"
        ) from None
    if base.version != version:
        raise InputError(
            f"{where} must have version {version[:12]}, got {base.version[:12]}: it is "
            "damaged"
        )
    return base


def _flat(count: int, width: int):
    import faiss

    # lossless, because the values are in half precision
    return faiss.IndexScalarQuantizer(
        width, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_L2
    )


def _hnsw(count: int, width: int):
    import faiss

    index = faiss.IndexHNSWSQ(width, faiss.ScalarQuantizer.QT_fp16, LINKS)
    index.hnsw.efConstruction = CONSTRUCTION
    index.hnsw.efSearch = BREADTH
    return index


def _ivf(count: int, width: int):
    import faiss

    lists = max(int(4 * np.sqrt(count)), 1)
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatL2(width), width, lists, faiss.ScalarQuantizer.QT_fp16
    )
    index.nprobe = PROBED
    index.cp.max_points_per_centroid = TRAINED
    return index


_INDICES = {"flat": _flat, "hnsw": _hnsw, "ivf": _ivf}
