"""What an oracle knows: the expected utility of each arm, by the measured table.

It knows the mean Es/N0 of the link when a frame is encoded, and what the sender plans
for; it does not know the frame, and has the mean over the classes of content.
"""

from collections.abc import Callable, Sequence

import numpy as np

from experiments.playing.utility import UTILITIES
from semlink.config import ComponentSpec
from semlink.errors import InputError
from semlink.loop.abstraction.utility import Abstraction
from semlink.loop.agents import Context
from semlink.registry import unknown


class Truth:
    """Expected utilities of the arms of a context.

    Parameters
    ----------
    table : measured utilities
    names : transmitters of the session, in their order
    snr_db : mean Es/N0 [dB] in a slot
    initial_db : what the sender plans for before the first report [dB]
    values : of the largest frame

    Raises
    ------
    InputError
        A transmitter is not in the table, not even with other parameters.
    """

    def __init__(
        self,
        table: Abstraction,
        names: Sequence[str],
        snr_db: Callable[[int], float],
        initial_db: float,
        values: int,
    ):
        self._table, self._snr_db = table, snr_db
        self._initial_db, self._values = initial_db, values
        self._numbers = np.array([_measured(name, table) for name in names])

    def __call__(self, context: Context) -> np.ndarray:
        """Expected utility of a frame by each arm : [n], 0 to 1."""
        metric, worst, best = UTILITIES[context.profile.task]
        numbers = self._numbers[[arm.transmitter for arm in context.arms]]
        planned = self._initial_db if context.state_db is None else context.state_db
        found = self._table.utility(
            numbers[:, None],
            self._snr_db(context.slot),
            np.array([[arm.uses] for arm in context.arms]),
            np.arange(len(self._table.table.floor)),
            planned_db=planned,
            values=self._values,
        )
        mean = found.mean[..., self._table.metrics.index(metric)].mean(axis=1)
        return np.clip((mean - worst) / (best - worst), 0, 1)


def _measured(name: str, table: Abstraction) -> int:
    """Number of a transmitter in the table, or of its like with other parameters."""
    if name in table.transmitters:
        return table.transmitters.index(name)
    kinds = [ComponentSpec.model_validate(t).name for t in table.transmitters]
    kind = ComponentSpec.model_validate(name).name
    if kind not in kinds:
        known = list(table.transmitters)
        raise InputError(unknown("transmitter with measured utilities", name, known))
    return kinds.index(kind)
