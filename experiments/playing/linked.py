"""Cells over the real link: transmitters, pictures and a task, built once for all."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from blocks.importances import importance, weights_of
from experiments.compose import catalogue
from semlink.catalogue import Catalogue
from semlink.chain import Link
from semlink.compiled_channel import compiled_channel
from semlink.config import ComponentSpec
from semlink.contracts.built import built
from semlink.ends.kept import Kept
from semlink.errors import InputError
from semlink.loop.abstraction.content import NAMES, complexity
from semlink.loop.abstraction.utility import Abstraction
from semlink.loop.traffic.linked import CHANNEL, Linked, Pictures, Worth
from semlink.loop.traffic.scenario import TrafficScenario
from semlink.loop.traffic.service import Measured
from semlink.metrics import Sourced, Task
from semlink.protocols import Source, Transceiver
from semlink.signals import IMAGE

IMPORTANCE = "detector"  # whose map decides the class of content, as in the table
TASKS = {  # that judge the metrics of the table
    "ms_ssim": "reconstruction",
    "f1": "detection",
    "answers": "vqa",
    "agreement": "classification",
}


class Composed(NamedTuple):
    """What a cell over the link consists of.

    source : word of the pictures' source
    transmitters : words of all transmitters, each once
    utility : metric of the table that counts
    """

    source: str
    transmitters: tuple[str, ...]
    utility: str

    def specs(self) -> dict[str, list[ComponentSpec]]:
        """Components by kind."""
        words = {
            "source": [self.source],
            "transmitter": self.transmitters,
            "channel": [CHANNEL],
            "task": [TASKS[self.utility]],
            "importance": [IMPORTANCE],
        }
        return {
            kind: [ComponentSpec.model_validate(word) for word in of]
            for kind, of in words.items()
        }


def composed(config: TrafficScenario) -> Composed:
    """What the cell of a scenario consists of."""
    traffic = config.traffic
    names = dict.fromkeys(
        name
        for user in traffic.users
        for name in (user.transmitter, user.alternative)
        if name is not None
    )
    return Composed(config.source.label, tuple(names), traffic.utility)


def linked(config: TrafficScenario, table: Abstraction, kept: Kept) -> Linked:
    """The link of a cell, over which its frames are sent.

    Parameters
    ----------
    config : of the scenario
    table : whose classes of content pictures have, and which schedulers know
    kept : signals of frames that were sent before

    Raises
    ------
    InputError
        The table does not hold a transmitter or the utility, a component cannot be
        built, or the source has no picture of a class that users send.
    """
    made = _linked(composed(config), config.traffic.values, table, kept)
    for user in config.traffic.users:
        _check_contents(user.contents, made.pictures.classes, config.source.label)
    return made


def components(of: Composed) -> dict[str, dict[str, Any]]:
    """Every component with all its parameters, by kind and label."""
    return {
        kind: {spec.label: _catalogue().identity(kind, spec) for spec in specs}
        for kind, specs in of.specs().items()
    }


def identity(of: Composed) -> dict[str, Any]:
    """Everything that deliveries depend on, beside the traffic and the table."""
    kinds = components(of)
    (source,) = kinds.pop("source").values()
    held = [source["name"], _source(of.source).fingerprint()]
    return {"source": held, **{kind: [*kinds[kind].values()] for kind in kinds}}


def fingerprint(of: Composed) -> str:
    """Hash of the pictures."""
    return _source(of.source).fingerprint()


@lru_cache(maxsize=8)
def _linked(of: Composed, values: int, table: Abstraction, kept: Kept) -> Linked:
    known = Measured(table, of.utility, values)
    places = {known.number(name): name for name in of.transmitters}
    pictures = Pictures(_source(of.source), _classes(of.source, table))
    task = _task(of.source, of.utility)
    links = {
        place: Link(_pair(name), _channel(), {TASKS[of.utility]: task})
        for place, name in places.items()
    }
    return Linked(links, pictures, Worth(task, of.utility), known, kept)


@lru_cache(maxsize=1)
def _catalogue() -> Catalogue:
    return catalogue()


@lru_cache(maxsize=4)
def _source(word: str) -> Source:
    source = _built("source", word)
    if source.modality != IMAGE:
        must = f"the source of a cell must have samples of modality {IMAGE}"
        raise InputError(f"{must}, got {word} of {source.modality}")
    return source


@lru_cache(maxsize=4)
def _classes(word: str, table: Abstraction) -> tuple[tuple[int, ...], ...]:
    """Numbers of the pictures of a source by their class of content."""
    source, weighs = _source(word), importance(IMPORTANCE)
    seen = (source[number] for number in range(len(source)))
    known = [(complexity(s.data), weights_of(weighs(s)).mean()) for s in seen]
    of = table.content(*np.transpose(known))
    return tuple(tuple(np.flatnonzero(of == c).tolist()) for c in range(len(NAMES)))


def _check_contents(shares: Sequence[float], classes, word: str) -> None:
    """Refuse a class of content of which there is no picture."""
    there = [number for number, of in enumerate(classes) if of]
    for number, share in enumerate(shares):
        if share > 0 and number not in there:
            must = f"one of the classes that {word} has pictures of, {there}"
            raise InputError(f"the content of a frame must be {must}, got {number}")


@lru_cache(maxsize=16)
def _pair(name: str) -> Transceiver:
    """A pair that sends each picture once; all others are refused."""
    pair = _built("transmitter", name)._replace(label=name)
    if IMAGE not in pair.accepts:
        accepts = " or ".join(pair.accepts)
        raise InputError(f"transmitter {name} accepts {accepts}, got pictures")
    asks_more = pair.loop or pair.remembers or pair.hears_query
    if asks_more or pair.oracle or pair.error_free:
        must = "send each picture once, without memory or query, and be no reference"
        raise InputError(
            f"a transmitter of a cell over the link must {must}, got {name}"
        )
    return pair


@lru_cache(maxsize=1)
def _channel():
    return compiled_channel(_built("channel", CHANNEL), label=CHANNEL)


@lru_cache(maxsize=8)
def _task(word: str, utility: str) -> Task:
    """The task that judges, with the reference that the source has."""
    task = _built("task", TASKS[utility])
    return task.for_source(_source(word)) if isinstance(task, Sourced) else task


def _built(kind: str, word: str) -> Any:
    spec = ComponentSpec.model_validate(word)
    return built(kind, word, _catalogue().build(kind, spec))
