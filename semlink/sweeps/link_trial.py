"""The trial of a link: send one sample, judge it by tasks."""

import hashlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from semlink.catalogue import Catalogue
from semlink.chain import Link
from semlink.checking import first_use
from semlink.compiled_channel import compiled_channel
from semlink.config import LinkConfig, SweepConfig
from semlink.contracts.built import built
from semlink.contracts.tasks import bounded
from semlink.errors import InputError
from semlink.loop import asking
from semlink.loop.exchange import Delivery, Encoded, Memory, Receiving
from semlink.loop.feedback_link import FeedbackLink
from semlink.metrics import (
    Bounded,
    Bounds,
    Judgement,
    Metric,
    Sourced,
    Task,
    all_metrics,
)
from semlink.modalities.query import Query
from semlink.protocols import Source, Transceiver
from semlink.rng import Seeds
from semlink.store.cache import DiskCache, data_hash
from semlink.store.transmissions import Transmissions
from semlink.sweeps.given import First, Given
from semlink.sweeps.points import COUNTED, Point, use_name
from semlink.sweeps.replay import Replay
from semlink.sweeps.trial import JSON


class LinkTrial:
    """A sample over a link: ``(point, index, draw) -> Judgement``.

    Parameters
    ----------
    config : configuration of the sweep
    catalogue : registries of all components
    disk : disk cache of plans and signals, if any

    Raises
    ------
    InputError
        A component cannot be built, or does not fit the others.
    """

    def __init__(
        self, config: SweepConfig, catalogue: Catalogue, disk: DiskCache | None = None
    ):
        self.config, self._catalogue = config, catalogue
        (self.source,) = _built(catalogue, "source", [config.source]).values()
        self.tasks = {
            label: _of_source(label, task, self.source)
            for label, task in _built(catalogue, "task", config.task).items()
        }
        try:
            self.metrics: dict[str, tuple[str, Metric]] = all_metrics(self.tasks)
        except ValueError as error:
            raise InputError(str(error)) from None
        self._links = self._build_links()
        first_use.check(config, catalogue, First(self.source, self.num_samples))
        # a channel's course follows from its name and parameters, not from its code
        self._courses = {
            spec.label: JSON.encode(catalogue.course(spec)) for spec in config.channel
        }
        self.transmissions = Transmissions(disk)
        self.made = self.transmissions.made
        self._remembered: tuple[tuple, Memory] = (), Memory()

    @cached_property
    def num_samples(self) -> int:
        """Number of samples that each point sends."""
        return min(len(self.source), self.config.stop.images or len(self.source))

    def __call__(self, point: Point, index: int, draw: int) -> Judgement:
        """Send a sample of a point over the channel of a draw, and judge it."""
        return self._judged(point, index, self.deliver(point, index, draw))

    def replay(self, point: Point, index: int, draw: int = 0) -> Replay:
        """Send a sample of a point again, with the same fading and noise."""
        delivery = self.deliver(point, index, draw)
        judged = self._judged(point, index, delivery)
        means = {k: float(s / c) for k, (s, c) in judged.values.items() if c}
        sample, uses = self.source[index], self._link(point).uses(delivery)
        return Replay(sample, delivery.estimate, means, judged.observed, uses)

    def ordered(self, point: Point) -> bool:
        """Whether the samples of a draw depend on those before them."""
        return self._link(point).pair.remembers

    def remembering(self) -> list[str]:
        """Transmitters whose draws, not samples, are independent."""
        pairs = {names[0]: link.pair for names, link in self._links.items()}
        return [label for label, pair in pairs.items() if pair.remembers]

    def name(self, index: int) -> str:
        """Readable name of a sample; its number if it cannot be read."""
        try:
            return f"image {self.source[index].name}"
        except Exception:
            return f"image number {index}"

    def grid(self) -> Iterator[tuple[LinkConfig, float, float]]:
        """Every (link, SNR, CBR) of the configuration."""
        return self.config.grid()

    @property
    def skipped(self) -> Sequence[str]:
        """What of the source could not be read, and why."""
        return getattr(self.source, "skipped", ())

    def fingerprint(self) -> str:
        """Hash of the source's samples."""
        return self.source.fingerprint()

    def conventions(self) -> dict[str, str]:
        """How the CBR is kept."""
        return {"cbr_mode": self.config.cbr_mode}

    def references(self) -> dict[str, str]:
        """Transmitters that are not links, each ``bound`` or ``oracle``."""
        pairs = {names[0]: link.pair for names, link in self._links.items()}
        return {
            label: "oracle" if pair.oracle else "bound"
            for label, pair in pairs.items()
            if pair.oracle or pair.error_free
        }

    def components(self) -> dict[str, dict]:
        """Every component with all its parameters, by kind and label."""
        specs = {("task", spec.label): spec for spec in self.config.task}
        specs |= {
            (kind, getattr(link, kind).label): getattr(link, kind)
            for link in self.config.links()
            for kind in LinkConfig.model_fields
        }
        tree: dict[str, dict] = {}
        for (kind, label), spec in specs.items():
            tree.setdefault(kind, {})[label] = self._catalogue.identity(kind, spec)
        return tree

    def parts(self, link: LinkConfig) -> dict[str, Any]:
        """Identity of a link and of its simulation, from which point ids are hashed."""
        kinds = ("transmitter", "channel")
        parts = {k: self._catalogue.identity(k, getattr(link, k)) for k in kinds}
        tasks = [self._catalogue.identity("task", spec) for spec in self.config.task]
        source = self._catalogue.identity("source", link.source)["name"]
        return parts | {
            "task": tasks,
            "source": [source, self.source.fingerprint()],
            "cbr_mode": self.config.cbr_mode,
            "feedback": self.config.feedback.model_dump(),
        }

    def bounds(self) -> dict[str, Bounds]:
        """Floor and ceiling of each metric that has them, on the samples of a point."""
        samples = First(self.source, self.num_samples)
        found: dict[str, Bounds] = {}
        for name, task in self.tasks.items():
            if isinstance(task, Bounded):
                found |= bounded(task.bounds(samples), task, name)
        return found

    def judged(self) -> str:
        """Hash of the tasks and of the samples of a point."""
        tasks = [self._catalogue.identity("task", spec) for spec in self.config.task]
        what = JSON.encode([tasks, self.source.fingerprint(), self.num_samples])
        return hashlib.sha256(what.encode()).hexdigest()[:16]

    def deliver(self, point: Point, index: int, draw: int) -> Delivery:
        """Send a sample of a point over the channel of a draw."""
        link, sample = self._link(point), self.source[index]
        before = self._memory_before(point, index, draw)

        def encode(state_db: float | None, query: Query | None = None) -> Encoded:
            is_heard = query == asking.heard(link.pair, sample.query)
            plan = self._plan(point, state_db, is_heard)
            tx, memory = self._signal(point, index, plan, before.transmitter, query)
            return Encoded(link.given(sample, query), plan, tx, memory)

        channel = self._courses[point.setup.channel.label]
        seeds = Seeds(self.config.seed, channel, index, draw)
        receiving = Receiving(sample.query, before)
        delivery = link.deliver(encode, point.snr_db, seeds, receiving)
        if link.pair.remembers:
            self._remembered = (point.id, draw, index + 1), delivery.memory
        return delivery

    def signal(self, point: Point, index: int):
        """The link, a sample, and its transmitted signal at a point.

        The signal is that of a transmission without a reported state, and of a query
        that has arrived.
        """
        link, sample = self._link(point), self.source[index]
        query = asking.heard(link.pair, sample.query)
        tx, _ = self._signal(point, index, self._plan(point), query=query)
        return link, sample, tx

    def maps(self, point: Point, index: int) -> dict[str, np.ndarray]:
        """Maps [h, w] of a transmitter for a sample, such as its rates, by title.

        Empty for a transmitter without maps.
        """
        link = self._link(point)
        maps = getattr(link.transmitter, "maps", None)
        sample = self.source[index]
        given = link.given(sample, asking.heard(link.pair, sample.query))
        return maps(given, self._plan(point)) if maps else {}

    def _memory_before(self, point: Point, index: int, draw: int) -> Memory:
        """Memory of both ends before a sample, from the samples before it."""
        if not index or not self._link(point).pair.remembers:
            return Memory()
        if self._remembered[0] != (point.id, draw, index):
            for earlier in range(index):
                self.deliver(point, earlier, draw)
        return self._remembered[1]

    def _judged(self, point: Point, index: int, delivery: Delivery) -> Judgement:
        """All metrics of a delivery, and the parts of its CBR."""
        link, sample = self._link(point), self.source[index]
        ledger, judged = link.uses(delivery), link.judge(sample, delivery)
        values = dict.fromkeys(COUNTED, (0.0, 1.0))
        for use, uses in ledger.items():
            name = use_name(use)
            values[name] = (values.get(name, (0.0,))[0] + uses / sample.values, 1.0)
        for direction in ("up", "backhaul"):
            uses = ledger.of(direction=direction)
            values[f"cbr_{direction}"] = (uses / sample.values, 1.0)
        values["cbr"] = (ledger.total / sample.values, 1.0)
        values["latency_slots"] = (delivery.slots, 1.0)
        return judged._replace(values=judged.values | values)

    def _plan(self, point: Point, state_db: float | None = None, is_heard: bool = True):
        """The plan of a point, given the reported state [dB] or ``None``.

        ``is_heard`` : whether queries arrive; a plan for a lost one knows none.
        """
        link, mode = self._link(point), self.config.cbr_mode
        budget = link.budget(point.cbr, mode, point.snr_db, state_db)

        def identity() -> dict:
            csi = self._identity("channel", point), point.snr_db, state_db
            return {
                "transmitter": self._identity("transmitter", point),
                "samples": (self.source.fingerprint(), self.num_samples),
                "query": is_heard and link.pair.hears_query,
                "budget": (point.cbr, mode, budget.frame, budget.feedback),
                "csi": None if budget.operating_point is None else csi,
            }

        samples = Given(link, self.source, self.num_samples, is_heard)
        label = point.setup.transmitter.label, is_heard
        return self.transmissions.plan(label, link, samples, budget, identity)

    def _signal(self, point: Point, index: int, plan, memory=None, query=None):
        """The signal of a sample by a plan, and the new memory."""
        link, sample = self._link(point), self.source[index]
        remembered = None if memory is None else data_hash(memory)

        def identity() -> dict:
            given = link.given(sample, query)
            of_data = data_hash(given.data), given.annotations, given.index
            return {
                "transmitter": self._identity("transmitter", point),
                "sample": of_data,
                "query": query,
                "plan": plan,
                "memory": remembered,
            }

        key = point.setup.transmitter.label, plan, index, remembered, query

        def make():
            return link.transmit(sample, plan, memory, query)

        return self.transmissions.signal(key, make, identity)

    def _link(self, point: Point) -> Link:
        return self._links[point.setup.transmitter.label, point.setup.channel.label]

    def _identity(self, kind: str, point: Point) -> dict:
        return self._catalogue.identity(kind, getattr(point.setup, kind))

    def _build_links(self) -> dict[tuple[str, str], Link]:
        """All links; each component is built and compiled once."""
        pairs = _built(self._catalogue, "transmitter", self.config.transmitter)
        for label, pair in pairs.items():
            _check_modality(label, pair, self.source)
        channels = {
            label: compiled_channel(channel, label=label)
            for label, channel in _built(
                self._catalogue, "channel", self.config.channel
            ).items()
        }
        feedback = FeedbackLink(**self.config.feedback.model_dump())
        return {
            (label, channel): Link(
                pair._replace(label=label), over, self.tasks, feedback
            )
            for label, pair in pairs.items()
            for channel, over in channels.items()
        }


def _built(catalogue: Catalogue, kind: str, specs) -> dict[str, Any]:
    return {
        spec.label: built(kind, spec.label, catalogue.build(kind, spec))
        for spec in specs
    }


def _of_source(label: str, task: Task, source: Source) -> Task:
    """A task with the reference that a source has."""
    if not isinstance(task, Sourced):
        return task
    return built("task", label, task.for_source(source))


def _check_modality(label: str, pair: Transceiver, source: Source) -> None:
    """Refuse a pair that does not accept the modality of the source."""
    if source.modality not in pair.accepts:
        raise InputError(
            f"transmitter {label} accepts {' or '.join(pair.accepts)}, got a source of "
            f"{source.modality}"
        )
