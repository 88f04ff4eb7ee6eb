"""The components of a scenario, built once, and the sessions that they play."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from blocks.adapting import Knowing, adapter
from blocks.intending import intent_reader
from blocks.phy.header import BurstCode
from blocks.scheduling import scheduler
from experiments.compose import catalogue
from experiments.playing.offering import Offering
from experiments.playing.perceiving import perceiving
from experiments.playing.truth import Truth
from experiments.playing.users import users_of
from experiments.playing.utility import utility
from experiments.playing.work import weighing, works
from semlink.chain import Link
from semlink.checking.first_use import check_channel
from semlink.compiled_channel import compiled_channel
from semlink.config import ComponentSpec
from semlink.contracts.built import built
from semlink.ends.air import Air, Uplink
from semlink.ends.kept import Kept
from semlink.ends.receiver import Patience, Receiver, User
from semlink.ends.reception import Pace
from semlink.ends.sender import Deciding, Sender
from semlink.errors import InputError
from semlink.loop.abstraction.table import read
from semlink.loop.abstraction.utility import Abstraction
from semlink.loop.agents import Adapter, Understood
from semlink.loop.cell import Cell, Sharing
from semlink.loop.device import computing
from semlink.loop.feedback import slot_of
from semlink.loop.pool import NOTHING, Pool, stacked
from semlink.loop.scenario import ScenarioConfig
from semlink.loop.session import Evaluation, Parts, Session
from semlink.loop.world import Event, World
from semlink.metrics import Sourced, Task
from semlink.rng import Seeds, seed_of
from semlink.store.cache import data_hash
from semlink.sweeps.trial import JSON


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
        check_channel(config.channel, self._catalogue)
        self._channel = self._workshop.once(
            ("compiled channel", config.channel.name, label),
            lambda: compiled_channel(channel, label=label),
        )
        self.tasks = {spec.name: self._task(spec) for spec in config.task}
        self._adapter = adapter(config.adapter.label, self.names)
        self._scheduler = scheduler(config.scheduler.label)
        self._reader = intent_reader(config.intent.label)
        self._bursts = self._workshop.once(("bursts",), BurstCode)
        self.users = tuple(Stage(own, self._workshop) for own in users_of(config))

    @cached_property
    def links(self) -> list[Link]:
        """A link for each transmitter."""
        return [self._link(spec) for spec in self.config.transmitter]

    def session(self, seed: int, episode: int = 0) -> Session | Cell:
        """An episode: of one user, or of a cell.

        Parameters
        ----------
        seed : root of all random numbers
        episode : number of the episode
        """
        if not self.users:
            return self._alone(seed, episode)
        each = [
            stage._alone(
                seed if user == 0 else seed_of(seed, f"user {user}"), episode, user
            )
            for user, stage in enumerate(self.users)
        ]
        return Cell(each, self._sharing(self.seeds(seed, episode)))

    def _alone(self, seed: int, episode: int, user: int = 0) -> Session:
        """An episode of one user."""
        config, seeds = self.config, self.seeds(seed, episode)
        world = self._world(seeds)
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
                sharing=self._sharing(seeds),
                user=user,
                perceiving=weighing(config.importance),
            )
        )

    def _world(self, seeds: Seeds) -> World:
        """The world of an episode, in which the user speaks at the beginning."""
        config = self.config
        said = Event(frame=0, says=config.says, answers=config.answers)
        told = config.world.model_copy(update={"events": (said, *config.world.events)})
        return World(told, self.source, seeds)

    def check(self) -> None:
        """Build all that a session needs, so that its errors come first.

        Raises
        ------
        InputError
            A component cannot be built, or does not fit the others.
        """
        self.session(0)
        if self.users:  # a scheduler may serve one user alone
            nobody = stacked([NOTHING] * len(self.users))
            draws = np.random.default_rng(0)
            self._scheduler(nobody, Pool(self.config.pool), None, draws)
        for stage in self.users or (self,):
            stage.receiver().intend(stage.config.says)

    def at(self, snr_db: float) -> "Stage":
        """The stage at another mean Es/N0 of the world [dB]."""
        world = self.config.world.model_copy(update={"snr_db": snr_db})
        config = self.config.model_copy(update={"world": world})
        return Stage(config, self._workshop)

    def components(self) -> dict[str, dict[str, Any]]:
        """Every component with all its parameters, by kind and label."""
        tree: dict[str, dict[str, Any]] = {}
        for stage in (self, *self.users):
            for kind, spec in stage._specs():
                identity = self._catalogue.identity(kind, spec)
                tree.setdefault(kind, {})[spec.label] = identity
        return tree

    def identity(self) -> dict[str, Any]:
        """Everything that an episode depends on, but for the SNR of the world."""
        specs = list(self._specs())
        kinds = dict(specs).keys()
        alone = () if self.users else ("users",)
        told = self.config.model_dump(mode="json", exclude={"about", *alone, *kinds})
        del told["world"]["snr_db"]
        components = [[k, self._catalogue.identity(k, spec)] for k, spec in specs]
        identity = {"told": told, "components": components, "work": works(self.names)}
        if self.config.importance is not None:
            identity["weighing"] = weighing(self.config.importance)
        if self.users:
            identity["users"] = [stage.identity() for stage in self.users]
        return identity

    def fingerprint(self) -> str:
        """Hash of the samples of all sources."""
        sources = [stage.source.fingerprint() for stage in (self, *self.users)]
        return sources[0] if len(set(sources)) == 1 else data_hash(sources)

    def _specs(self) -> Iterator[tuple[str, ComponentSpec]]:
        """Kind and spec of every component."""
        for kind in ScenarioConfig.model_fields:
            if kind in self._catalogue.registries:
                specs = getattr(self.config, kind)
                for spec in specs if isinstance(specs, tuple) else (specs,):
                    if spec is not None:
                        yield kind, spec

    def seeds(self, seed: int, episode: int = 0) -> Seeds:
        """Seeds of an episode; equal for all agents, so that all meet one course."""
        channel = self._catalogue.course(self.config.channel)
        return Seeds(seed, JSON.encode(channel), 0, episode)

    def sender(self, seeds: Seeds) -> Sender:
        """The sender's end, for an episode."""
        config = self.config
        deciding = Deciding(
            self._informed(seeds),
            config.arms(),
            config.world.snr_db,
            config.device.slot_ms,
            perceiving(config, self.names, self._largest, self._table),
        )
        kept = self._workshop.kept
        return Sender(self.links, deciding, self._bursts, seeds, kept)

    def _sharing(self, seeds: Seeds) -> Sharing:
        """The scheduler with its pool, for an episode."""

        def draws(slot: int) -> np.random.Generator:
            return seeds._replace(sample=slot).generator("scheduler")

        config = self.config
        period_slots = config.world.period_slots
        return Sharing(self._scheduler, config.pool, period_slots, draws)

    def _informed(self, seeds: Seeds) -> Adapter:
        """The adapter; an oracle is told the expected utilities of an episode."""
        if not isinstance(self._adapter, Knowing):
            return self._adapter
        snr_db, initial_db = self._world(seeds).snr_db, self.config.world.snr_db
        truth = Truth(self._table(), self.names, snr_db, initial_db, self._largest())
        return self._adapter.knows(truth)

    def _table(self) -> Abstraction:
        """The measured utilities."""
        return self._workshop.once(
            ("measured utilities",),
            lambda: Abstraction(read(catalogue=self._catalogue)),
        )

    def receiver(self) -> Receiver:
        """The receiver's end, for an episode."""
        told = self.config.receiver
        patience = Patience(
            told.content, told.conceal, told.actor, told.asks, told.silent
        )
        holds = range(len(self.names)) if told.holds is None else told.holds
        ends = self.links, self.tasks, self._bursts
        return Receiver(*ends, patience, self._user(), holds, self._pace())

    def _pace(self) -> Pace:
        """Slots that the largest frame takes at either end."""
        device, values = self.config.device, self._largest()
        each = works(self.names)
        encode = (computing(device.sender, work.encode * values) for work in each)
        decode = (computing(device.receiver, work.decode * values) for work in each)
        ends = ([cost.ms / device.slot_ms for cost in end] for end in (encode, decode))
        return Pace(slot_of(self._channel), *map(tuple, ends))

    def _user(self) -> User:
        """How the receiver reads words or a structure, and what it can offer."""
        reader, structured = self._reader, intent_reader("structured")

        def reads(said: Any, answers: Sequence[str] = ()) -> Understood:
            return (structured if isinstance(said, Mapping) else reader)(said, answers)

        sent = self.source.modality
        offers = Offering(
            config=self.config,
            tasks=self.tasks,
            makes=tuple(link.pair.makes or sent for link in self.links),
            works=works(self.names),
            values=self._largest(),
            slot=slot_of(self._channel),
        )
        return User(reads, offers)

    def _largest(self) -> int:
        """Values of the largest frame of the source."""
        source = self.source
        key = "values of the largest frame", self.config.source.label
        sizes = (source[number].values for number in range(len(source)))
        return self._workshop.once(key, lambda: max(sizes))

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
        return Link(pair, self._channel, self.tasks)
