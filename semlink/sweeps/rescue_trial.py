"""The trial of a rescue: episodes, judged by who is known, aided and rescued, and when.

Times count from the beginning of distress, and are cut at ``FOLLOWED`` of the episode,
so that means exist where somebody is never reached.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from semlink.loop.rescue.config import STREAMS
from semlink.loop.rescue.environment import RescueEnvironment
from semlink.loop.rescue.incidents import NEVER
from semlink.loop.traffic.environment import Tally
from semlink.metrics import Judgement, Metric
from semlink.sweeps.points import COUNTED
from semlink.sweeps.traffic_trial import CELL, TrafficTrial, Waits
from semlink.sweeps.traffic_trial import CONVENTIONS as OF_CELLS

FOLLOWED = 0.75  # incidents begin in the first quarter
SHARES = (50, 95, 99)  # percentiles of delays
WAITS = {
    stream: tuple(
        Metric(f"{stream}_p{p}", f"{p} % delay, {stream}", "slots", "set", False, 1,
               stream == "distress" and p == 95)
        for p in SHARES
    )
    for stream in STREAMS
}  # fmt: skip
METRICS = (
    Metric("distress", "distress signals in time", kind="ratio", digits=3),
    Metric("live", "live pictures in time", kind="ratio", digits=3),
    Metric("patrol", "patrol pictures in time", kind="ratio", digits=3),
    Metric("to_known", "time to a known distress", "slots", "ratio", False, 1),
    Metric("to_seen", "time to a recognised level", "slots", "ratio", False, 1),
    Metric("to_aided", "time to the first help", "slots", "ratio", False, 1),
    Metric("to_rescued", "time to rescue", "slots", "ratio", False, 1),
    Metric("rescued", "rescued in time", kind="ratio", digits=3, headline=False),
    Metric("assignment", "assignment value over the optimum", kind="ratio",
           headline=False),
    Metric("relayed", "share of live streams over the relay", kind="ratio",
           headline=False),
    Metric("messages", "messages between agents in an episode", digits=1,
           higher_is_better=False, headline=False),
    Metric("value", "weighted utility", kind="ratio", digits=3, headline=False),
    Metric("occupied", "share of the pool", kind="ratio", headline=False),
    *(metric for of in WAITS.values() for metric in of),
)  # fmt: skip

CONVENTIONS = OF_CELLS | {
    "trial": "an episode of a rescue; equal seed and episode give all systems the same "
    "incidents, shadowing, outages and chances",
    "snr_db": "mean Es/N0 in dB of the UAVs on patrol to the base station, without "
    "relay, shadowing and outages",
    "to_*": f"slots from the beginning of distress, at most {FOLLOWED:g} of the slots "
    "of an episode; mean over incidents",
}


class Delays:
    """Percentiles of the delays of each stream."""

    metrics = tuple(metric for of in WAITS.values() for metric in of)
    judges = ()

    def __init__(self):
        self._each = [Waits(metrics, stream) for stream, metrics in WAITS.items()]

    def observe(self, sample, estimate) -> Mapping[str, Any]:
        """Rescues have no estimates."""
        raise NotImplementedError

    def score(self, observations: Sequence[Mapping[str, Any]]) -> dict[str, float]:
        """Percentiles of the delays [slots]."""
        found = (each.score(observations) for each in self._each)
        return {name: value for of in found for name, value in of.items()}


class RescueTrial(TrafficTrial):
    """An episode of a rescue; as :class:`.traffic_trial.TrafficTrial`."""

    metrics = {metric.name: (CELL, metric) for metric in METRICS}
    tasks = {CELL: Delays()}

    def _judged(self, total: Tally, environment, episode: int) -> Judgement:
        waits, kinds = environment.waits[episode], len(STREAMS)
        seen = {
            stream: waits[n::kinds].sum(axis=0).tolist()
            for n, stream in enumerate(STREAMS)
        }
        return Judgement(values_of(total, environment, episode), {CELL: seen})

    def conventions(self) -> dict[str, str]:
        """What differs from a sweep of links."""
        return CONVENTIONS


def values_of(
    total: Tally, environment: RescueEnvironment, episode: int
) -> dict[str, tuple[float, float]]:
    """The (sum, count) of each metric of an episode, and of each part of its CBR."""
    own = Tally(*(values[episode] for values in total))
    config, ended = environment.config, _ended(own)
    frames, uses = ended.sum(), own.uses.sum()
    control, reports = environment.control[episode], environment.reported[episode]
    grants = own.signalling.sum() - control - reports
    sums = {
        **_in_time(own, ended),
        **_times(environment, episode),
        **_acts(environment, episode),
        "value": (own.value.sum(), own.weight.sum()),
        "occupied": (uses, config.uses * config.slots),
        **dict.fromkeys(COUNTED, (0.0, frames)),
        "cbr": ((uses + own.signalling.sum()) / config.values, frames),
        "cbr_payload": (uses / config.values, frames),
        "cbr_up": (reports / config.values, frames),
        "cbr_backhaul": (0.0, frames),
        "use grant down": (grants / config.values, frames),
        "use report up": (reports / config.values, frames),
        "use control down": (control / config.values, frames),
        "outage": (frames - own.delivered.sum(), frames),
        "latency_slots": (own.wait.sum(), own.delivered.sum()),
    }
    return {name: (float(a), float(b)) for name, (a, b) in sums.items()}


def _ended(own: Tally) -> np.ndarray:
    return own.delivered + own.expired + own.refused + own.lost


def _in_time(own: Tally, ended: np.ndarray) -> dict[str, tuple[float, float]]:
    """Shares of the messages of each stream that arrive in time."""
    kinds = len(STREAMS)
    return {
        stream: (own.delivered[n::kinds].sum(), ended[n::kinds].sum())
        for n, stream in enumerate(STREAMS)
    }


def _times(environment: RescueEnvironment, episode: int):
    """Times to knowledge, recognition, aid and rescue, over incidents."""
    starts = environment.incidents.starts[episode]
    there, most = starts < NEVER, int(FOLLOWED * environment.config.slots)
    slots = {
        "known": environment.known,
        "seen": np.minimum(environment.seen, environment.teams.reached),
        "aided": np.minimum(environment.airdrops.reached, environment.teams.reached),
        "rescued": environment.teams.reached,
    }
    after = {n: (of[episode] - starts)[there] for n, of in slots.items()}
    found = {
        f"to_{name}": (np.minimum(of, most).sum(), there.sum())
        for name, of in after.items()
    }
    found["rescued"] = ((after["rescued"] <= most).sum(), there.sum())
    return found


def _acts(environment: RescueEnvironment, episode: int):
    """How good assignments were, and what agents signalled."""
    fleets = environment.airdrops, environment.teams
    worth = sum(fleet.worth[episode] for fleet in fleets)
    best = sum(fleet.best[episode] for fleet in fleets)
    slots = environment.config.slots * environment.rescue.uavs
    return {
        "assignment": (worth, best),
        "messages": (environment.messages[episode, :3].sum(), 1),
        "relayed": (environment.relayed_slots[episode], slots),
    }
