"""A scenario of a few small frames, some of whose keys a test replaces."""

from pathlib import Path

import numpy as np

from experiments.playing.scenario import scenario
from experiments.playing.stage import Stage
from semlink.loop.pool import Demand, Shares
from semlink.loop.world import Event

SMALL = Path(__file__).with_name("small_scenario.yaml")


def says(deadline_ms: int) -> str:
    """An intent to watch pictures within a deadline."""
    latency = f"{{name: latency, condition: at_most, value: {deadline_ms}}}"
    return f"says={{verb: watch, targets: [{latency}]}}"


def small(*overrides: str) -> Stage:
    """A scenario of a few small frames, with some of its keys replaced."""
    return Stage(scenario(str(SMALL), list(overrides)))


STEPPING = ["world.snr_db=20", "world.period_slots=40"]


def falling(*overrides: str, adapter: str = "fixed", by_db: float = 16.0) -> Stage:
    """The small scenario, whose link falls before its third frame."""
    config = scenario(str(SMALL), [*STEPPING, f"adapter={adapter}", *overrides])
    events = (Event(frame=2, step_db=-by_db),)
    world = config.world.model_copy(update={"events": events})
    return Stage(config.model_copy(update={"world": world}))


def all_of(demand: Demand) -> Shares:
    """A share of all that is asked for and allowed, as a cell hands it out."""
    uses = min(demand.uses, demand.most)
    place, again = demand.transmitter, demand.retransmissions
    return Shares(*map(np.asarray, (uses, 0.0, place, 0, again)))
