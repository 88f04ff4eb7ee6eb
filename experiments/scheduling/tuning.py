"""``python -m experiments.scheduling tune``: the parameters of the heuristic.

A grid search over ``v`` and ``urgency`` of ``drift_plus_penalty``, for each rule of the
alternative transmitter, and without the knowledge of what signals need, on seeds of
their own: the largest reward within the limit, or the smallest cost if none is within
it. The best setting is then tried with other redundancies, retransmissions and rules,
one at a time.
"""

from itertools import product
from typing import NamedTuple

from rich.progress import track

from blocks.schedulers.drift_plus_penalty import Alternative, DriftPlusPenalty
from experiments.scheduling import traffic
from experiments.scheduling.asked import Tune, at_least, even, folder
from experiments.scheduling.cells import Cells
from experiments.scheduling.tables import shown, write
from semlink.loop.pool import MOST_AGAIN, MOST_REDUNDANCY
from semlink.loop.traffic.environment import played

PRICES = (3.0, 8.0, 12.0, 16.0, 20.0, 25.0, 40.0)
URGENCIES = (0.0, 1.0, 4.0, 16.0, 64.0)
RULES: tuple[tuple[Alternative, bool, int], ...] = (
    ("never", False, 0),
    ("never", True, 0),
    ("better", True, 0),
    ("leaner", True, 0),
    ("leaner", True, 1),
)  # of the alternative, whether powers fit, and the redundancy
TABLE, FIXED = "tuning.csv", "fixed.csv"


class Tried(NamedTuple):
    """Means of a slot of parameters."""

    v: float
    urgency: float
    alternative: str
    fits: bool
    redundancy: int
    retransmissions: int
    reward: float
    cost: float


def tune(asked: Tune) -> Tried:
    """Try all settings, write them and print the best.

    Raises
    ------
    InputError
        An option is invalid.
    """
    even("users", asked.users)
    at_least("episodes", asked.episodes, 1)
    output, cells = folder(asked.output), Cells(traffic.cell(asked.users))
    seeds = range(traffic.TUNING, traffic.TUNING + asked.episodes)
    grid = [
        DriftPlusPenalty(v, u, redundancy=steps, alternative=rule, fits=fits)
        for (rule, fits, steps), v, u in product(RULES, PRICES, URGENCIES)
    ]
    rows = [tried(cells, made, seeds) for made in track(grid, transient=True)]
    write(output / TABLE, rows)
    for own in RULES:
        of = [r for r in rows if (r.alternative, r.fits, r.redundancy) == own]
        shown(f"best of {own}", [chosen(of, asked.limit)])
    best = chosen(rows, asked.limit)
    others = [tried(cells, made, seeds) for made in fixed(best)]
    write(output / FIXED, [best, *others])
    shown("best of all, and other settings of it", [best, *others])
    return best


def fixed(best: Tried) -> list[DriftPlusPenalty]:
    """The best heuristic with another fixed setting of each action."""
    scheme = {"alternative": best.alternative, "fits": best.fits}
    scheme |= {"redundancy": best.redundancy}
    made = DriftPlusPenalty(best.v, best.urgency, **scheme)
    changes = [
        {"fits": not best.fits},
        *({"alternative": rule} for rule in ("never", "always", "better", "leaner")),
        *({"redundancy": steps} for steps in range(1 + MOST_REDUNDANCY)),
        *({"retransmissions": most} for most in range(1 + MOST_AGAIN)),
    ]
    return [new for change in changes if (new := made._replace(**change)) != made]


def tried(cells: Cells, made: DriftPlusPenalty, seeds) -> Tried:
    """Means of a slot over episodes of some seeds."""
    total = played(cells.environment, made, seeds)
    reward, cost = (
        float(part.mean()) / cells.environment.config.slots
        for part in cells.gained(total)
    )
    scheme = made.alternative, made.fits, made.redundancy, made.retransmissions
    return Tried(made.v, made.urgency, *scheme, reward, cost)


def chosen(rows: list[Tried], limit: float) -> Tried:
    """The largest reward within the limit, or the smallest cost."""
    within = [row for row in rows if row.cost <= limit]
    if within:
        return max(within, key=lambda row: row.reward)
    return min(rows, key=lambda row: row.cost)
