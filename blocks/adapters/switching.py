"""When a switch of the arm is worth its cost.

A switch loses utility once, by its announcement or by a model that the receiver must
get first; it gains utility in every frame of the stay that follows.
"""

from typing import Annotated, NamedTuple

import numpy as np
from pydantic import Field

from semlink.loop.agents import Arm, Context

Cost = Annotated[float, Field(ge=0, le=1e6)]
Frames = Annotated[int, Field(ge=1, le=10_000)]
Price = Annotated[float, Field(ge=0, le=1e3)]
PRICED = 1000  # channel uses


def net_of(values, uses, price: float) -> np.ndarray:
    """Utilities less the price of their channel uses : [..., n], float64.

    Parameters
    ----------
    values : utilities [..., n]
    uses : channel uses [n]
    price : of a thousand channel uses [utility of a frame]
    """
    return np.asarray(values, float) - price * np.asarray(uses, float) / PRICED


class Stay(NamedTuple):
    """The arm of the last frame.

    arm : transmitter and channel uses
    frames : frames since the switch to it, up to the least stay
    """

    arm: Arm
    frames: int = 1


class Switching(NamedTuple):
    """The rule of a switch.

    cost : loss by any switch [utility of a frame]
    stay : expected frames until the next switch
    min_stay : least frames between switches
    price : of a thousand channel uses [utility of a frame]
    """

    cost: float
    stay: int
    min_stay: int
    price: float = 0.0

    def __call__(self, context: Context, values, last: Stay | None) -> Stay:
        """The arm of the next frame.

        It is the arm of the largest ``stay * value - cost``. The present arm costs
        nothing, and keeps its place in a tie.

        Parameters
        ----------
        context : with the arms and the costs of a switch to each
        values : expected utility of a frame by each arm [n]
        last : the arm of the last frame, if any
        """
        arms = context.arms
        values = net_of(values, [arm.uses for arm in arms], self.price)
        worth = self.stay * values
        worth = worth - (np.array(context.costs) if context.costs else 0.0)
        if last is None or last.arm not in arms:
            return Stay(arms[int(np.argmax(worth))])
        here = arms.index(last.arm)
        stayed = Stay(last.arm, min(last.frames + 1, self.min_stay))
        if last.frames < self.min_stay:
            return stayed
        worth -= self.cost
        worth[here] = self.stay * values[here]
        best = int(np.argmax(worth))
        return Stay(arms[best]) if worth[best] > worth[here] else stayed
