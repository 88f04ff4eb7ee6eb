"""The rate controller of a learned codec: a component, chosen by name.

It chooses the rate map: the number of channel dimensions of each position of a picture.
Both ends need the same map.
"""

from __future__ import annotations

from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    NamedTuple,
    Protocol,
    runtime_checkable,
)

import numpy as np

from semlink.catalogue import built
from semlink.errors import InputError
from semlink.registry import Registry

if TYPE_CHECKING:  # the list of components needs no networks
    from blocks.learned.inference import Analysed, Conditions, Networks
    from blocks.nn.codec import Statistics
    from semlink.signals import Sample

Actions = Literal["policy", "signalled"]  # of the channel knowledge base
NO_BITS = np.zeros(0, np.uint8)


class View(NamedTuple):
    """Knowledge of a picture at one end of the link.

    statistics : statistics of the latents, from the side information; the same at both
        ends
    quality : from the header; the same at both ends
    query : query of the receiver; the transmitter has it only if it was signalled
    sample, latents : the picture and its latents; ``None`` at the receiver
    """

    statistics: Statistics
    quality: float
    query: Any = None
    sample: Sample | None = None
    latents: Analysed | None = None


@runtime_checkable
class Controller(Protocol):
    """Chooses the rate map of a picture. Its methods depend on their arguments alone.

    signalled : whether it sends bits of its own. If true, it is a
        :class:`SignallingController`. If false, both ends derive the map from their
        common knowledge and must derive the same one: compute in float64 where integer
        arithmetic does not suffice, and round before decisions.
    """

    signalled: bool

    def features(self, networks: Networks, view: View) -> Any:
        """Features from which :meth:`rate_map` computes the map for any eta.

        This is the costly part; the transmitter caches it by picture and quality while
        it searches for eta. ``networks.run`` compiles a function of tensors.
        """

    def rate_map(self, networks: Networks, features: Any, at: Conditions) -> np.ndarray:
        """Choose the rate map; its dimensions grow with eta, which the search bisects.

        Input
        -----
        networks : networks of the codec
        features : features of this end, from :meth:`features`
        at : quality, eta and SNR, as in the header. The transmitter searches rates with
            an unknown context: the map may not depend on ``at.context``.

        Output
        ------
        level : [1, h, w], int32, indices into ``LEVELS``, at most ``networks.highest``
        """


@runtime_checkable
class SignallingController(Controller, Protocol):
    """A controller that signals its map, or a region or importance that determines it.

    Its bits follow the side information, under the same channel code, and count as side
    information; their number is in the header.
    """

    def encode(
        self, networks: Networks, features: Any, at: Conditions, level: np.ndarray
    ) -> np.ndarray:
        """Bits from which the receiver derives the map : [n], uint8, zeros and ones."""

    def decode(
        self, networks: Networks, features: Any, at: Conditions, bits: np.ndarray
    ) -> np.ndarray:
        """The rate map at the receiver, from the received bits : [1, h, w], int32.

        ``features`` are those of the receiver's view.

        Raises
        ------
        ValueError
            No transmitter sends these bits.
        """


class Rates(NamedTuple):
    """Output of a controller at the transmitter.

    level : [1, h, w], int32, the rate map
    bits : [n], uint8, its signalled bits
    """

    level: np.ndarray
    bits: np.ndarray


CONTROLLERS = Registry(
    "controller", packages=("blocks.controllers",), group="semlink.controllers"
)


def controller(spec: str) -> Controller:
    """Build a controller from its name, as on the command line.

    Raises
    ------
    InputError
        The name is unknown, or the component is not a controller.
    """
    made = built(CONTROLLERS, spec)
    signalled = getattr(made, "signalled", False)
    role = SignallingController if signalled else Controller
    if not isinstance(made, role):
        methods = "signalled, features, rate_map" + ", encode, decode" * bool(signalled)
        raise InputError(f"a controller must have {methods}, got {spec!r}")
    return made


def decide(
    chosen: Controller, networks: Networks, features: Any, at: Conditions, shape: tuple
) -> Rates:
    """The rate map at the transmitter, and its signalled bits.

    Raises
    ------
    InputError
        The map has another shape or type, or levels that the codec does not have.
    """
    level = chosen.rate_map(networks, features, at)
    _check(level, shape, networks.highest)
    if not chosen.signalled:
        return Rates(level, NO_BITS)
    return Rates(level, chosen.encode(networks, features, at, level))


def derive(
    chosen: Controller, networks: Networks, view: View, at: Conditions, bits: np.ndarray
) -> np.ndarray:
    """The rate map at the receiver : [1, h, w], int32; ``ValueError`` for bad bits."""
    features = chosen.features(networks, view)
    if not chosen.signalled:
        return chosen.rate_map(networks, features, at)
    return chosen.decode(networks, features, at, bits)


def _check(level: np.ndarray, shape: tuple, highest: int) -> None:
    if level.dtype != np.int32 or level.shape != tuple(shape):
        raise InputError(
            f"a rate map must be int32 of shape {tuple(shape)}, got {level.dtype} of "
            f"{level.shape}"
        )
    if level.min() < 0 or level.max() > highest:
        raise InputError(
            f"rate levels must be from 0 to {highest}, got {level.min()} to "
            f"{level.max()}"
        )
