"""Inner channels of composed channels, built by name as on the command line."""

from pathlib import Path

import tensorflow as tf

from semlink.config import ComponentSpec
from semlink.errors import InputError
from semlink.loop.evolution import takes_start
from semlink.protocols import Channel, Frame
from semlink.registry import Registry
from semlink.rng import Course
from semlink.signals import RxSignal

CHANNELS = Registry("channel", packages=("channels",), group="semlink.channels")


def inner(word: str) -> Channel:
    """Build the inner channel.

    Raises
    ------
    InputError
        There is no such channel.
    """
    spec = ComponentSpec.model_validate(word)
    params = CHANNELS.resolve(spec.name, spec.argument, spec.params)
    return _with_start(CHANNELS.build(spec.name, **params))


class _FromTheBeginning:
    """A channel without ``start``: silence is sent before its signals."""

    def __init__(self, channel: Channel):
        self._channel = channel
        self.level = getattr(channel, "level", "graph")
        self.flat = getattr(channel, "flat", False)
        self.frame = getattr(channel, "frame", Frame())

    def __call__(self, x, snr_db, course: Course, start=0) -> RxSignal:
        x = tf.pad(x, [[0, 0], [start, 0]])
        return RxSignal(*(p[:, start:] for p in self._channel(x, snr_db, course)))


def _with_start(channel: Channel) -> Channel:
    return channel if takes_start(channel) else _FromTheBeginning(channel)


def files_beneath(word: str) -> list[Path]:
    """Files that the results of the inner channel depend on."""
    spec = ComponentSpec.model_validate(word)
    params = CHANNELS.resolve(spec.name, spec.argument, spec.params)
    plugin = [Path(spec.name)] if spec.name.endswith(".py") else []
    return plugin + CHANNELS.files(spec.name, params)


def flat(word: str, over: str) -> Channel:
    """Build a flat inner channel; ``over`` is the name of the outer one.

    Raises
    ------
    InputError
        The channel does not exist, or is not flat.
    """
    channel = inner(word)
    if not getattr(channel, "flat", False):
        raise InputError(
            f"{over} goes over a flat channel (awgn, rician, ...), got {word!r}"
        )
    return channel
