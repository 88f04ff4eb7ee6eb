"""Finds the quality of a picture codec at which a picture, or a set, fits a budget."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from blocks.budget_search import Choices, Cost, Member, Settings, search
from blocks.recent import Recent
from semlink.errors import Infeasible, InputError
from semlink.protocols import Budget, Frame
from semlink.signals import Sample

CLOSE_ENOUGH = 0.999  # of the budget: the search ends early
CACHED_SIZES = 65536
LONGEST_SIDE = 16383  # pixels; the header's fields and WebP end there


class Qualities(Protocol):
    """Qualities along which what is sent grows.

    quality_range : lowest and highest quality
    quality_step : how finely the quality can be set
    """

    quality_range: tuple[float, float]
    quality_step: float


class Codec(Qualities, Protocol):
    """A picture codec with one quality, along which its files grow."""

    def encode(self, image: np.ndarray, quality: float) -> bytes:
        """[H, W, 3] uint8 to a file."""

    def decode(self, data: bytes) -> np.ndarray:
        """A file to [H, W, 3] uint8."""


class Setting(NamedTuple):
    """How a picture is sent.

    scheme : what the transmitter chose by the channel; hashable
    quality : of the codec
    """

    scheme: Any
    quality: float


class FileSizes:
    """The bytes of a codec's files; remembers those of every file it tried.

    Parameters
    ----------
    codec : picture codec
    """

    def __init__(self, codec: Codec):
        self._codec, self._sizes = codec, Recent(CACHED_SIZES)

    def __call__(self, member: Member, quality: float) -> int:
        """Bytes of the file of a picture at a quality."""

        def size() -> int:
            return len(self._codec.encode(member.open().data, quality))

        return self._sizes((member.key, quality), size)


def search_quality(
    source: Sequence[Sample],
    budget: Budget,
    qualities: Qualities,
    scheme_for: Callable[[Sequence[Member]], Any],
    cost: Callable[[Member, Setting], Cost],
) -> Settings:
    """Choose the highest quality within a budget.

    Interpolation and halving of the interval take turns: the first is fast where
    sizes grow smoothly, the second never fails.

    Parameters
    ----------
    source : the pictures
    budget : with its ``cbr_mode``
    qualities : between which to choose
    scheme_for : chooses the scheme of a group of pictures
    cost : of a picture at a setting

    Raises
    ------
    Infeasible
        If the smallest files are above the budget.
    InputError
        If a picture is larger than codecs take.
    """
    # where frames are sent whole, a step into the last is not yet the end of it
    enough = CLOSE_ENOUGH if budget.frame == Frame() else np.inf

    def offer(members: Sequence[Member]) -> Choices:
        for member in members:
            _check_size(member)
        scheme = scheme_for(members)

        def best(spent, limit: float, what: str) -> Setting:
            def at(quality: float) -> float:
                return spent(Setting(scheme, quality))

            return Setting(scheme, _highest(at, qualities, limit, what, enough))

        return Choices(cost, best)

    return search(source, budget, offer)


def _highest(
    cost: Callable, qualities: Qualities, limit: float, what: str, enough: float
) -> float:
    """The highest quality whose cost is within the limit, or enough of it."""
    (low, high), step = qualities.quality_range, qualities.quality_step
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


def _check_size(member: Member) -> None:
    """Refuse what no codec takes."""
    if max(member.shape) > LONGEST_SIDE:
        size = f"{member.shape[1]}x{member.shape[0]} in {member.name}"
        raise InputError(f"sides must be at most {LONGEST_SIDE}, got {size}")


def _log_share(low: float, limit: float, high: float) -> float:
    """Where between two costs the limit lies, if the cost grew exponentially."""
    return float(np.clip(np.log(limit / low) / np.log(high / low), 0.02, 0.98))


def _on_grid(low: float, high: float, share: float, step: float) -> float:
    """A quality between two; a whole number where the codec knows only these."""
    middle = low + share * (high - low)
    return int(np.clip(round(middle), low + 1, high - 1)) if step >= 1 else middle
