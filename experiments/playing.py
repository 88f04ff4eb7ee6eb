"""Scenarios by name, and the sessions that they describe."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from blocks.adapting import adapter
from blocks.phy.burst import BurstCode
from blocks.scheduling import scheduler
from experiments.compose import catalogue
from semlink.compiled_channel import compiled_channel
from semlink.config import ComponentSpec
from semlink.contracts.built import built
from semlink.ends.air import Air, Uplink
from semlink.ends.receiver import Patience, Receiver
from semlink.ends.sender import Deciding, Sender
from semlink.errors import InputError
from semlink.link import Link
from semlink.loop.device import Work
from semlink.loop.messages import TaskProfile
from semlink.loop.scenario import ScenarioConfig
from semlink.loop.session import Evaluation, Parts, Session, Values
from semlink.loop.world import Event, World
from semlink.metrics import Sourced, Task
from semlink.reading import apply_overrides, checked, read_tree
from semlink.registry import unknown
from semlink.rng import Seeds
from semlink.sweeps.trial import JSON

SCENARIOS = Path(__file__).parent / "scenarios"
WORK = SCENARIOS / "work" / "work.yaml"
# additive metric of each task, and its range from worthless to perfect
UTILITIES = {
    "reconstruction": ("psnr", 15.0, 40.0),
    "detection": ("f1", 0.0, 1.0),
    "vqa": ("answers", 0.0, 1.0),
    "classification": ("agreement", 0.0, 1.0),
}


def scenario(word: str, overrides: list[str]) -> ScenarioConfig:
    """The configuration of a scenario.

    Parameters
    ----------
    word : name of a scenario, or path of a YAML file, with keys in brackets, as in
        ``monitor[adapter=bandit]``
    overrides : ``key=value`` with dotted keys

    Raises
    ------
    InputError
        There is no such scenario, or a key or a value is invalid.
    """
    spec = ComponentSpec.model_validate(word)
    tree = read_tree(_path(spec.name)) | spec.params
    return checked(apply_overrides(tree, overrides), ScenarioConfig)


def _path(name: str) -> Path:
    """The file of a scenario."""
    known = {path.stem: path for path in sorted(SCENARIOS.glob("*.yaml"))}
    if name in known:
        return known[name]
    if name.endswith(".yaml") and Path(name).is_file():
        return Path(name)
    raise InputError(unknown("scenario", name, list(known)))


class Stage:
    """What all episodes of a scenario share: its components, built once.

    Parameters
    ----------
    config : of the scenario

    Raises
    ------
    InputError
        A component cannot be built, or does not fit the others.
    """

    def __init__(self, config: ScenarioConfig):
        self.config, self._catalogue = config, catalogue()
        self.source = self._built("source", config.source)
        self.names = tuple(spec.label for spec in config.transmitter)
        channel = self._built("channel", config.channel)
        label = config.channel.label
        self._channel = compiled_channel(channel, label=label)
        self.tasks = {spec.name: self._task(spec) for spec in config.task}
        self._adapter = adapter(config.adapter.label, self.names)
        self._scheduler = scheduler(config.scheduler.label)
        self._bursts = BurstCode()

    @cached_property
    def links(self) -> list[Link]:
        """A link for each transmitter."""
        return [self._link(spec) for spec in self.config.transmitter]

    def session(self, seed: int, episode: int = 0) -> Session:
        """An episode.

        Parameters
        ----------
        seed : root of all random numbers
        episode : number of the episode
        """
        config, seeds = self.config, self.seeds(seed, episode)
        said = Event(frame=0, says=config.says)
        told = config.world.model_copy(update={"events": (said, *config.world.events)})
        world = World(told, self.source, seeds)
        uplink = Uplink(**config.uplink.model_dump())
        air = Air(self._channel, world.snr_db, seeds, self._bursts, uplink)
        rating = config.receiver.rating
        holds = config.receiver.holds
        return Session(
            Parts(
                world=world,
                air=air,
                sender=self.sender(seeds),
                receiver=self.receiver(),
                evaluation=Evaluation(self.tasks, utility, rating),
                device=config.device,
                work=works(self.names),
                round_trip_slots=config.round_trip_slots,
                holds=tuple(range(len(self.names))) if holds is None else holds,
                draws=seeds.generator("user"),
            )
        )

    def seeds(self, seed: int, episode: int = 0) -> Seeds:
        """Seeds of an episode; equal for all agents, so that all meet one course."""
        channel = self._catalogue.named("channel", self.config.channel)
        return Seeds(seed, JSON.encode(channel), 0, episode)

    def sender(self, seeds: Seeds) -> Sender:
        """The sender's end, for an episode."""
        config = self.config
        deciding = Deciding(
            self._adapter,
            self._scheduler,
            config.arms(),
            config.pool,
            config.world.snr_db,
        )
        return Sender(self.links, deciding, self._bursts, seeds)

    def receiver(self) -> Receiver:
        """The receiver's end, for an episode."""
        told = self.config.receiver
        patience = Patience(told.content, told.conceal, told.actor)
        return Receiver(
            self.links, self.tasks, self._bursts, patience, self._understand
        )

    def _understand(self, says: Any) -> TaskProfile:
        return checked(says, TaskProfile)

    def _built(self, kind: str, spec: ComponentSpec) -> Any:
        return built(kind, spec.label, self._catalogue.build(kind, spec))

    def _task(self, spec: ComponentSpec) -> Task:
        task = self._built("task", spec)
        return task.for_source(self.source) if isinstance(task, Sourced) else task

    def _link(self, spec: ComponentSpec) -> Link:
        pair = self._built("transmitter", spec)._replace(label=spec.label)
        if self.source.modality not in pair.accepts:
            raise InputError(
                f"transmitter {spec.label} accepts {' or '.join(pair.accepts)}, got a "
                f"source of {self.source.modality}"
            )
        if pair.loop and (pair.loop.state or pair.loop.map):
            raise InputError(
                f"a session reports the state of the channel itself, got {spec.label}"
            )
        return Link(pair, self._channel, self.tasks)


def utility(task: str, values: Values) -> float:
    """Utility of a frame, 0 to 1, from the additive metric of its task."""
    name, worst, best = UTILITIES[task]
    total, count = values[name]
    value = total / count if count else worst
    return float(min(max((value - worst) / (best - worst), 0.0), 1.0))


def works(names: tuple[str, ...]) -> tuple[Work, ...]:
    """Operations of transmitters, from the table of measured ones.

    Raises
    ------
    InputError
        One of them is not in the table.
    """
    table = read_tree(WORK)
    return tuple(_work(name, table) for name in names)


def _work(name: str, table: Mapping[str, Mapping]) -> Work:
    known = table.get(name) or table.get(ComponentSpec.model_validate(name).name)
    if known is None:
        raise InputError(
            unknown("transmitter with measured operations", name, [*table])
        )
    return Work(**known)
