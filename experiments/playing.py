"""Scenarios by name, and the sessions that they describe."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from blocks.adapting import adapter
from blocks.intending import intent_reader
from blocks.phy.header import BurstCode
from blocks.scheduling import scheduler
from experiments.compose import catalogue
from semlink.compiled_channel import compiled_channel
from semlink.config import ComponentSpec, parse_spec
from semlink.contracts.built import built
from semlink.ends.air import Air, Uplink
from semlink.ends.kept import Kept
from semlink.ends.receiver import Patience, Receiver, User
from semlink.ends.sender import Deciding, Sender
from semlink.errors import InputError
from semlink.link import Link
from semlink.loop.agents import Understood
from semlink.loop.device import Work, computing
from semlink.loop.feedback import slot_of
from semlink.loop.scenario import ScenarioConfig
from semlink.loop.session import Evaluation, Parts, Session, Values
from semlink.loop.world import Event, World
from semlink.metrics import Sourced, Task
from semlink.reading import apply_overrides, checked, merged, read_tree, with_values
from semlink.registry import unknown
from semlink.rng import Seeds
from semlink.signalling.messages import Intent
from semlink.signalling.needs import PICTURE, documented
from semlink.signalling.profile import (
    TASKS,
    Capabilities,
    LinkState,
    Offer,
    negotiate,
)
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


def scenario(
    word: str | ComponentSpec,
    overrides: list[str],
    common: Mapping[str, Any] | None = None,
) -> ScenarioConfig:
    """The configuration of a scenario.

    Parameters
    ----------
    word : name of a scenario, or path of a YAML file, with dotted keys in brackets, as
        in ``monitor[adapter=bandit[alpha=1],uplink.loss=0.2]``
    overrides : ``key=value`` with dotted keys, above those in brackets
    common : keys of several scenarios, below those in brackets

    Raises
    ------
    InputError
        There is no such scenario, or a key or a value is invalid.
    """
    spec = _named(word) if isinstance(word, str) else word
    if spec.argument is not None:
        must = "be name[key=value,...]"
        raise InputError(f"a scenario must {must}, got {spec.label!r}")
    tree = merged(read_tree(_path(spec.name)), common or {})
    tree = with_values(tree, spec.params)
    return checked(apply_overrides(tree, overrides), ScenarioConfig)


def _named(word: str) -> ComponentSpec:
    try:
        return ComponentSpec(**parse_spec(word))
    except ValueError as error:
        raise InputError(f"a scenario must be name[key=value,...]: {error}") from None


def _path(name: str) -> Path:
    """The file of a scenario."""
    known = {path.stem: path for path in sorted(SCENARIOS.glob("*.yaml"))}
    if name in known:
        return known[name]
    if name.endswith(".yaml") and Path(name).is_file():
        return Path(name)
    raise InputError(unknown("scenario", name, list(known)))


class Workshop:
    """Components that several stages share, each built once.

    Parameters
    ----------
    kept : signals of frames that were sent before; none if it is left out
    """

    def __init__(self, kept: Kept | None = None):
        self.catalogue, self.kept = catalogue(), kept
        self._made: dict[tuple[str, ...], Any] = {}

    def component(self, kind: str, spec: ComponentSpec) -> Any:
        """A component of a kind."""
        label = spec.label
        make = self.catalogue.build
        return self.once((kind, spec.name, label), lambda: make(kind, spec))

    def once(self, key: tuple[str, ...], make: Callable[[], Any]) -> Any:
        """What a key stands for, made at the first call."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]


class Stage:
    """What all episodes of a scenario share: its components, built once.

    Parameters
    ----------
    config : of the scenario
    workshop : components shared with other stages; of its own by default

    Raises
    ------
    InputError
        A component cannot be built, or does not fit the others.
    """

    def __init__(self, config: ScenarioConfig, workshop: Workshop | None = None):
        self._workshop = workshop or Workshop()
        self.config, self._catalogue = config, self._workshop.catalogue
        self.source = self._built("source", config.source)
        self.names = tuple(spec.label for spec in config.transmitter)
        channel = self._built("channel", config.channel)
        label = config.channel.label
        self._channel = self._workshop.once(
            ("compiled channel", config.channel.name, label),
            lambda: compiled_channel(channel, label=label),
        )
        self.tasks = {spec.name: self._task(spec) for spec in config.task}
        self._adapter = adapter(config.adapter.label, self.names)
        self._scheduler = scheduler(config.scheduler.label)
        self._reader = intent_reader(config.intent.label)
        self._bursts = self._workshop.once(("bursts",), BurstCode)

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
        said = Event(frame=0, says=config.says, answers=config.answers)
        told = config.world.model_copy(update={"events": (said, *config.world.events)})
        world = World(told, self.source, seeds)
        uplink = Uplink(**config.uplink.model_dump())
        air = Air(self._channel, world.snr_db, seeds, self._bursts, uplink)
        rating = config.receiver.rating
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
                draws=seeds.generator("user"),
            )
        )

    def check(self) -> None:
        """Build all that a session needs, so that its errors come first.

        Raises
        ------
        InputError
            A component cannot be built, or does not fit the others.
        """
        self.session(0)
        self.receiver().intend(self.config.says)

    def at(self, snr_db: float) -> "Stage":
        """The stage at another mean Es/N0 of the world [dB]."""
        world = self.config.world.model_copy(update={"snr_db": snr_db})
        config = self.config.model_copy(update={"world": world})
        return Stage(config, self._workshop)

    def components(self) -> dict[str, dict[str, Any]]:
        """Every component with all its parameters, by kind and label."""
        tree: dict[str, dict[str, Any]] = {}
        for kind, spec in self._specs():
            tree.setdefault(kind, {})[spec.label] = self._catalogue.identity(kind, spec)
        return tree

    def identity(self) -> dict[str, Any]:
        """Everything that an episode depends on, but for the SNR of the world."""
        specs = list(self._specs())
        kinds = dict(specs).keys()
        told = self.config.model_dump(mode="json", exclude={"about", *kinds})
        del told["world"]["snr_db"]
        components = [[k, self._catalogue.identity(k, spec)] for k, spec in specs]
        return {"told": told, "components": components, "work": works(self.names)}

    def fingerprint(self) -> str:
        """Hash of the source's samples."""
        return self.source.fingerprint()

    def _specs(self) -> Iterator[tuple[str, ComponentSpec]]:
        """Kind and spec of every component."""
        for kind in ScenarioConfig.model_fields:
            if kind in self._catalogue.registries:
                specs = getattr(self.config, kind)
                for spec in specs if isinstance(specs, tuple) else (specs,):
                    yield kind, spec

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
        kept = self._workshop.kept
        return Sender(self.links, deciding, self._bursts, seeds, kept)

    def receiver(self) -> Receiver:
        """The receiver's end, for an episode."""
        told = self.config.receiver
        patience = Patience(told.content, told.conceal, told.actor, told.silent)
        holds = range(len(self.names)) if told.holds is None else told.holds
        return Receiver(
            self.links, self.tasks, self._bursts, patience, self._user(), holds
        )

    def _user(self) -> User:
        """How the receiver reads words or a structure, and what it can offer."""
        reader, structured = self._reader, intent_reader("structured")

        def reads(said: Any, answers: Sequence[str] = ()) -> Understood:
            return (structured if isinstance(said, Mapping) else reader)(said, answers)

        return User(reads, self._offered)

    def _offered(self, intent: Intent, number: int) -> Offer:
        """The profile of an intent, by what the link and the machines can do."""
        device, world = self.config.device, self.config.world
        values = self.source[0].values
        least = min(work.encode * values for work in works(self.names))
        state = LinkState(
            snr_db=world.snr_db,
            uses_per_ms=slot_of(self._channel) / device.slot_ms,
            period_ms=world.period_slots * device.slot_ms,
            compute_ms=computing(device.sender, least).ms,
        )
        tasks = tuple(task for task in TASKS.values() if task in self.tasks)
        able = Capabilities(tasks=tasks, mj_per_use=device.symbol_mj)
        needs = documented(able.retransmissions)

        def scaled(task: str, snr_db: float, reliability: float) -> float:
            is_picture = task == "reconstruction"
            share = values / PICTURE if is_picture else 1.0
            return share * needs(task, snr_db, reliability)

        return negotiate(intent, state, able, scaled, number)

    def _built(self, kind: str, spec: ComponentSpec) -> Any:
        return built(kind, spec.label, self._workshop.component(kind, spec))

    def _task(self, spec: ComponentSpec) -> Task:
        """A task with the reference that the source has, which it keeps."""
        task = self._built("task", spec)
        if not isinstance(task, Sourced):
            return task
        key = ("task of a source", spec.label, self.config.source.label)
        return self._workshop.once(key, lambda: task.for_source(self.source))

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
        if pair.loop and pair.loop.acknowledged:
            raise InputError(
                f"a session acknowledges by its reports alone, got {spec.label}"
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
