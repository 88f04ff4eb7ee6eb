"""User-slots a second of cells by the measured table, on one core."""

import time
from collections.abc import Callable
from functools import partial

from blocks.scheduling import SCHEDULERS
from experiments.playing.scenario import scenario
from experiments.playing.traffic import TrafficStage
from semlink.loop.pool import Scheduler, granted
from semlink.loop.traffic.environment import CellEnvironment, played

EPISODES, SLOTS = range(128), 100
COPIES = (1, 2, 4, 16)  # of the four users of ``crowd``
SCHEDULED = ("round_robin", "proportional_fair", "drift_plus_penalty")


def bench_cells() -> None:
    """Print the environment alone, and with schedulers, by users."""
    print("cells by the measured table, user-slots a second of processor time")
    for copies in COPIES:
        environment = _environment(copies)
        users = environment.config.num_users
        rates = {"alone": _rate(environment, _alone)}
        for name in SCHEDULED:
            rates[name] = _rate(environment, partial(_by, SCHEDULERS.build(name)))
        line = ", ".join(f"{name} {rate:,.0f}" for name, rate in rates.items())
        print(f"    {users:3} users: {line}")


def _environment(copies: int) -> CellEnvironment:
    told = [f"traffic.copies={copies}", f"traffic.slots={SLOTS}"]
    return TrafficStage(scenario("crowd", told)).environment


def _alone(environment: CellEnvironment) -> None:
    """Everyone is granted what it asks for."""
    demands = environment.reset(EPISODES)
    for _ in range(SLOTS):
        environment.step(granted(demands, demands.wanted))
        demands = environment.demands


def _by(scheduler: Scheduler, environment: CellEnvironment) -> None:
    played(environment, scheduler, EPISODES)


def _rate(environment: CellEnvironment, call: Callable) -> float:
    call(environment)
    start = time.process_time()
    call(environment)
    slots = len(EPISODES) * environment.config.num_users * SLOTS
    return slots / (time.process_time() - start)
