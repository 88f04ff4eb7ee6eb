"""``python -m experiments.scheduling compare``: learned schedulers beside heuristics.

All meet the same traffic, of seeds that no training and no tuning has seen, in cells of
2 to 16 users. A group of episodes is one sample; differences to the tuned heuristic are
paired.
"""

import re
import time
from typing import NamedTuple

import numpy as np
from rich.progress import track

from blocks.scheduling import scheduler
from experiments.scheduling import traffic
from experiments.scheduling.asked import Compare, at_least, folder
from experiments.scheduling.cells import Cells
from experiments.scheduling.tables import shown, write
from semlink.loop.pool import Scheduler
from semlink.loop.traffic.environment import played
from semlink.sweeps.monitor import interval

USERS = (2, 4, 8, 16)
BASIC = ("random", "strict_priority", "earliest_deadline", "max_weight")
TABLE = "compare.csv"
APART = re.compile(r",(?![^\[]*\])")  # commas between names, not within brackets


class Compared(NamedTuple):
    """Means of a slot over unseen traffic, with half widths of 95 % intervals.

    reward, cost : as of :class:`experiments.scheduling.cells.Cells`
    gain : reward less that of the tuned heuristic, paired
    saved : cost of the tuned heuristic less this one, paired
    uses : share of the pool that is used, with signalling
    """

    users: int
    scheduler: str
    reward: float
    reward_ci95: float
    gain: float
    gain_ci95: float
    cost: float
    cost_ci95: float
    saved: float
    saved_ci95: float
    uses: float


def compare(asked: Compare) -> None:
    """Compare all schedulers for 2, 4, 8 and 16 users, and write a table.

    Raises
    ------
    InputError
        An option is invalid.
    """
    at_least("seeds", asked.seeds, 2)
    at_least("episodes", asked.episodes, 1)
    output, tuned = folder(asked.output), asked.tuned
    learned = dict(named(word) for word in APART.split(asked.policies) if word)
    names = [tuned, *BASIC, "drift_plus_penalty"]
    made = {name: scheduler(name) for name in names} | learned
    rows = []
    for users in USERS:
        cells = Cells(traffic.cell(users))
        values = {
            name: means(cells, made[name], asked.seeds, asked.episodes)
            for name in track(made, f"{users} users", transient=True)
        }
        rows += [row_of(users, name, values[name], values[tuned]) for name in made]
    write(output / TABLE, rows)
    shown("unseen traffic, means of a slot", rows)
    for name in learned:
        print(f"{name}: {decision_ms(made[name]):.2f} ms a decision for 16 users")


def named(word: str) -> tuple[str, Scheduler]:
    """A scheduler by its name, or a policy of ``ppo_lagrangian`` by its own."""
    name = word if ":" in word or "[" in word else f"ppo_lagrangian:{word}"
    return name, scheduler(name)


def decision_ms(made, users: int = USERS[-1], repeats: int = 300) -> float:
    """Median duration of a decision for one cell, features included [ms]."""
    environment, durations = traffic.cell(users), []
    asks = environment.reset([traffic.TEST]), environment.pool
    made(*asks, None, None)  # builds the graph
    for _ in range(repeats):
        began = time.perf_counter()
        made(*asks, None, None)
        durations.append(time.perf_counter() - began)
    return 1e3 * float(np.median(durations))


def means(cells: Cells, made, seeds: int, episodes: int) -> np.ndarray:
    """Mean reward, cost and share of the pool of each group of episodes : [N, 3]."""
    config = cells.environment.config
    numbers = range(traffic.TEST, traffic.TEST + seeds * episodes)
    total = played(cells.environment, made, numbers)
    uses = (total.uses + total.signalling).sum(-1) / max(config.uses, 1)
    each = np.stack([*cells.gained(total), uses], axis=-1) / config.slots
    return each.reshape(seeds, episodes, -1).mean(axis=1)


def row_of(users: int, name: str, own: np.ndarray, tuned: np.ndarray) -> Compared:
    """A row by the means of groups [N, 3], beside those of the tuned heuristic."""
    reward, cost, uses = own.mean(axis=0)
    gain, saved = own[:, 0] - tuned[:, 0], tuned[:, 1] - own[:, 1]
    pairs = [(of.mean(), half_width(of)) for of in (own[:, 0], gain, own[:, 1], saved)]
    flat = (float(value) for pair in pairs for value in pair)
    return Compared(users, name, *flat, float(uses))


def half_width(values: np.ndarray) -> float:
    """Half width of the 95 % interval of a mean of independent values."""
    if not np.ptp(values):
        return 0.0
    return interval(np.stack([values, np.ones_like(values)], axis=1), False)
