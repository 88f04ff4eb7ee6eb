"""A grid of points, each simulated until it is known well enough, then stored."""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import groupby, product
from typing import NamedTuple

import numpy as np

from semlink.catalogue import Catalogue
from semlink.config import LinkConfig, SweepConfig
from semlink.errors import Infeasible, InputError
from semlink.link import Link, compiled_channel
from semlink.listener import Listener
from semlink.loop.exchange import Delivery
from semlink.monitor import Monitor
from semlink.points import Point, failure, place, rows_of, where
from semlink.protocols import Source
from semlink.registry import unknown
from semlink.rng import EDITION, Seeds
from semlink.signals import Estimate, SourceBatch, TxSignal
from semlink.store.cache import DiskCache
from semlink.store.results import FAILED, INFEASIBLE, ResultStore, Row, Samples
from semlink.store.transmissions import Transmissions

_JSON = json.JSONEncoder(sort_keys=True, default=str)
# points -> each with its rows and samples, as they are done
Simulate = Callable[[Sequence[Point]], Iterable[tuple[Point, Sequence[Row], Samples]]]


class Replay(NamedTuple):
    """One image of a point, sent again.

    batch : the image
    estimate : what the receiver made of it
    values : its metrics, and what its CBR is made of
    """

    batch: SourceBatch
    estimate: Estimate
    values: dict[str, float]


class Sweep:
    """Builds the components of a configuration and goes through its points.

    Parameters
    ----------
    config : what to simulate
    catalogue : where components come from
    disk : where plans and signals are kept for the next sweep, if anywhere

    Raises
    ------
    InputError
        If a component cannot be built; nothing has been computed then.
    """

    def __init__(
        self, config: SweepConfig, catalogue: Catalogue, disk: DiskCache | None = None
    ):
        self.config = config
        self._catalogue = catalogue
        self.source: Source = catalogue.build("source", config.source)
        self._links = self._build_links()
        # a channel's course follows from its name and parameters, not from its code
        self._courses = {
            spec.label: _JSON.encode(catalogue.named("channel", spec))
            for spec in config.channel
        }
        self.transmissions = Transmissions(disk)
        if config.stop.ci95 and config.stop.metric not in self.metrics:
            message = unknown("metric", config.stop.metric, list(self.metrics))
            raise InputError(f"stop.metric: {message}")

    @property
    def metrics(self) -> tuple[str, ...]:
        """The rows that every point has."""
        return next(iter(self._links.values())).metrics

    @cached_property
    def num_images(self) -> int:
        """How many images each point sends."""
        return min(len(self.source), self.config.stop.images or len(self.source))

    @cached_property
    def points(self) -> list[Point]:
        """The grid: transmitters, CBR, channels, SNR, the last running fastest."""
        by_transmitter = groupby(self.config.links(), lambda link: link.transmitter)
        points = [
            self._point(link, snr_db, cbr, parts)
            for _, links in by_transmitter
            for cbr, (link, parts) in product(
                self.config.cbr, [(link, self._parts(link)) for link in links]
            )
            for snr_db in self.config.snr_db
        ]
        # one component said in two ways is one component
        return list({point.id: point for point in reversed(points)}.values())[::-1]

    def components(self) -> dict[str, dict]:
        """Every component with all its parameters, by kind and label."""
        links = self.config.links()
        specs = {
            (kind, getattr(link, kind).label): getattr(link, kind)
            for link in links
            for kind in LinkConfig.model_fields
        }
        tree: dict[str, dict] = {}
        for (kind, label), spec in specs.items():
            tree.setdefault(kind, {})[label] = self._catalogue.identity(kind, spec)
        return tree

    def run(
        self, store: ResultStore, listener: Listener, elsewhere: Simulate | None = None
    ) -> None:
        """Simulate every point that the store does not hold yet.

        Parameters
        ----------
        store : of the results, one point after the other
        listener : who watches
        elsewhere : simulates points, in any order; by default this process does

        Raises
        ------
        InputError
            At the end, if points failed.
        """
        known, missing, failed = store.finished(), [], []
        for point in self.points:
            if point.id in known:
                listener.finished(point, known[point.id], True)
            else:
                missing.append(point)
        here = ((point, *self.simulate(point, listener)) for point in missing)
        for point, rows, samples in elsewhere(missing) if elsewhere else here:
            store.write_samples(point.id, samples)
            store.append(rows)
            listener.finished(point, rows, False)
            failed += [rows[0]["status"]] * rows[0]["status"].startswith(FAILED)
        store.sort()
        if failed:
            raise InputError(
                f"{len(failed)} of {len(self.points)} points failed, and will be "
                f"simulated again by the same command; the first: {failed[0]}"
            )

    def refuse_conflicts(self, store: ResultStore) -> None:
        """Refuse a run that holds another result at one of the points.

        Raises
        ------
        InputError
            At the first such point.
        """
        known = store.finished()
        taken = {place(rows[0]): point_id for point_id, rows in known.items()}
        for point in self.points:
            here = place(where(point))
            if taken.get(here, point.id) != point.id:
                raise InputError(
                    "the run holds results of other settings (seed, stopping rule, "
                    f"mode, data or code) at {', '.join(here)}; choose another run"
                )

    def simulate(self, point: Point, listener: Listener) -> tuple[list[Row], Samples]:
        """Give the rows of one point, and what their means are means of.

        A point that raises has rows that say so.
        """
        start = time.perf_counter()
        monitor = Monitor(self.config.stop, num_images=self.num_images)
        status = "ok"
        try:
            for image, draw in monitor.schedule():
                delivery = self._delivery(point, image, draw)
                monitor.add(image, draw, self._judge(point, image, delivery))
                listener.progress(point, monitor)
        except Infeasible as reason:
            status = f"{INFEASIBLE}: {' '.join(str(reason).split())}"
        except Exception as error:  # one point of a sweep is not worth the others
            if "SEMLINK_DEBUG" in os.environ:
                raise
            status = failure(error, self._name(image))
        if status != "ok":  # what was drawn before is no sample of anything
            monitor = Monitor(self.config.stop, num_images=self.num_images)
        seconds = time.perf_counter() - start
        rows = rows_of(point, monitor, status, self.metrics, seconds)
        return rows, {metric: monitor.samples(metric) for metric in self.metrics}

    def replay(self, point: Point, image: int, draw: int = 0) -> Replay:
        """Send one image of a point again, with its noise."""
        delivery = self._delivery(point, image, draw)
        values = self._judge(point, image, delivery)
        means = {k: float(s / c) for k, (s, c) in values.items() if c}
        return Replay(self.source[image], delivery.estimate, means)

    def _name(self, image: int) -> str:
        """What a person calls an image, which perhaps cannot be read."""
        try:
            return self.source[image].name[0]
        except Exception:
            return f"number {image}"

    def _judge(self, point: Point, image: int, delivery: Delivery) -> dict:
        """Every metric of a delivery: (sum, count)."""
        link, batch = self._links[_names(point.link)], self.source[image]
        values, ledger = batch.image[0].size, link.uses(delivery)
        uses = {f"cbr_{k}": (v / values, 1.0) for k, v in ledger._asdict().items()}
        uses["cbr"] = (ledger.total / values, 1.0)
        uses["latency_slots"] = (delivery.slots, 1.0)
        metrics = link.judge(batch, delivery) | uses
        return {k: (np.sum(s), np.sum(c)) for k, (s, c) in metrics.items()}

    def _delivery(self, point: Point, image: int, draw: int) -> Delivery:
        """One image of a point, sent over the channel that this draw has."""

        def encode(state_db: float | None):
            plan = self._plan(point, state_db)
            return plan, self._signal(point, image, plan)

        link = self._links[_names(point.link)]
        channel = self._courses[point.link.channel.label]
        seeds = Seeds(self.config.seed, channel, image, draw)
        return link.deliver(encode, point.snr_db, seeds)

    def signal(self, point: Point, image: int):
        """The link, an image as a batch, and what is sent of it at a point.

        Where the channel's state is fed back, what is sent if it is not.
        """
        tx = self._signal(point, image, self._plan(point))
        return self._links[_names(point.link)], self.source[image], tx

    def maps(self, point: Point, image: int) -> dict[str, np.ndarray]:
        """Maps [h, w] by which a transmitter codes an image, by what they show.

        Empty for a transmitter that has none.
        """
        maps = getattr(self._links[_names(point.link)].transmitter, "maps", None)
        return maps(self.source[image], self._plan(point)) if maps else {}

    def _plan(self, point: Point, state_db: float | None = None):
        """The plan of a point; with a state, of what is sent after it was reported."""
        link = self._links[_names(point.link)]
        mode = self.config.cbr_mode
        budget = link.budget(point.cbr, mode, point.snr_db, state_db)

        def identity() -> dict:
            csi = self._identity("channel", point), point.snr_db, state_db
            return {
                "transmitter": self._identity("transmitter", point),
                "images": (self.source.fingerprint(), self.num_images),
                "budget": (point.cbr, mode, budget.frame),
                "csi": None if budget.operating_point is None else csi,
            }

        images = _Images(self.source, self.num_images)
        label = point.link.transmitter.label
        return self.transmissions.plan(label, link, images, budget, identity)

    def _signal(self, point: Point, image: int, plan) -> TxSignal:
        """What is sent of an image by a plan."""
        link, batch = self._links[_names(point.link)], self.source[image]

        def identity() -> dict:
            return {
                "transmitter": self._identity("transmitter", point),
                "image": (_hash_of(batch), batch.annotations, batch.index),
                "plan": plan,
            }

        label = point.link.transmitter.label
        return self.transmissions.signal(label, link, batch, plan, identity)

    def _identity(self, kind: str, point: Point) -> dict:
        return self._catalogue.identity(kind, getattr(point.link, kind))

    def _build_links(self) -> dict[tuple[str, str], Link]:
        """Every link, its components built and compiled once each."""
        build, config = self._catalogue.build, self.config
        task = build("task", config.task)
        transceivers = {s.label: build("transmitter", s) for s in config.transmitter}
        channels = {
            s.label: compiled_channel(build("channel", s)) for s in config.channel
        }
        return {
            (transmitter, channel): Link(pair, over, task)
            for transmitter, pair in transceivers.items()
            for channel, over in channels.items()
        }

    def _parts(self, link: LinkConfig) -> dict[str, str]:
        """What makes a link this one, and what it is simulated with, in JSON."""
        kinds = ("transmitter", "channel", "task")
        parts = {k: self._catalogue.identity(k, getattr(link, k)) for k in kinds}
        source = self._catalogue.identity("source", link.source)["name"]
        parts["source"] = [source, self.source.fingerprint()]
        return _in_json({**parts, "cbr_mode": self.config.cbr_mode})

    def _point(self, link: LinkConfig, snr_db: float, cbr: float, parts: dict) -> Point:
        what = parts | _in_json({"snr_db": snr_db, "cbr": cbr})
        return Point(link, snr_db, cbr, _hash(what | self._drawn))

    @cached_property
    def _drawn(self) -> dict[str, str]:
        """What decides which random numbers a point meets, and how many."""
        seed, stop = self.config.seed, self.config.stop.model_dump()
        return _in_json({"seed": seed, "stop": stop, "randomness": EDITION})


class _Images(Sequence):
    """The first images of a source, opened one at a time."""

    def __init__(self, source: Source, count: int):
        self._source, self._count = source, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int):
        if not 0 <= index < self._count:
            raise IndexError(index)
        return self._source[index]


def _hash_of(batch: SourceBatch) -> str:
    image = np.ascontiguousarray(batch.image)
    shape = f"{image.shape} {image.dtype}".encode()
    return hashlib.sha256(shape + image.tobytes()).hexdigest()


def _names(link: LinkConfig) -> tuple[str, str]:
    return link.transmitter.label, link.channel.label


def _in_json(values: dict) -> dict[str, str]:
    return {name: _JSON.encode(value) for name, value in values.items()}


def _hash(parts: dict[str, str]) -> str:
    """Of the JSON of a tree whose branches are in JSON, as those of many points are."""
    text = ", ".join(f'"{name}": {value}' for name, value in sorted(parts.items()))
    return hashlib.sha256(f"{{{text}}}".encode()).hexdigest()[:16]
