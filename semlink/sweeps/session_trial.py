"""The trial of a session: play one episode, judge all of its frames."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from semlink.config import ComponentSpec, ScenarioSweepConfig
from semlink.errors import InputError
from semlink.loop.scenario import ScenarioConfig
from semlink.loop.session import Step
from semlink.metrics import Judgement, Metric, Task
from semlink.sweeps.episode import SESSION_METRICS, chosen_metric, values_of
from semlink.sweeps.points import Point, Setup

SESSION = "session"  # column ``task`` of metrics of all tasks
CONVENTIONS = {
    "trial": "an episode: a world from its first frame to its last; equal seed and "
    "episode give all scenarios one world and, of equal channels, one course",
    "cbr": "all complex channel uses of a frame, down and up (signals, grants, "
    "profiles, requests, reports), over its values; mean over frames",
    "ci95": "half width of the 95 % confidence interval; an episode is one sample, "
    "Student's t over episodes, ratio estimator over their frames",
    "snr_db": "mean Es/N0 of the world per complex channel use, to which its events "
    "and its shadowing add; E|x|^2 = 1, noise CN(0, N0), E|h|^2 = 1",
    "utility": "of a frame, from 0 to 1, by the task that the user wants at the time; "
    "0 if it is late",
    "outage": "share of frames of which the receiver has nothing, or knows it is wrong",
    "latency_slots": "from the capture of a frame to the act, computing included; mean",
}


class Stage(Protocol):
    """What builds the sessions of a scenario.

    config : of the scenario
    names : its transmitters, by place
    tasks : built tasks, by name
    """

    config: ScenarioConfig
    names: tuple[str, ...]
    tasks: Mapping[str, Task]

    def session(self, seed: int, episode: int) -> Iterable[Step]:
        """An episode."""

    def at(self, snr_db: float) -> "Stage":
        """The stage at another mean Es/N0 of the world [dB]."""

    def components(self) -> dict[str, dict[str, Any]]:
        """Every component with all its parameters, by kind and label."""

    def identity(self) -> dict[str, Any]:
        """Everything that an episode depends on, but for the SNR of the world."""

    def fingerprint(self) -> str:
        """Hash of the source's samples."""


class ScenarioSetup(NamedTuple):
    """A scenario in a grid.

    spec : as the user wrote it
    config : what it says
    """

    spec: ComponentSpec
    config: ScenarioConfig

    @property
    def columns(self) -> dict[str, str]:
        """Labels in results; a session has several transmitters, and names none."""
        return {
            "scenario": self.spec.label,
            "transmitter": "",
            "channel": self.config.channel.label,
            "source": self.config.source.label,
        }


class SessionTrial:
    """An episode of a session: ``(point, index, draw) -> Judgement``.

    The draw is the number of the episode; there is a single sample, so that intervals
    are over episodes.

    Parameters
    ----------
    config : configuration of the sweep
    read : the configuration of a scenario, from its name and keys
    build : builds the stage of a scenario and all its components
    made : counts of plans and signals of all stages

    Raises
    ------
    InputError
        A scenario does not exist, a component cannot be built, or two scenarios have
        different metrics of one name.
    """

    num_samples = 1
    skipped: Sequence[str] = ()

    def __init__(
        self,
        config: ScenarioSweepConfig,
        read: Callable[[ComponentSpec], ScenarioConfig],
        build: Callable[[ScenarioConfig], Stage],
        made: Counter[str],
    ):
        self.config, self.made = config, made
        self._setups = [ScenarioSetup(s, read(s)) for s in config.scenarios()]
        self._stages = {s.spec.label: build(s.config) for s in self._setups}
        self.metrics = _metrics(self._stages.values())
        self.tasks: dict[str, Task] = {}  # none has a metric of a set
        self._last: tuple[str, Stage | None] = "", None

    def __call__(self, point: Point, index: int, draw: int) -> Judgement:
        """Play an episode of a point, and judge it."""
        stage = self._stage(point)
        steps = stage.session(self.config.seed, draw)
        slot_ms, names = stage.config.device.slot_ms, stage.names
        return Judgement(values_of(steps, names, self.metrics, slot_ms), {})

    def ordered(self, point: Point) -> bool:
        """An episode begins anew."""
        return False

    def name(self, index: int) -> str:
        """What fails if a trial fails."""
        return "an episode"

    def grid(self) -> Iterator[tuple[Setup, float, float]]:
        """Every scenario at every SNR; no CBR is asked for."""
        for setup in self._setups:
            for snr_db in self.config.snr_db:
                yield setup, snr_db, 0.0

    def parts(self, setup: ScenarioSetup) -> dict[str, Any]:
        """Identity of a scenario, from which point ids are hashed."""
        stage = self._stages[setup.spec.label]
        return {"session": stage.identity(), "source": stage.fingerprint()}

    def components(self) -> dict[str, dict]:
        """Every scenario, and every component of them, by kind and label."""
        tree: dict[str, dict] = {"scenario": {}}
        for label, stage in self._stages.items():
            tree["scenario"][label] = stage.config.model_dump(mode="json")
            for kind, components in stage.components().items():
                tree.setdefault(kind, {}).update(components)
        return tree

    def references(self) -> dict[str, str]:
        """Scenarios whose adapter is an oracle."""
        return {
            setup.spec.label: "oracle"
            for setup in self._setups
            if setup.config.adapter.name == "oracle"
        }

    def remembering(self) -> list[str]:
        """None: episodes are independent of each other."""
        return []

    def fingerprint(self) -> str:
        """Hash of the samples of all sources."""
        found = sorted({stage.fingerprint() for stage in self._stages.values()})
        if len(found) == 1:
            return found[0]
        return hashlib.sha256(" ".join(found).encode()).hexdigest()

    def conventions(self) -> dict[str, str]:
        """What differs from a sweep of links."""
        return CONVENTIONS

    def _stage(self, point: Point) -> Stage:
        """The stage of a point; that of the last one is kept."""
        if self._last[0] != point.id:
            stage = self._stages[point.setup.spec.label].at(point.snr_db)
            self._last = point.id, stage
        return self._last[1]


def _metrics(stages: Iterable[Stage]) -> dict[str, tuple[str, Metric]]:
    """Task and description of each metric of any of the stages, by name."""
    own = [(SESSION, metric) for metric in SESSION_METRICS]
    stages = list(stages)
    for stage in stages:
        for task, built in stage.tasks.items():
            own += [(task, metric) for metric in built.metrics if metric.kind != "set"]
    for stage in stages:
        own += [(SESSION, chosen_metric(name)) for name in stage.names]
    known: dict[str, tuple[str, Metric]] = {}
    for found in own:
        if known.setdefault(found[1].name, found) != found:
            raise InputError(
                "scenarios of a sweep need metrics that differ in their names, got "
                f"{found[1].name!r} of {known[found[1].name][0]} and {found[0]}"
            )
    return known
