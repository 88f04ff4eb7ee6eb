"""An entry of a shared memory: a site as it was received, and what is known of it."""

import hashlib
from functools import lru_cache
from typing import NamedTuple

import numpy as np

CELLS = 8  # of a descriptor, down and across
COUNTERS = 16  # bytes of an entry's two counters
DIGEST = 32  # bytes of its name
PRIOR = 16  # bytes of a prior, beside its class
INDEX_BITS, VERSION_BITS = 12, 16


class Prior(NamedTuple):
    """Running success of a task at a site.

    of : task, or a class of objects
    success : sum of what was reported, each from 0 to 1
    count : number of reports
    """

    of: str
    success: float
    count: int


class Entry(NamedTuple):
    """An entry.

    name : SHA-256 of the picture, 64 hexadecimal digits
    picture : [H, W, 3], uint8, as both ends have it
    descriptor : [CELLS, CELLS, 3], uint8, means of cells of the picture
    description : in words, if any
    priors : one a task or class
    uses : how often the site was seen
    last : when it was seen last, by the clock of its memory
    """

    name: str
    picture: np.ndarray
    descriptor: np.ndarray
    description: str = ""
    priors: tuple[Prior, ...] = ()
    uses: int = 1
    last: int = 0

    @property
    def num_bytes(self) -> int:
        """Storage of the entry."""
        words = len(self.description.encode())
        priors = sum(PRIOR + len(prior.of.encode()) for prior in self.priors)
        arrays = self.picture.nbytes + self.descriptor.nbytes
        return arrays + words + priors + COUNTERS + DIGEST

    @property
    def index(self) -> int:
        """Number that a signal names it by: the first bits of its name."""
        return int(self.name, 16) >> (256 - INDEX_BITS)

    @property
    def version(self) -> int:
        """The bits of its name after :attr:`index`, by which both ends check it."""
        return int(self.name, 16) >> (256 - INDEX_BITS - VERSION_BITS) & (
            2**VERSION_BITS - 1
        )

    def prior(self, of: str) -> float | None:
        """Mean success of a task or class; ``None`` if none was reported."""
        for known in self.priors:
            if known.of == of:
                return known.success / known.count
        return None

    def noted(self, of: str, success: float) -> "Entry":
        """The entry after another report of a task's success, from 0 to 1."""
        before = {known.of: known for known in self.priors}
        _, total, count = before.get(of, Prior(of, 0.0, 0))
        before[of] = Prior(of, total + success, count + 1)
        return self._replace(priors=tuple(sorted(before.values())))


def entry_of(picture: np.ndarray, description: str = "") -> Entry:
    """An entry of a picture [H, W, 3], uint8, that both ends have."""
    picture = picture.copy()
    picture.setflags(write=False)
    digest = hashlib.sha256(f"{picture.shape}".encode() + picture.tobytes())
    return Entry(digest.hexdigest(), picture, descriptor(picture), description)


def num_bytes(shape: tuple[int, ...]) -> int:
    """Storage of an entry of a picture of a shape, without words or priors."""
    return int(np.prod(shape)) + 3 * CELLS**2 + COUNTERS + DIGEST


def descriptor(picture: np.ndarray) -> np.ndarray:
    """Means of cells of a picture : [CELLS, CELLS, 3], uint8.

    Whole numbers of whole numbers, so that all machines compute the same.
    """
    rows, columns = (_starts(n) for n in picture.shape[:2])
    sums = np.add.reduceat(picture.astype(np.int64), rows[:-1], axis=0)
    sums = np.add.reduceat(sums, columns[:-1], axis=1)
    sizes = (np.maximum(np.diff(starts), 1) for starts in (rows, columns))
    return (sums // np.multiply.outer(*sizes)[..., None]).astype(np.uint8)


def distance(one: np.ndarray, other: np.ndarray) -> int:
    """Sum of squared differences of two descriptors."""
    difference = one.astype(np.int64) - other
    return int(np.sum(difference * difference))


@lru_cache(maxsize=64)
def _starts(size: int) -> np.ndarray:
    """Where cells start, and the end : [CELLS + 1]; of a short side, cells are equal.

    ``reduceat`` takes the one pixel at which several cells start for each of them.
    """
    return np.arange(CELLS + 1) * size // CELLS
