"""Expected utilities by the measured table: of an oracle, and of a sender's demands.

An oracle knows the mean Es/N0 of the link when a frame is encoded, and what the sender
plans for; it does not know the frame, and has the mean over the classes of content. A
sender knows the class of its frame, and of the link what was reported.
"""

from collections.abc import Callable, Sequence

import numpy as np

from experiments.playing.utility import UTILITIES
from semlink.config import ComponentSpec
from semlink.errors import InputError
from semlink.loop.abstraction.content import complexity
from semlink.loop.abstraction.utility import Abstraction
from semlink.loop.agents import Arm, Context
from semlink.registry import unknown
from semlink.signals import Sample


class Expected:
    """Expected utilities of frames by the table.

    Parameters
    ----------
    table : measured utilities
    names : transmitters of the session, in their order
    values : of the largest frame

    Raises
    ------
    InputError
        A transmitter is not in the table, not even with other parameters.
    """

    def __init__(self, table: Abstraction, names: Sequence[str], values: int):
        self._table, self._values = table, values
        self._numbers = np.array([_measured(name, table) for name in names])

    def __call__(
        self, task: str, arms: Sequence[Arm], met_db, planned_db, content
    ) -> np.ndarray:
        """Utilities of arms, of frames of one or more classes of content : [n, C].

        From 0 to 1, but for means of a metric outside of its range.
        """
        metric, worst, best = UTILITIES[task]
        found = self._table.utility(
            self._numbers[[arm.transmitter for arm in arms]][:, None],
            met_db,
            np.array([[arm.uses] for arm in arms]),
            content,
            planned_db=planned_db,
            values=self._values,
        )
        mean = found.mean[..., self._table.metrics.index(metric)]
        return (mean - worst) / (best - worst)

    def of(
        self, sample: Sample, weight: float, arm: Arm, task: str, state_db: float
    ) -> float:
        """What a sender expects of a frame at a state : 0 to 1.

        Parameters
        ----------
        sample : the frame
        weight : mean weight of its map of importance; 1 without one
        arm : setting of the frame
        task : that it serves
        state_db : reported Es/N0 [dB]
        """
        content = self._table.content(complexity(sample.data), weight)
        found = self(task, (arm,), state_db, state_db, content)
        return float(np.clip(found[0, 0], 0, 1))

    def needs(self, arm: Arm) -> float:
        """Es/N0 to plan for from which an arm's channel uses hold a signal [dB]."""
        number = self._numbers[arm.transmitter]
        return float(self._table.least_db(number, arm.uses, values=self._values))


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
        self._expected = Expected(table, names, values)
        self._contents = np.arange(len(table.table.floor))
        self._snr_db, self._initial_db = snr_db, initial_db

    def __call__(self, context: Context) -> np.ndarray:
        """Expected utility of a frame by each arm : [n], 0 to 1."""
        planned = self._initial_db if context.state_db is None else context.state_db
        met, task = self._snr_db(context.slot), context.profile.task
        found = self._expected(task, context.arms, met, planned, self._contents)
        return np.clip(found.mean(axis=1), 0, 1)


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
