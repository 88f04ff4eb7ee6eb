"""Finds the quality of a picture codec at which a set of images fits a budget."""

import zlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np

from semlink.errors import Infeasible, InputError
from semlink.protocols import Budget, Frame
from semlink.signals import Sample

CLOSE_ENOUGH = 0.999  # of the budget: the search ends early
CACHED_SIZES = 65536
LONGEST_SIDE = 16383  # pixels; the header's fields and WebP end there


class Codec(Protocol):
    """A picture codec with one quality, along which its files grow.

    quality_range : lowest and highest quality
    quality_step : how finely the quality can be set
    """

    quality_range: tuple[float, float]
    quality_step: float

    def encode(self, image: np.ndarray, quality: float) -> bytes:
        """[H, W, 3] uint8 to a file."""

    def decode(self, data: bytes) -> np.ndarray:
        """A file to [H, W, 3] uint8."""


class RateSearch:
    """Searches the quality of a codec; remembers the size of every file it tried.

    Interpolation and halving of the interval take turns: the first is fast where
    sizes grow smoothly, the second never fails.

    Parameters
    ----------
    codec : picture codec
    size : what an image takes at a quality, of whatever ``num_symbols`` counts; the
        bytes of the codec's file by default
    """

    def __init__(self, codec: Codec, size: Callable[..., int] | None = None):
        self._codec = codec
        self._size_of = size or self._bytes_of_file
        self._source: Sequence[Sample] = ()
        self._checksums: tuple[int, ...] = ()
        self._size = lru_cache(CACHED_SIZES)(self._size_of_image)

    def __call__(
        self,
        source: Sequence[Sample],
        budget: Budget,
        num_symbols: Callable[[int], int],
    ) -> tuple[float, ...]:
        """Give the quality for each image.

        Parameters
        ----------
        source : the images
        budget : with its ``cbr_mode``
        num_symbols : symbols, all told, that a file of so many bytes takes

        Raises
        ------
        Infeasible
            If the smallest files are above the budget.
        InputError
            If an image is none that a codec takes.
        """
        self._remember(source)

        def uses(size: int) -> int:
            return budget.frame.uses(num_symbols(size))

        # where frames are sent whole, a step into the last is not yet the end of it
        enough = CLOSE_ENOUGH if budget.frame == Frame() else np.inf
        if budget.cbr_mode == "average":
            cost = self._mean_cbr(uses)
            return (self._best(cost, budget.cbr, "the set", enough),) * len(source)
        qualities = []
        for i, sample in enumerate(source):
            limit, cost = budget.uses(sample), self._symbols(i, uses)
            qualities.append(self._best(cost, limit, sample.name, enough))
        return tuple(qualities)

    def _remember(self, source: Sequence[Sample]) -> None:
        """Take the images; sizes of other images than before are forgotten."""
        checksums = []
        for sample in source:
            _check_picture(sample)
            checksums.append(zlib.crc32(np.ascontiguousarray(sample.data)))
        if self._checksums != tuple(checksums):
            self._size.cache_clear()
        self._source, self._checksums = source, tuple(checksums)

    def _symbols(self, index: int, uses: Callable[[int], int]):
        return lambda quality: uses(self._size(index, quality))

    def _mean_cbr(self, uses: Callable[[int], int]):
        values = [sample.values for sample in self._source]

        def cost(quality: float) -> float:
            spent = [uses(self._size(i, quality)) for i in range(len(values))]
            return float(np.mean(np.divide(spent, values)))

        return cost

    def _best(self, cost: Callable, limit: float, what: str, enough: float) -> float:
        """The highest quality whose cost is within the limit, or enough of it."""
        (low, high), step = self._codec.quality_range, self._codec.quality_step
        spent_low, spent_high = cost(low), cost(high)
        if spent_low > limit:
            share = spent_low / limit if limit else float("inf")
            raise Infeasible(f"smallest file of {what} is {share:.2f} of the budget")
        if spent_high <= limit:
            return high
        halve = False
        while high - low > step and spent_low < enough * limit:
            share = 0.5 if halve else _log_share(spent_low, limit, spent_high)
            middle = _on_grid(low, high, share, step)
            spent, halve = cost(middle), not halve
            if spent <= limit:
                low, spent_low = middle, spent
            else:
                high, spent_high = middle, spent
        return low

    def _size_of_image(self, index: int, quality: float) -> int:
        return self._size_of(self._source[index].data, quality)

    def _bytes_of_file(self, image: np.ndarray, quality: float) -> int:
        return len(self._codec.encode(image, quality))


def _check_picture(sample: Sample) -> None:
    """Refuse what no codec takes."""
    name, image = sample.name, sample.data
    if max(image.shape) > LONGEST_SIDE:
        size = f"{image.shape[1]}x{image.shape[0]}"
        raise InputError(f"sides must be at most {LONGEST_SIDE}, got {size} in {name}")


def _log_share(low: float, limit: float, high: float) -> float:
    """Where between two costs the limit lies, if the cost grew exponentially."""
    return float(np.clip(np.log(limit / low) / np.log(high / low), 0.02, 0.98))


def _on_grid(low: float, high: float, share: float, step: float) -> float:
    """A quality between two; a whole number where the codec knows only these."""
    middle = low + share * (high - low)
    return float(np.clip(round(middle), low + 1, high - 1)) if step >= 1 else middle
