"""Search of a transmitter's settings within a budget, for a set or for each sample.

The transmitter provides the cost of a setting and a search for the best one within a
limit. This module sets the limit and the samples of the cost, by ``cbr_mode``. It opens
one sample at a time, because a set may be larger than memory.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from semlink.modalities.query import num_bits
from semlink.protocols import Budget
from semlink.signals import Sample
from semlink.store.cache import data_hash

TRIED = 12  # samples of which all combinations are tried
ENOUGH = 0.998  # share of the budget of a set above which no more is searched for
ROUNDING = 1e-9


class Member(NamedTuple):
    """A sample of the planned set, without its data.

    index, name, values : those of the sample
    shape : shape of its data
    key : hash of its data, query and annotations
    uses, limit : largest numbers of channel uses and of symbols within the budget
    open : loads the sample
    asked : channel uses of the query, if the transmitter has heard it
    """

    index: int
    name: str
    values: int
    shape: tuple[int, ...]
    key: str
    uses: int
    limit: int
    open: Callable[[], Sample]
    asked: int = 0


class Cost(NamedTuple):
    """Cost of a sample at a setting.

    symbols : transmitted symbols, expected retransmissions included
    fed_back : expected channel uses of the feedback link
    """

    symbols: int
    fed_back: int = 0


class Choices(NamedTuple):
    """The settings of a transmitter.

    cost : ``(member, setting) -> Cost``
    best : ``(spent, limit, what) -> setting``, the best setting with
        ``spent(setting) <= limit``; raises ``Infeasible``, with the name ``what``, if
        there is none
    settle : ``(member, setting) -> setting``, the plan of a sample, from the setting
        that was searched for it or for the set
    finer : ``setting -> setting``, the next one, of which part of a set may have the
        cost; ``None`` if there is none
    each : ``(function, members) -> results``, in order; such as in several threads
    """

    cost: Callable[[Member, Any], Cost]
    best: Callable[[Callable[[Any], float], float, str], Any]
    settle: Callable[[Member, Any], Any] = lambda member, setting: setting
    finer: Callable[[Any], Any] = lambda setting: None
    each: Callable[[Callable, Sequence[Member]], Iterator] = map


class Settings(NamedTuple):
    """A plan: the setting of each sample, by its index.

    each : (index, setting) pairs, in the order of the samples
    """

    each: tuple[tuple[int, Hashable], ...]

    def of(self, sample: Sample) -> Any:
        """The setting of a sample; ``KeyError`` if it was not planned."""
        return dict(self.each)[sample.index]


# Choices for a group of samples. Settings common to the group, such as a modulation,
# depend on these samples alone.
Offer = Callable[[Sequence[Member]], Choices]


def search(source: Sequence[Sample], budget: Budget, offer: Offer) -> Settings:
    """Choose the setting of each sample.

    In the mode ``causal``, the setting of a sample depends on it and on the samples
    before it alone; it may spend what those have left.

    Parameters
    ----------
    source : the samples
    budget : budget with its ``cbr_mode``
    offer : choices for a group of samples

    Raises
    ------
    Infeasible
        The smallest signal is above the budget.
    """
    members = [_member(source, place, budget) for place in range(len(source))]
    if budget.cbr_mode == "average":
        found = _for_all(members, budget, offer(members))
    elif budget.cbr_mode == "per_image":
        found = _for_each(members, budget, offer(members))
    else:
        found = _in_turn(members, budget, offer)
    indices = (member.index for member in members)
    return Settings(tuple(zip(indices, found, strict=True)))


def too_large(what: str, least: float, limit: float) -> str:
    """Why nothing fits: what is sent at least, and how far it is above the budget."""
    if limit <= 0:
        return f"{what} above the budget, which has no channel use for it"
    return f"{what} {least / limit:.2f} times the budget"


def key_of(sample: Sample) -> str:
    """Hash of the transmitter's view of a sample."""
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
        budget.feedback.uses(num_bits(sample.query)),
    )


def _for_all(
    members: Sequence[Member], budget: Budget, choices: Choices
) -> Iterator[Any]:
    """One setting for the set, whose mean CBR is within the budget.

    Part of the set has a finer one, as far as the budget allows.
    """

    def cbrs(members: Sequence[Member], setting) -> np.ndarray:
        spent = choices.each(lambda m: _uses(choices, m, setting, budget), members)
        return np.divide(list(spent), [member.values for member in members])

    tolerated = (1 - ENOUGH) * budget.cbr * len(members)
    shared = _share(members, budget.cbr, tolerated, choices, cbrs)
    return (choices.settle(member, shared[member.index]) for member in members)


def _share(
    members: Sequence[Member], limit: float, tolerated: float, choices: Choices, cbrs
) -> dict[int, Any]:
    """Settings by index, whose mean CBR is as much of ``limit`` as possible.

    What one setting for all leaves does not pay for the next one for all. Some have it;
    if the sum of what is left exceeds ``tolerated``, as where one of few picks a slower
    scheme, these go on alone.
    """

    def each(setting) -> dict[int, Any]:
        return dict.fromkeys((member.index for member in members), setting)

    common = choices.best(lambda s: float(np.mean(cbrs(members, s))), limit, "the set")
    before, finer = cbrs(members, common), choices.finer(common)
    total = len(members) * limit
    if finer is None or total - before.sum() <= tolerated:
        return each(common)
    after = cbrs(members, finer)
    more = fullest(after - before, total - before.sum())
    those = [member for member, has in zip(members, more, strict=True) if has]
    plan = each(common) | {member.index: finer for member in those}
    left = total - before[~more].sum()
    if left - after[more].sum() <= tolerated or len(those) in (0, len(members)):
        return plan
    rest = left / len(those) * (1 - ROUNDING)
    return plan | _share(those, rest, tolerated, choices, cbrs)


def fullest(costs: np.ndarray, limit: float) -> np.ndarray:
    """Choose items of a total cost within a limit: the cheapest, and what fills it.

    One more step of quality is worth about the same for every picture, so the cheapest
    have it first. The last of them are then exchanged for some of the others: of all
    combinations, the one that spends most is chosen.

    Input
    -----
    costs : [N]

    Output
    ------
    : [N], bool
    """
    chosen = costs <= 0
    order = np.argsort(costs, kind="stable")[chosen.sum() :]
    limit = limit - costs[chosen].sum()
    fit = np.searchsorted(np.cumsum(costs[order]), limit, side="right")
    first = max(fit - TRIED // 2, 0)
    places = np.linspace(fit, len(order), TRIED - (fit - first), endpoint=False)
    some = places[places < len(order)].astype(int)  # none if all fit
    border = order[np.union1d(np.arange(first, fit), some)]
    taken = np.arange(2 ** len(border))[:, None] >> np.arange(len(border)) & 1
    spent = costs[order[:first]].sum() + taken @ costs[border]
    spent[spent > limit * (1 - ROUNDING)] = -np.inf
    chosen[order[:first]] = True
    chosen[border] = taken[np.argmax(spent)]
    return chosen


def _for_each(
    members: Sequence[Member], budget: Budget, choices: Choices
) -> Iterator[Any]:
    """A setting for each sample, within its own channel uses."""

    def setting_of(member: Member) -> Any:
        setting = _within(member, member.uses, choices, budget)
        return choices.settle(member, setting)

    return choices.each(setting_of, members)


def _in_turn(members: Sequence[Member], budget: Budget, offer: Offer) -> Iterator[Any]:
    """A setting for each sample, within its channel uses and those left before it."""
    left = 0
    for member in members:
        left += member.uses
        choices = offer([member])
        setting = _within(member, left, choices, budget)
        left -= _uses(choices, member, setting, budget)
        yield choices.settle(member, setting)


def _within(member: Member, limit: int, choices: Choices, budget: Budget) -> Any:
    """The best setting of a sample within ``limit`` channel uses."""

    def spent(setting) -> int:
        return _uses(choices, member, setting, budget)

    return choices.best(spent, limit, member.name)


def _uses(choices: Choices, member: Member, setting, budget: Budget) -> int:
    """Channel uses of a sample at a setting, down and up."""
    cost = choices.cost(member, setting)
    return budget.frame.uses(cost.symbols) + cost.fed_back + member.asked
