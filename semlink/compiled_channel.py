"""A channel compiled as a stage of a link."""

import inspect
from collections.abc import Callable

import numpy as np

from semlink.contracts.channels import received
from semlink.errors import InputError
from semlink.graph import compiled
from semlink.loop.evolution import takes_start
from semlink.protocols import Channel, Frame
from semlink.rng import Course
from semlink.signals import Ledger, RxSignal, ledger


class _Stage:
    """A compiled channel, hashed by identity and not by its parts."""

    def __init__(self, stage: Callable, channel: Channel, label: str):
        self._stage, self.frame, self.name = stage, frame_of(channel), label
        self.superposes = getattr(channel, "superposes", False)
        if hasattr(channel, "resources"):
            self.resources = channel.resources

    def __call__(self, x, snr_db, course: Course) -> RxSignal:
        return self._received(self._stage, x, snr_db, course)

    def _received(self, stage: Callable, x, snr_db, course: Course, *start) -> RxSignal:
        """Output of a stage, checked."""
        # a Python number would be a constant, and each seed would trace a new graph
        seed = np.asarray(course.seed, np.int64)
        return received(stage(x, snr_db, seed, *start), tuple(x.shape), self.name)


class _StageWithStart(_Stage):
    """A compiled channel that can be evaluated from any position of its course.

    Signals that begin with the course have a graph of their own: with a constant start
    of zero it computes less and rounds differently.
    """

    def __init__(self, stage: Callable, later: Callable, channel: Channel, label: str):
        super().__init__(stage, channel, label)
        self._later = later

    def __call__(self, x, snr_db, course: Course, start=0) -> RxSignal:
        if not start:
            return super().__call__(x, snr_db, course)
        start = np.asarray(start, np.int32)
        return self._received(self._later, x, snr_db, course, start)


def compiled_channel(
    channel: Channel, name: str = "channel", label: str | None = None
) -> Channel:
    """Compile a channel at its ``level`` (default: graph), and check what it returns.

    A compiled channel is returned as it is. Its signals are arrays, as
    :func:`semlink.contracts.channels.received` has them.

    Parameters
    ----------
    channel : built channel
    name : name under which its traces are counted
    label : name of the channel in messages; by default, that of its class

    Raises
    ------
    InputError
        The channel takes no course to draw from; later, it returns an invalid signal.
    """
    if isinstance(channel, _Stage):
        return channel
    try:
        inspect.signature(channel).bind("x", "snr_db", "course")
    except TypeError:
        raise InputError(
            "a channel must take (x, snr_db, course) and draw from its course, got "
            f"{type(channel).__name__}{inspect.signature(channel)}"
        ) from None

    def over(x, snr_db, seed) -> RxSignal:
        return channel(x, snr_db, Course(seed))

    def later(x, snr_db, seed, start) -> RxSignal:
        return channel(x, snr_db, Course(seed), start)

    level = getattr(channel, "level", "graph")
    stage = compiled(over, level=level, name=name)
    label = label or type(channel).__name__
    if not takes_start(channel):
        return _Stage(stage, channel, label)
    with_start = compiled(later, level=level, name=name)
    return _StageWithStart(stage, with_start, channel, label)


def frame_of(channel: Channel) -> Frame:
    """The frame of a channel; by default, its symbols alone."""
    return getattr(channel, "frame", Frame())


def added(frame: Frame, num_symbols: int) -> Ledger:
    """Channel uses that frames add to a transmission of ``num_symbols``."""
    prefix = -(-num_symbols // frame.data) * frame.prefix
    pilots = frame.uses(num_symbols) - num_symbols - prefix
    return ledger(pilots=pilots, prefix=prefix)
