"""The trial of a cell with traffic: episodes of it, side by side."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from semlink.config import ComponentSpec, ScenarioSweepConfig
from semlink.loop.pool import Scheduler
from semlink.loop.traffic.environment import CellEnvironment, Tally, played
from semlink.loop.traffic.scenario import TrafficScenario
from semlink.metrics import Judgement, Metric
from semlink.rng import seed_of
from semlink.sweeps.points import COUNTED, Point

CELL = "cell"  # column ``task``
METRICS = (
    Metric("value", "weighted utility", kind="ratio", digits=3),
    Metric("utility", "utility", kind="ratio", digits=3),
    Metric("in_time", "frames in time", kind="ratio", digits=3),
    Metric("urgent", "urgent frames in time", kind="ratio", digits=3),
    Metric("least", "least urgent frames in time", kind="ratio", digits=3),
    Metric("harm", "weight that is lost", kind="ratio", higher_is_better=False),
    Metric("fairness", "Jain's fairness of utilities", digits=3, headline=False),
    Metric("attempts", "transmissions of a frame", kind="ratio", headline=False),
    Metric("power", "mean power of the pool", kind="ratio", headline=False),
    Metric("occupied", "share of the pool", kind="ratio", headline=False),
    Metric("reward", "reward of a slot", headline=False),
    *(
        Metric(f"wait_p{p}", f"{p} % delay", "slots", "set", False, 1, False)
        for p in (50, 95, 99)
    ),
)
CONVENTIONS = {
    "trial": "an episode of a cell by the measured table or, with engine=link, over "
    "AWGN of the state of a slot; equal seed and episode give all schedulers the same "
    "arrivals, pictures, channels and chances",
    "value": "sum of the utilities of all frames, by importance, doubled by each "
    "priority, over the sum of these weights; 0 for frames beyond their deadline",
    "cbr": "channel uses of signals, grants and reports over values; mean over frames",
    "snr_db": "mean Es/N0 of the cell at nominal power, to which offsets, shadowing, "
    "fading and outages of the users add",
    "wait": "slots from the arrival of a frame to its delivery, of those delivered",
    "ci95": "half width of the 95 % confidence interval over episodes",
}


class Engine(NamedTuple):
    """What delivers frames.

    channel : in results
    batch : episodes that are played at a time, whether all are wanted or not
    """

    channel: str
    batch: int


ENGINES = {"table": Engine("measured table", 32), "link": Engine("real link", 1)}


class Stage(Protocol):
    """What builds a cell.

    config : of the scenario
    environment : of its traffic
    scheduler : built component
    """

    config: TrafficScenario
    environment: CellEnvironment
    scheduler: Scheduler

    def at(self, snr_db: float) -> "Stage":
        """The cell at another mean Es/N0 [dB]."""

    def identity(self) -> dict[str, Any]:
        """Everything that an episode depends on, but for the SNR."""

    def components(self) -> dict[str, dict[str, Any]]:
        """Components that deliver frames, by kind and label."""

    def fingerprint(self) -> str:
        """Hash of the table and the pictures."""


class TrafficSetup(NamedTuple):
    """A cell in a grid.

    spec : as the user wrote it
    config : what it says
    """

    spec: ComponentSpec
    config: TrafficScenario

    @property
    def columns(self) -> dict[str, str]:
        """Labels in results; a cell has several transmitters, and names none."""
        return {
            "scenario": self.spec.label,
            "transmitter": "",
            "channel": self.engine.channel,
            "source": self.config.source.label if self.config.engine == "link" else "",
        }

    @property
    def engine(self) -> Engine:
        """What delivers its frames."""
        return ENGINES[self.config.engine]


class Waits:
    """Percentiles of delays, from the counts of all episodes.

    Parameters
    ----------
    metrics : of 50, 95 and 99 %
    key : of the counts in observations
    """

    judges = ()

    def __init__(self, metrics: Sequence[Metric], key: str = "waits"):
        self.metrics, self._key = tuple(metrics), key

    def observe(self, sample, estimate) -> Mapping[str, Any]:
        """Cells have no estimates."""
        raise NotImplementedError

    def score(self, observations: Sequence[Mapping[str, Any]]) -> dict[str, float]:
        """Least delays in slots that so many of all frames have at most."""
        counts = np.sum([seen[self._key] for seen in observations], axis=0)
        reached = np.cumsum(counts)
        if not reached[-1]:
            return {metric.name: float("nan") for metric in self.metrics}
        return {
            metric.name: float(np.searchsorted(reached, share * reached[-1]))
            for metric, share in zip(self.metrics, (0.5, 0.95, 0.99), strict=True)
        }


class TrafficTrial:
    """An episode of a cell: ``(point, index, draw) -> Judgement``.

    Parameters
    ----------
    config : configuration of the sweep
    read : the configuration of a scenario, from its name and keys
    build : builds a cell
    made : counts the signals of cells over the link

    Raises
    ------
    InputError
        A scenario does not exist, or a component cannot be built.
    """

    num_samples = 1
    skipped: Sequence[str] = ()
    metrics = {metric.name: (CELL, metric) for metric in METRICS}
    tasks = {CELL: Waits([metric for metric in METRICS if metric.kind == "set"])}

    def __init__(
        self,
        config: ScenarioSweepConfig,
        read: Callable[[ComponentSpec], TrafficScenario],
        build: Callable[[TrafficScenario], Stage],
        made: Counter[str] | None = None,
    ):
        self.config, self.made = config, Counter() if made is None else made
        self._setups = [TrafficSetup(s, read(s)) for s in config.scenarios()]
        self._stages = {s.spec.label: build(s.config) for s in self._setups}
        self._played: tuple[tuple[str, int], list[Judgement]] = (("", 0), [])

    def __call__(self, point: Point, index: int, draw: int) -> Judgement:
        """An episode of a point; those after it are played with it."""
        batch, place = divmod(draw, point.setup.engine.batch)
        if self._played[0] != (point.id, batch):
            judged = self._batch(point, batch)
            self._played = (point.id, batch), judged
        return self._played[1][place]

    def _batch(self, point: Point, batch: int) -> list[Judgement]:
        stage = self._stages[point.setup.spec.label].at(point.snr_db)
        size = point.setup.engine.batch
        draws = range(batch * size, (batch + 1) * size)
        seeds = [seed_of(self.config.seed, "cell", draw) for draw in draws]
        environment = stage.environment
        total = played(environment, stage.scheduler, seeds)
        return [self._judged(total, environment, n) for n in range(len(seeds))]

    def _judged(self, total: Tally, environment, episode: int) -> Judgement:
        """What an episode is worth."""
        waits = environment.waits[episode].sum(axis=0).tolist()
        values = values_of(total, environment, episode)
        return Judgement(values, {CELL: {"waits": waits}})

    def ordered(self, point: Point) -> bool:
        """An episode begins anew."""
        return False

    def name(self, index: int) -> str:
        """What fails if a trial fails."""
        return "an episode"

    def grid(self) -> Iterator[tuple[TrafficSetup, float, float]]:
        """Every cell at every SNR; no CBR is asked for."""
        for setup in self._setups:
            for snr_db in self.config.snr_db:
                yield setup, snr_db, 0.0

    def parts(self, setup: TrafficSetup) -> dict[str, Any]:
        """Identity of a cell, from which point ids are hashed."""
        return self._stages[setup.spec.label].identity()

    def components(self) -> dict[str, dict]:
        """Every scenario, and the components of those over the link."""
        tree: dict[str, dict] = {"scenario": {}}
        for label, stage in self._stages.items():
            tree["scenario"][label] = stage.config.model_dump(mode="json")
            for kind, components in stage.components().items():
                tree.setdefault(kind, {}).update(components)
        return tree

    def references(self) -> dict[str, str]:
        """None: every scheduler is a system."""
        return {}

    def remembering(self) -> list[str]:
        """None: episodes are independent of each other."""
        return []

    def fingerprint(self) -> str:
        """Hash of the measured table, and of pictures."""
        hashes = (stage.fingerprint().split() for stage in self._stages.values())
        return " ".join(sorted(set().union(*hashes)))

    def conventions(self) -> dict[str, str]:
        """What differs from a sweep of links."""
        return CONVENTIONS


def values_of(
    total: Tally, environment: CellEnvironment, episode: int
) -> dict[str, tuple[float, float]]:
    """The (sum, count) of each metric of an episode, and of each part of its CBR."""
    own = Tally(*(values[episode] for values in total))
    config = environment.config
    priority = np.array([user.priority for user in config.each])
    ended = own.delivered + own.expired + own.refused + own.lost
    frames, uses = ended.sum(), own.uses.sum()
    pool = config.uses * config.slots
    in_time = {
        name: (own.delivered[of].sum(), ended[of].sum())
        for name, of in (
            ("in_time", priority >= 0),
            ("urgent", priority == priority.max()),
            ("least", priority == priority.min()),
        )
    }
    each = own.utility / np.maximum(ended, 1)
    fairness = each.sum() ** 2 / max(len(each) * np.sum(each**2), 1e-12)
    reward = own.value.sum() - config.price * own.energy.sum() / config.uses
    reports = own.signalling.sum() - own.attempts.sum() * config.signalling.grant
    values = {
        **in_time,
        "value": (own.value.sum(), own.weight.sum()),
        "utility": (own.utility.sum(), frames),
        "harm": (own.harm.sum(), own.weight.sum()),
        "fairness": (fairness, 1),
        "attempts": (own.attempts.sum(), frames),
        "power": (own.energy.sum(), pool),
        "occupied": (uses, pool),
        "reward": (reward / config.slots, 1),
        **dict.fromkeys(COUNTED, (0.0, frames)),
        "cbr": ((uses + own.signalling.sum()) / config.values, frames),
        "cbr_payload": (uses / config.values, frames),
        "cbr_up": (reports / config.values, frames),
        "cbr_backhaul": (0.0, frames),
        "use grant down": ((own.signalling.sum() - reports) / config.values, frames),
        "use report up": (reports / config.values, frames),
        "outage": (frames - own.delivered.sum(), frames),
        "latency_slots": (own.wait.sum(), own.delivered.sum()),
    }
    return {name: (float(a), float(b)) for name, (a, b) in values.items()}
