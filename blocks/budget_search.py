"""The settings of a transmitter within a budget: for a set, or for each sample.

A transmitter says what a setting costs and how it finds the best one below a limit.
The search says what the limit is and over which samples the cost is taken, by
``cbr_mode``. It opens one sample at a time, for a set may be larger than memory.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from semlink.protocols import Budget
from semlink.signals import Sample
from semlink.store.cache import data_hash


class Member(NamedTuple):
    """A sample of the set that is planned, without its data.

    index, name, values : as the sample has them
    shape : of its data
    key : hash of its data, query and annotations
    uses, limit : the most channel uses, and symbols, that the budget allows it
    open : gives the sample
    """

    index: int
    name: str
    values: int
    shape: tuple[int, ...]
    key: str
    uses: int
    limit: int
    open: Callable[[], Sample]


class Cost(NamedTuple):
    """What a sample takes at a setting.

    symbols : that the transmitter sends, expected retransmissions included
    fed_back : channel uses that the feedback link is expected to take
    """

    symbols: int
    fed_back: int = 0


class Choices(NamedTuple):
    """The settings between which a transmitter chooses.

    cost : ``(member, setting) -> Cost``
    best : ``(spent, limit, what) -> setting``, the best one of which
        ``spent(setting) <= limit``; raises ``Infeasible``, with the name ``what``,
        where there is none
    """

    cost: Callable[[Member, Any], Cost]
    best: Callable[[Callable[[Any], float], float, str], Any]


class Settings(NamedTuple):
    """A plan: the setting of each sample, by its index.

    each : (index, setting) pairs, in the order of the samples
    """

    each: tuple[tuple[int, Hashable], ...]

    def of(self, sample: Sample) -> Any:
        """The setting of a sample; ``KeyError`` if it was not planned."""
        return dict(self.each)[sample.index]


# What a group of samples can choose between. What is common to a group, such as a
# modulation, follows from these samples alone.
Offer = Callable[[Sequence[Member]], Choices]


def search(source: Sequence[Sample], budget: Budget, offer: Offer) -> Settings:
    """Choose the setting of each sample.

    In the mode ``causal``, the setting of a sample depends on it and on the samples
    before it alone; what these did not spend is left for it.

    Parameters
    ----------
    source : the samples
    budget : with its ``cbr_mode``
    offer : choices of a group of samples

    Raises
    ------
    Infeasible
        The least that can be sent is above the budget.
    """
    members = [_member(source, place, budget) for place in range(len(source))]
    if budget.cbr_mode == "average":
        found = [_for_all(members, budget, offer(members))] * len(members)
    elif budget.cbr_mode == "per_image":
        found = _for_each(members, budget, offer(members))
    else:
        found = _in_turn(members, budget, offer)
    indices = (member.index for member in members)
    return Settings(tuple(zip(indices, found, strict=True)))


def key_of(sample: Sample) -> str:
    """Hash of all that a transmitter sees of a sample."""
    key = data_hash(sample.data)
    if sample.query is None and not sample.annotations:
        return key
    return key + data_hash((sample.query, dict(sample.annotations)))


def _member(source: Sequence[Sample], place: int, budget: Budget) -> Member:
    sample = source[place]
    return Member(
        sample.index,
        sample.name,
        sample.values,
        np.shape(sample.data),
        key_of(sample),
        budget.uses(sample),
        budget.limit(sample),
        lambda: source[place],
    )


def _for_all(members: Sequence[Member], budget: Budget, choices: Choices) -> Any:
    """One setting, by the mean CBR of the set."""
    values = [member.values for member in members]

    def mean_cbr(setting) -> float:
        spent = [_uses(choices, member, setting, budget) for member in members]
        return float(np.mean(np.divide(spent, values)))

    return choices.best(mean_cbr, budget.cbr, "the set")


def _for_each(
    members: Sequence[Member], budget: Budget, choices: Choices
) -> Iterator[Any]:
    """A setting of each sample, within its own channel uses."""
    for member in members:
        yield _within(member, member.uses, choices, budget)


def _in_turn(members: Sequence[Member], budget: Budget, offer: Offer) -> Iterator[Any]:
    """A setting of each sample, within what the samples before it leave."""
    left = 0
    for member in members:
        left += member.uses
        choices = offer([member])
        setting = _within(member, left, choices, budget)
        left -= _uses(choices, member, setting, budget)
        yield setting


def _within(member: Member, limit: int, choices: Choices, budget: Budget) -> Any:
    """The best setting of a sample within so many channel uses."""

    def spent(setting) -> int:
        return _uses(choices, member, setting, budget)

    return choices.best(spent, limit, member.name)


def _uses(choices: Choices, member: Member, setting, budget: Budget) -> int:
    """Channel uses that a sample takes at a setting, both ways."""
    cost = choices.cost(member, setting)
    return budget.frame.uses(cost.symbols) + cost.fed_back
