"""A channel as a compiled stage of a link, known by itself, whatever its parts are."""

import inspect
from collections.abc import Callable

import numpy as np

from semlink.errors import InputError
from semlink.graph import compiled
from semlink.loop.evolution import takes_start
from semlink.protocols import Channel, Frame
from semlink.rng import Course
from semlink.signals import RxSignal


class _Stage:
    """A channel that is compiled; it is known by itself, whatever its parts are."""

    def __init__(self, stage: Callable, channel: Channel):
        self._stage, self.frame = stage, frame_of(channel)
        self.superposes = getattr(channel, "superposes", False)
        self.name = type(channel).__name__

    def __call__(self, x, snr_db, course: Course) -> RxSignal:
        # a number would be a constant of the graph, and each seed a graph of its own
        return self._stage(x, snr_db, np.asarray(course.seed, np.int64))


class _StageWithStart(_Stage):
    """The same of a channel that can be evaluated from any place of its course.

    What begins with the course has a graph of its own: a start that is known to be zero
    leaves nothing to compute, and another rounding.
    """

    def __init__(self, stage: Callable, later: Callable, channel: Channel):
        super().__init__(stage, channel)
        self._later = later

    def __call__(self, x, snr_db, course: Course, start=0) -> RxSignal:
        if not start:
            return super().__call__(x, snr_db, course)
        seed, start = np.asarray(course.seed, np.int64), np.asarray(start, np.int32)
        return self._later(x, snr_db, seed, start)


def compiled_channel(channel: Channel, name: str = "channel") -> Channel:
    """Compile a channel as strongly as its ``level`` says (default: graph).

    Parameters
    ----------
    channel : built channel
    name : under which its traces are counted

    Raises
    ------
    InputError
        The channel takes no course to draw from.
    """
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
    if not takes_start(channel):
        return _Stage(stage, channel)
    return _StageWithStart(stage, compiled(later, level=level, name=name), channel)


def frame_of(channel: Channel) -> Frame:
    """The frame of a channel; of one that says nothing, its symbols alone."""
    return getattr(channel, "frame", Frame())
