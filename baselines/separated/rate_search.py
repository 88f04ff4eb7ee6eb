"""Search of a picture codec's quality within the budget of a picture or a set."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, Protocol

import numpy as np

from baselines.separated.expected_error import ErrorLaw
from blocks.budget_search import Choices, Cost, Member, Settings, search, too_large
from blocks.recent import Recent
from semlink.errors import Infeasible, InputError
from semlink.protocols import Budget, Frame
from semlink.signals import Sample
from semlink.store.cache import data_hash

CLOSE_ENOUGH = 0.999  # share of the budget at which the search ends early
COARSE = 16  # parts of the range of quality; within one, the search interpolates
INTERPOLATIONS = 2  # without success, before the range is halved again
ESTIMATES = 8  # the last is 1/256 of what is between two qualities
CACHED_SIZES, CACHED_BYTES = 65536, 2**25
LONGEST_SIDE = 16383  # pixels; limit of the header's fields and of WebP


class Qualities(Protocol):
    """Range of qualities; the rate grows with quality.

    quality_range : lowest and highest quality
    quality_step : resolution of the quality
    concurrent : whether several pictures are coded at once, in threads: the codec is a
        process of its own, or a library that releases Python's lock
    """

    quality_range: tuple[float, float]
    quality_step: float
    concurrent: bool = False


class Codec(Qualities, Protocol):
    """A picture codec with one quality; files grow with it.

    A codec with an ``importance`` component also takes the levels of its map.

    error_law : how a receiver judges a decoded picture; without it, it has no doubt
    """

    error_law: ErrorLaw | None = None

    def encode(self, image: np.ndarray, quality: float) -> bytes:
        """[H, W, 3] uint8 to a file."""

    def decode(self, data: bytes) -> np.ndarray:
        """A file to [H, W, 3] uint8."""


class Setting(NamedTuple):
    """Setting of a picture.

    scheme : choice of the transmitter for the channel and the picture; hashable
    quality : quality of the codec
    """

    scheme: Any
    quality: float


class Between(NamedTuple):
    """A quality between two others, at which no file is made: its size is estimated.

    low, high : the two qualities
    share : its place between them, from 0 to 1
    """

    low: float
    high: float
    share: float


class Files:
    """Files of a codec. Sizes are cached, and so are the last files themselves.

    Parameters
    ----------
    codec : picture codec
    """

    def __init__(self, codec: Codec):
        self._codec, self._sizes = codec, Recent(CACHED_SIZES)
        self._files = Recent(CACHED_BYTES, len)

    def size(self, member: Member, quality: float | Between) -> int:
        """Size of a picture's file at a quality, in bytes.

        Between two qualities, sizes are interpolated as exponential.
        """
        if isinstance(quality, Between):
            low, high = (self.size(member, q) for q in (quality.low, quality.high))
            return round(low ** (1 - quality.share) * high**quality.share)

        def size() -> int:
            return len(self.encode(member.open(), quality))

        return self._sizes((member.key, quality), size)

    def encode(self, sample: Sample, quality: float) -> bytes:
        """A picture, [H, W, 3] uint8, to a file."""
        importance = getattr(self._codec, "importance", None)
        levels = [importance(sample)] if importance else []

        def encode() -> bytes:
            return self._codec.encode(sample.data, quality, *levels)

        return self._files(
            (data_hash(sample.data), quality, *map(data_hash, levels)), encode
        )


def search_quality(
    source: Sequence[Sample],
    budget: Budget,
    qualities: Qualities,
    scheme_for: Callable[[Member, float], Any],
    cost: Callable[[Member, Setting], Cost],
) -> Settings:
    """Choose the highest quality within a budget.

    Parameters
    ----------
    source : the pictures
    budget : budget with its ``cbr_mode``
    qualities : range of the quality
    scheme_for : chooses the scheme of a picture at a quality
    cost : cost of a picture at a setting

    Raises
    ------
    Infeasible
        The smallest files are above the budget.
    InputError
        A picture is larger than codecs support.
    """
    enough = enough_of(budget)

    def offer(members: Sequence[Member]) -> Choices:
        for member in members:
            check_size(member)
        concurrent = getattr(qualities, "concurrent", False)
        each = _in_threads if concurrent else map
        return Choices(cost_at, best, settled, finer, each)

    def cost_at(member: Member, quality: float) -> Cost:
        return cost(member, settled(member, quality))

    def settled(member: Member, quality: float) -> Setting:
        return Setting(scheme_for(member, quality), quality)

    def best(spent, limit: float, what: str) -> float:
        def estimate(*between) -> float:
            return spent(Between(*between))

        return highest(spent, qualities, limit, what, enough, estimate)

    def finer(quality: float) -> float | None:
        step, highest_one = qualities.quality_step, qualities.quality_range[1]
        return min(quality + step, highest_one) if quality < highest_one else None

    return search(source, budget, offer)


def enough_of(budget: Budget) -> float:
    """Share of a budget at which the search ends early.

    Costs in whole frames reach the limit before the last frame is full.
    """
    return CLOSE_ENOUGH if budget.frame == Frame() else np.inf


def highest(
    cost: Callable,
    qualities: Qualities,
    limit: float,
    what: str,
    enough: float,
    estimate: Callable[[float, float, float], float] | None = None,
) -> float:
    """The highest quality within the limit, or one that spends ``enough`` of it.

    The first qualities halve the range, so all searches share them, and their costs
    come from a cache. Between two of these, costs are nearly exponential: most searches
    end after one or two interpolations. Halving from time to time ensures that all end.

    Parameters
    ----------
    cost : cost of a quality
    qualities, limit, what : range of the quality; limit of the cost; name in errors
    enough : share of the limit at which the search ends
    estimate : (low, high, share) -> cost between two qualities whose costs are known;
        by default costs are exponential
    """
    (low, high), step = qualities.quality_range, qualities.quality_step
    spent_low, spent_high = cost(low), cost(high)
    if spent_low > limit:
        smallest = f"smallest file of {what} is"
        raise Infeasible(too_large(smallest, spent_low, limit), spent_low)
    if spent_high <= limit:
        return high
    coarse, tries = max((high - low) / COARSE, step), 0
    aim = limit * min(enough, 1) ** 0.5
    while high - low > step and spent_low < enough * limit:
        if high - low > coarse or tries == INTERPOLATIONS:
            share, tries = 0.5, 0
        elif estimate is None:
            share, tries = _log_share(spent_low, aim, spent_high), tries + 1
        else:
            # where the cost jumps just above low, one step shows that it does
            share = max(_estimated_share(estimate, low, high, aim), step / (high - low))
            tries += 1
        middle = _on_grid(low, high, share, step)
        spent = cost(middle)
        if spent <= limit:
            low, spent_low = middle, spent
        else:
            high, spent_high = middle, spent
    return low


def _estimated_share(estimate: Callable, low: float, high: float, aim: float) -> float:
    """The highest place between two qualities at an estimated cost within ``aim``."""
    share = 0.0
    for half in 0.5 ** np.arange(1, ESTIMATES + 1):
        if estimate(low, high, share + half) <= aim:
            share += half
    return share


def _in_threads(function: Callable, members: Sequence[Member]) -> Iterator:
    """The results of a function, on the cores that the process may use."""
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as threads:
        yield from threads.map(function, members)


def check_size(member: Member) -> None:
    """Refuse pictures that are too large for the codecs."""
    if max(member.shape) > LONGEST_SIDE:
        size = f"{member.shape[1]}x{member.shape[0]} in {member.name}"
        raise InputError(f"sides must be at most {LONGEST_SIDE}, got {size}")


def _log_share(low: float, limit: float, high: float) -> float:
    """Position of the limit between two costs, for exponential growth."""
    return float(np.clip(np.log(limit / low) / np.log(high / low), 0.02, 0.98))


def _on_grid(low: float, high: float, share: float, step: float) -> float:
    """A quality between two; an integer if the codec needs one."""
    middle = low + share * (high - low)
    return int(np.clip(round(middle), low + 1, high - 1)) if step >= 1 else middle
