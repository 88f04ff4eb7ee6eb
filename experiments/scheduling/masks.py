"""What a policy does without in an ablation: parts of what it sees, and of a grant."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from semlink.errors import InputError
from semlink.loop.pool import Demands, Scheduler, Shares

STATE = ("prior", "feedback")
ACTION = ("alternative", "redundancy", "retransmissions")
PARTS = (*STATE, *ACTION)


def parts_of(word: str) -> tuple[str, ...]:
    """Parts by their names, with commas between them; none by an empty word.

    Raises
    ------
    InputError
        A name is not known.
    """
    found = tuple(name for name in word.split(",") if name)
    for name in found:
        if name not in PARTS:
            must = f"without must be of {', '.join(PARTS)}"
            raise InputError(f"{must}, got {name!r}")
    return found


def hidden(demands: Demands, without: Sequence[str]) -> Demands:
    """Demands without priors, without feedback, or without alternatives."""
    zero, unknown = np.zeros(demands.uses.shape), np.full(demands.uses.shape, np.nan)
    parts = {
        "prior": {"prior": unknown, "alternative_prior": unknown},
        "feedback": {"gained": zero, "quality": unknown},
        "alternative": {"alternative": zero.astype(int) - 1},
    }
    for name in set(without) & set(parts):
        demands = demands._replace(**parts[name])
    return demands


def fixed(shares: Shares, demands: Demands, without: Sequence[str]) -> Shares:
    """Shares whose redundancy or retransmissions are those of the heuristics."""
    if "redundancy" in without:
        shares = shares._replace(redundancy=0 * shares.redundancy)
    if "retransmissions" in without:
        shares = shares._replace(retransmissions=demands.retransmissions)
    return shares


class Masked(NamedTuple):
    """A scheduler that does without parts.

    made : the scheduler
    without : parts
    """

    made: Scheduler
    without: Sequence[str]

    def __call__(self, demands, pool, memory, draws):
        """Shares by what is left to see, and of what is left to decide."""
        seen = hidden(demands, self.without)
        shares, memory = self.made(seen, pool, memory, draws)
        return fixed(shares, demands, self.without), memory
