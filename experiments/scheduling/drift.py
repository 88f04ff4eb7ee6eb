"""Traffic that drifts: phases of the training traffic with another load, SNR or price.

Every phase begins with empty queues; what a scheduler remembers goes on. No scheduler
knows where a phase begins. A price is known, for the pool has it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from experiments.scheduling import traffic
from experiments.scheduling.cells import Cells
from semlink.contracts.schedulers import check_shares
from semlink.loop.pool import Demands, Scheduler, Shares
from semlink.loop.traffic.environment import CellEnvironment
from semlink.rng import seed_of

BIN = 64  # slots over which a course is averaged
STRIDE = 10_000  # seeds between two phases


class Phase(NamedTuple):
    """A phase of a course.

    name : of it
    price : of channel uses, over that of the training traffic
    load : factor of all arrival rates
    snr_db : mean Es/N0 of the cell [dB]
    """

    name: str
    price: float = 1.0
    load: float = 1.0
    snr_db: float = 10.0


PHASES = (
    Phase("as trained"),
    Phase("3 times the price", price=3.0),
    Phase("twice the load", load=2.0),
    Phase("1/4 of the price", price=0.25),
    Phase("6 dB less", snr_db=4.0),
    Phase("as trained again"),
)


class Course(NamedTuple):
    """Means of a slot, by bins of all phases one after the other; arrays [N, B].

    reward, cost : as of :class:`experiments.scheduling.cells.Cells`
    """

    reward: np.ndarray
    cost: np.ndarray


class SideBySide:
    """Schedulers that meet the same episodes, in one batch.

    Parameters
    ----------
    parts : each scheduler, and how many episodes it has
    """

    def __init__(self, parts: Sequence[tuple[Scheduler, int]]):
        self._made = [made for made, _ in parts]
        self._ends = np.cumsum([count for _, count in parts])

    def __call__(self, demands, pool, memory, draws):
        """Shares of all; the memory is a list of theirs."""
        memories, found = memory or [None] * len(self._made), []
        starts = [0, *self._ends[:-1]]
        for number, made in enumerate(self._made):
            own = slice(starts[number], self._ends[number])
            part = Demands(*(values[own] for values in demands))
            shares, memories[number] = made(part, pool, memories[number], draws)
            found.append(shares)
        return Shares(*map(np.concatenate, zip(*found, strict=True))), memories


def cell(phase: Phase, users: int, slots: int) -> CellEnvironment:
    """A cell in a phase."""
    price = phase.price * traffic.PRICE * users
    return traffic.cell(users, slots, price=price, load=phase.load, snr_db=phase.snr_db)


def course(
    made: Scheduler, phases: Sequence[Phase], seeds: Sequence[int], users: int, slots
) -> Course:
    """Play all phases, of so many slots each.

    Parameters
    ----------
    made : built scheduler
    phases : in their order
    seeds : of the episodes; each phase has seeds of its own
    users : an even number
    slots : of a phase, a multiple of ``BIN``
    """
    draws = np.random.default_rng([seed_of(seed, "scheduler") for seed in seeds])
    memory, found = None, []
    for number, phase in enumerate(phases):
        cells = Cells(cell(phase, users, slots))
        environment = cells.environment
        environment.reset([seed + STRIDE * number for seed in seeds])
        while not cells.ends:
            asks = environment.demands, environment.pool
            shares, memory = made(*asks, memory, draws)
            check_shares("a scheduler", *asks, shares)
            found.append(cells.gained(environment.step(shares)))
    shape = -1, BIN, len(seeds)
    parts = zip(*found, strict=True)
    return Course(*(np.array(part).reshape(shape).mean(axis=1) for part in parts))
