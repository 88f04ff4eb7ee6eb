"""A linear code with a memory of sites, of which only the difference is sent.

Both ends store what they received of a site: pictures sent in bits alone, which both
know exactly. A frame names an entry by an index and a version and sends the difference
to it. The receiver answers with a tag of its memory, from which the transmitter knows
what both have. A receiver without the entry declares the frame lost.
"""

from collections.abc import Hashable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import numpy as np
from pydantic import Field

from baselines.linear_jscc import LinearTransmitter, Setting, finest
from baselines.separated.rate_search import CLOSE_ENOUGH
from blocks.budget_search import Member, Settings, key_of
from blocks.importances import NONE
from blocks.knowledge.perception import build_describer, sees_annotations
from blocks.linear.digital import DigitalPayload
from blocks.linear.importance import OPTIMUM, Weighting
from blocks.linear.model import FILE, LinearModel, shipped
from blocks.linear.receiver import LinearReceiver
from blocks.linear.reproduction import reproduce
from blocks.memory.belief import Belief
from blocks.memory.entry import INDEX_BITS, VERSION_BITS, Entry, descriptor
from blocks.memory.eviction import Eviction
from blocks.memory.memory import EMPTY, TAG_BITS, Event, Memory, Shelf, nearest
from blocks.phy.header import pack_colour, unpack_colour
from semlink.errors import Infeasible, InputError
from semlink.protocols import Budget, Csi, Loop, Request, Transceiver
from semlink.signals import IMAGE, NO_BLOCKS, Estimate, RxSignal, Sample, unknown

Choice = Literal["nearest", "random", "none"]
FIELDS = {
    "predicted": 1,
    "stored": 1,
    "renewed": 1,
    "entry": INDEX_BITS,
    "version": VERSION_BITS,
}
# Level of a pixel without a difference, the middle of an interval of colours
CENTRE = int(unpack_colour(pack_colour(np.zeros(3)))[0])
SEED = 29


class Chosen(NamedTuple):
    """How a frame is sent.

    sample : the frame, or its difference to an entry
    setting : setting of the code
    base : the entry, if any
    """

    sample: Sample
    setting: Setting
    base: Entry | None = None


class SiteTransmitter:
    """Sends a frame, or its difference to an entry that the receiver has.

    Parameters
    ----------
    code : the linear code, in bits alone
    model : statistics that both ends share
    shelf : rules of the memory
    choice : which entry a frame is compared with
    refresh : every so many frames both ends forget everything; 0 if the receiver
        answers
    """

    def __init__(
        self,
        code: LinearTransmitter,
        model: LinearModel,
        shelf: Shelf,
        choice: Choice,
        refresh: int,
    ):
        self._code, self._model, self._shelf = code, model, shelf
        self._choice, self._refresh = choice, refresh

    def operating_point(self, csi: Csi) -> Hashable:
        """That of the linear code."""
        return self._code.operating_point(csi)

    def plan(self, source: Sequence[Sample], budget: Budget) -> Settings:
        """The plan of the code without memory, whose uses no frame exceeds."""
        for sample in source:
            self._shelf.check(np.shape(sample.data))
        return self._code.plan(source, budget, 0 if self._refresh else TAG_BITS)

    def __call__(self, sample: Sample, plan: Settings, memory: Belief | None = None):
        belief = Belief() if memory is None else memory
        renewed = belief.lost_track
        if self._refresh:
            renewed = belief.sent % self._refresh == 0
        held = () if renewed else belief.held
        what, setting, base = self._chosen(sample, plan.of(sample), held, belief.sent)
        named = (base.index, base.version) if base else None
        event = Event(named, renewed or belief.is_sure, renewed)
        made = self._code.send(what, setting, **_fields(event))
        size = sample.data.shape[:2]
        under = _under(base) if base else 0
        picture = reproduce(made.known, made.colour, size, self._model, under)
        answered = not self._refresh
        return made.tx, belief.after(event, picture, self._shelf, answered=answered)

    def acknowledged(self, memory: Belief, request: int | None) -> Belief:
        """The belief after the receiver's answer; ``None`` if none arrived."""
        return memory.answered(request)

    def _chosen(
        self, sample: Sample, alone: Setting, held: Sequence[Entry], number: int
    ) -> Chosen:
        """The finer one of a frame alone and its difference to an entry."""
        base, intra = self._base(sample.data, held, number), Chosen(sample, alone)
        if base is None:
            return intra
        limit = self._code.num_symbols(_member(sample), alone)
        frame = sample.data.astype(np.float32)
        difference = sample._replace(data=frame - _under(base))
        member = _member(difference)

        def spent(setting: Setting) -> int:
            return self._code.num_symbols(member, setting)

        try:
            over = finest(alone.point, spent, limit, sample.name, CLOSE_ENOUGH)
        except Infeasible:
            return intra
        if self._choice == "nearest" and over.quality <= alone.quality:
            return intra
        return Chosen(difference, over, base)

    def _base(self, picture, held: Sequence[Entry], number: int) -> Entry | None:
        """The entry that a frame is compared with."""
        if self._choice == "none":
            return None
        if self._choice == "nearest":
            return nearest(held, descriptor(picture), picture.shape)
        fitting = [entry for entry in held if entry.picture.shape == picture.shape]
        draws = np.random.default_rng([SEED, number])
        return fitting[draws.integers(len(fitting))] if fitting else None


class SiteReceiver:
    """Adds differences to entries of its memory.

    Parameters
    ----------
    code : receiver of the linear code
    shelf : rules of the memory
    """

    def __init__(self, code: LinearReceiver, shelf: Shelf):
        self._code, self._shelf = code, shelf

    def __call__(self, rx: RxSignal, query=None, memory: Memory | None = None):
        memory = EMPTY if memory is None else memory
        header = self._code.read(rx)
        if header is None:
            return unknown(), memory
        event, shape = _event(header), (header["height"], header["width"], 3)
        base = memory.find(event.base, shape) if event.base else None
        if event.base and base is None:
            return _without(memory, shape), memory
        under = _under(base) if base else 0
        estimate = self._code.decode(header, rx, partial(reproduce, under=under))
        if not estimate.lost:
            return estimate, self._shelf.after(memory, event, estimate.data)
        return estimate._replace(data=base.picture if base else estimate.data), memory

    def listen(self, query=None, memory: Memory | None = None) -> "Reception":
        """Begin to receive a frame, which is answered."""
        return Reception(self, EMPTY if memory is None else memory)


class Reception:
    """Reception of a frame; the answer is the tag of the memory after it."""

    def __init__(self, receiver: SiteReceiver, memory: Memory):
        self._receiver, self.memory = receiver, memory
        self.request = Request(None, TAG_BITS, False)

    def __call__(self, rx: RxSignal) -> Estimate:
        estimate, self.memory = self._receiver(rx, None, self.memory)
        self.request = Request(self.memory.tag, TAG_BITS, True)
        return estimate


def _fields(event: Event) -> dict[str, int]:
    """An event as fields of the header."""
    entry, version = event.base or (0, 0)
    flags = int(event.base is not None), int(event.stored), int(event.renewed)
    return dict(zip(FIELDS, (*flags, entry, version), strict=True))


def _event(header: dict[str, int]) -> Event:
    """The event of a header."""
    predicted, stored, renewed, entry, version = (header[name] for name in FIELDS)
    base = (entry, version) if predicted else None
    return Event(base, bool(stored), bool(renewed))


def _under(base: Entry) -> np.ndarray:
    """What is subtracted from a frame : [H, W, 3], int16."""
    return base.picture.astype(np.int16) - CENTRE


def _without(memory: Memory, shape: tuple[int, ...]) -> Estimate:
    """What is shown of a difference to an unknown entry: what was seen last."""
    latest = memory.latest(shape)
    return Estimate(latest.picture if latest else None, IMAGE, True, NO_BLOCKS)


def _member(sample: Sample) -> Member:
    shape, key = sample.data.shape, key_of(sample)
    return Member(
        sample.index, sample.name, sample.values, shape, key, 0, 0, lambda: sample
    )


def build(
    choice: Choice = "nearest",
    capacity: Annotated[int, Field(gt=0)] = 64_000_000,
    eviction: Eviction = "lru",
    refresh: Annotated[int, Field(ge=0)] = 0,
    describer: str = NONE,
    margin_db: Annotated[float, Field(ge=0, le=40)] = 0.0,
) -> Transceiver:
    """Build the pair.

    Parameters
    ----------
    choice : entry that a frame is compared with: the ``nearest`` one by descriptor, if
        that gives a finer picture than none; controls are one at ``random``, and
        ``none``
    capacity : largest storage of the memory [bytes]
    eviction : entry that goes when there is no more room, ``lru`` or ``lfu``
    refresh : without answers of the receiver, every so many frames both ends forget
        everything, and a loss ends; 0 with answers
    describer : puts entries into words, by name, from the stored picture
    margin_db : reserve in SNR of the scheme, for fading
    """
    if describer != NONE and sees_annotations(describer):
        raise InputError(f"describer must see the picture alone, got {describer}")
    model, weighting = shipped(), Weighting(NONE, OPTIMUM)
    parts = model, DigitalPayload(), weighting
    adaptation = {"csi": True, "design_snr_db": 0.0, "margin_db": margin_db}
    transmitter = LinearTransmitter(*parts, **adaptation, more=FIELDS)
    receiver = LinearReceiver(*parts, more=FIELDS)
    shelf = Shelf(capacity, eviction, *_words_of(describer))
    return Transceiver(
        SiteTransmitter(transmitter, model, shelf, choice, refresh),
        SiteReceiver(receiver, shelf),
        loop=None if refresh else Loop(acknowledged=True),
        remembers=True,
    )


def _words_of(describer: str) -> tuple:
    """What puts pictures into words, if anything."""
    if describer == NONE:
        return ()
    described = build_describer(describer)
    return (lambda picture: described(picture, {}),)


def files(**_) -> list[Path]:
    """Files that the results depend on: the model."""
    return [FILE]
