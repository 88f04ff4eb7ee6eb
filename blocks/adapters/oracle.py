"""The best arm by the true expected utilities: a bound.

A session gives them by ``knows``, from the true state of the channel. The choice is the
best of each frame, so no rule that chooses among the same arms has a larger expected
utility as long as switches are free.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from blocks.adapters.switching import Cost, Frames, Price, Switching
from blocks.adapting import setting_of
from semlink.errors import InputError
from semlink.loop.agents import Context

ORACLE = True


@dataclass(frozen=True)
class Oracle:
    """The best arm by a function of the context.

    switching : when a switch is worth its cost
    table : true expected utility of a frame by each arm of the context
    """

    switching: Switching
    table: Callable[[Context], Sequence[float]] | None = None

    def knows(self, table: Callable[[Context], Sequence[float]]) -> "Oracle":
        """The adapter that knows these utilities."""
        return replace(self, table=table)

    def __call__(self, context, memory, draws):
        """The best arm; the memory is the arm of the last frame."""
        if self.table is None:
            raise InputError("oracle must get utilities by knows(table), got none")
        values = np.asarray(self.table(context), float)
        if values.shape != (len(context.arms),) or not np.isfinite(values).all():
            must = f"{len(context.arms)} finite numbers, one for each arm"
            raise InputError(f"utilities of the oracle must be {must}, got {values}")
        memory = self.switching(context, values, memory)
        return setting_of(context, memory.arm), memory


def build(
    cost: Cost = 0.0, stay: Frames = 1, min_stay: Frames = 1, price: Price = 0.0
) -> Oracle:
    """Build the adapter, which chooses once it ``knows``.

    Parameters
    ----------
    cost : loss by a switch [utility of a frame]
    stay : expected frames until the next switch
    min_stay : least frames between switches
    price : of a thousand channel uses [utility of a frame]
    """
    return Oracle(Switching(cost, stay, min_stay, price))
