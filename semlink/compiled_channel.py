"""A channel compiled as a stage of a link."""

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
    """A compiled channel, hashed by identity and not by its parts."""

    def __init__(self, stage: Callable, channel: Channel):
        self._stage, self.frame = stage, frame_of(channel)
        self.superposes = getattr(channel, "superposes", False)
        self.name = type(channel).__name__

    def __call__(self, x, snr_db, course: Course) -> RxSignal:
        # a Python number would be a constant, and each seed would trace a new graph
        return self._stage(x, snr_db, np.asarray(course.seed, np.int64))


class _StageWithStart(_Stage):
    """A compiled channel that can be evaluated from any position of its course.

    Signals that begin with the course have a graph of their own: with a constant start
    of zero it computes less and rounds differently.
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
    """Compile a channel at its ``level`` (default: graph).

    Parameters
    ----------
    channel : built channel
    name : name under which its traces are counted

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
    """The frame of a channel; by default, its symbols alone."""
    return getattr(channel, "frame", Frame())
