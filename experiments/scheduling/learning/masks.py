"""What a policy does without in an ablation: parts of what it sees and decides."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from blocks.schedulers.features import features
from blocks.schedulers.ppo_lagrangian import (
    GRANTS,
    HEADS,
    NUMBERS,
    PpoLagrangian,
    chosen,
    shares_of,
)
from semlink.errors import InputError
from semlink.loop.pool import MOST_AGAIN, Demands

STATE = ("prior", "feedback")
ACTION = (*NUMBERS, *HEADS)
PARTS = (*STATE, *ACTION)
KNOWLEDGE = "prior", "alternative_prior", "needs_db", "alternative_needs_db"
HEURISTIC = dict.fromkeys(ACTION, 0.0) | {"retransmissions": MOST_AGAIN}


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
    """Demands without priors, or without what was reported of frames."""
    zero, unknown = np.zeros(demands.uses.shape), np.full(demands.uses.shape, np.nan)
    parts = {
        "prior": dict.fromkeys(KNOWLEDGE, unknown),
        "feedback": {"gained": zero, "quality": unknown},
    }
    for name in set(without) & set(parts):
        demands = demands._replace(**parts[name])
    return demands


def fixed(actions: np.ndarray, without: Sequence[str]) -> np.ndarray:
    """Actions of the form ``grants`` [..., 5], parts of which are the heuristic's."""
    actions = np.array(actions)
    for place, name in enumerate(ACTION):
        if name in without:
            actions[..., place] = HEURISTIC[name]
    return actions


class Masked(NamedTuple):
    """A learned scheduler of the form ``grants`` that does without parts.

    made : the scheduler
    without : parts
    """

    made: PpoLagrangian
    without: Sequence[str]

    def __call__(self, demands, pool, memory, draws):
        """Shares by what is left to see, and of what is left to decide."""
        seen = features(hidden(demands, self.without), pool)
        actions = fixed(chosen(self.made.outputs(seen)), self.without)
        return shares_of(GRANTS, actions, demands, pool), None
