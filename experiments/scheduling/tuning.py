"""``python -m experiments.scheduling tune``: the two parameters of the heuristic.

A grid search over ``v`` and ``urgency`` of ``drift_plus_penalty`` on seeds of their
own: the largest reward within the limit, or the smallest cost if none is within it.
"""

from itertools import product
from typing import NamedTuple

from blocks.schedulers.drift_plus_penalty import DriftPlusPenalty
from experiments.scheduling import traffic
from experiments.scheduling.asked import Tune, at_least, even, folder
from experiments.scheduling.cells import Cells
from experiments.scheduling.tables import shown, write
from semlink.loop.traffic.environment import played

PRICES = (0.1, 1.0, 3.0, 5.0, 8.0, 12.0, 20.0)
URGENCIES = (0.0, 1.0, 4.0, 16.0, 64.0)
TABLE = "tuning.csv"


class Tried(NamedTuple):
    """Means of a slot of two parameters."""

    v: float
    urgency: float
    reward: float
    cost: float


def tune(asked: Tune) -> Tried:
    """Try all pairs, write them and print the best.

    Raises
    ------
    InputError
        An option is invalid.
    """
    even("users", asked.users)
    at_least("episodes", asked.episodes, 1)
    output, cells = folder(asked.output), Cells(traffic.cell(asked.users))
    seeds = range(traffic.TUNING, traffic.TUNING + asked.episodes)
    rows = [tried(cells, v, u, seeds) for v, u in product(PRICES, URGENCIES)]
    write(output / TABLE, rows)
    best = chosen(rows, asked.limit)
    shown("best parameters, means of a slot", [best])
    return best


def tried(cells: Cells, v: float, urgency: float, seeds) -> Tried:
    """Means of a slot over episodes of some seeds."""
    total = played(cells.environment, DriftPlusPenalty(v, urgency, None), seeds)
    reward, cost = (
        float(part.mean()) / cells.environment.config.slots
        for part in cells.gained(total)
    )
    return Tried(v, urgency, reward, cost)


def chosen(rows: list[Tried], limit: float) -> Tried:
    """The largest reward within the limit, or the smallest cost."""
    within = [row for row in rows if row.cost <= limit]
    if within:
        return max(within, key=lambda row: row.reward)
    return min(rows, key=lambda row: row.cost)
