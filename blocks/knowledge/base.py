"""The embedding knowledge base: descriptions, their embeddings, and who is nearest.

Both ends hold the same base; its version is a hash of all that it holds, so that they
can tell. Embeddings are kept in half precision, which is what distances are of.

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
LARGE = 200_000  # entries from which "auto" does not compare with every one
LINKS, CONSTRUCTION, BREADTH = 32, 80, 128  # of a HNSW graph
PROBED, TRAINED = 32, 64  # lists of an inverted file, and entries to place one by
FORMAT = 1
DEFAULT = Path(__file__).with_name("default.npz")


class KnowledgeBase:
    """Texts with an embedding each.

    Parameters
    ----------
    texts : descriptions, no two the same
    vectors : [N, D], float, their embeddings; kept in half precision
    encoder : version of the text encoder that made them
    search : ``flat`` compares with all, ``hnsw`` and ``ivf`` with likely ones; ``auto``
        takes ``ivf`` from 200,000 entries on
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
        """Bits that say which entry is meant."""
        return max((len(self) - 1).bit_length(), 1)

    def nearest(self, queries: np.ndarray, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Find the entries of least squared distance, nearest first.

        Input
        -----
        queries : [Q, D], float
        k : how many; no more than there are entries

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
        """A base that holds these too; texts that it has are left as they are."""
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
            They are of different text encoders.
        """
        if other.encoder != self.encoder:
            raise InputError(
                f"knowledge bases to merge must be of one text encoder, got "
                f"{self.encoder!r} and {other.encoder!r}"
            )
        return self.added(other.texts, other.vectors)

    def save(self, path: Path) -> None:
        """Write one file, whole or not at all."""
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
    except Exception as error:  # zipfile, zlib and numpy raise what they like
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

    # the values are half precision: nothing is lost, and half as much is read
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
