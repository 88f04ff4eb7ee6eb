"""Channels that others go over: built by name, as on the command line."""

from pathlib import Path

from semlink.config import ComponentSpec
from semlink.errors import InputError
from semlink.protocols import Channel
from semlink.registry import Registry

CHANNELS = Registry("channel", packages=("channels",), group="semlink.channels")


def inner(word: str) -> Channel:
    """Build the channel beneath.

    Raises
    ------
    InputError
        There is no such channel.
    """
    spec = ComponentSpec.model_validate(word)
    params = CHANNELS.resolve(spec.name, spec.argument, spec.params)
    return CHANNELS.build(spec.name, **params)


def files_beneath(word: str) -> list[Path]:
    """Files that the results of the channel beneath depend on."""
    spec = ComponentSpec.model_validate(word)
    params = CHANNELS.resolve(spec.name, spec.argument, spec.params)
    plugin = [Path(spec.name)] if spec.name.endswith(".py") else []
    return plugin + CHANNELS.files(spec.name, params)


def flat(word: str, over: str) -> Channel:
    """Build the flat channel beneath; ``over`` says what goes over it.

    Raises
    ------
    InputError
        The channel is none, or not flat: its symbols share more than a gain.
    """
    channel = inner(word)
    if not getattr(channel, "flat", False):
        raise InputError(
            f"{over} goes over a flat channel (awgn, rician, ...), got {word!r}"
        )
    return channel
