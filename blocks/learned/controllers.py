"""The rate controller of a learned codec: a component, chosen by name.

It turns what an end of the link knows of a picture into the rate map, which says how
many channel dimensions each position has. Both ends need the same map.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from blocks.learned.ends import built
from semlink.errors import InputError
from semlink.registry import Registry

if TYPE_CHECKING:  # the list of components needs no networks
    from blocks.learned.inference import Analysed, Conditions, Networks
    from blocks.nn.codec import Statistics
    from semlink.signals import Sample

NO_BITS = np.zeros(0, np.uint8)


class View(NamedTuple):
    """What one end of the link knows of a picture.

    statistics : what the side information says of the latents; the same at both ends
    quality : 0 to 1, of the header; the same at both ends
    query : what the receiver wants to know. The receiver has it from the start, the
        transmitter only where it was signalled
    sample, latents : of the picture; ``None`` at the receiver
    """

    statistics: Statistics
    quality: float
    query: Any = None
    sample: Sample | None = None
    latents: Analysed | None = None


@runtime_checkable
class Controller(Protocol):
    """Chooses the rate map of a picture. Its methods depend on their arguments alone.

    signalled : whether it sends bits of its own. Without, both ends derive the map from
        what both know, and must derive the same one: what is not integer arithmetic is
        computed in float64 and rounded before it decides. With, it is a
        :class:`SignallingController`.
    """

    signalled: bool

    def features(self, networks: Networks, view: View) -> Any:
        """What the rate map follows from, whatever eta.

        This is the costly part; the transmitter keeps it by picture and quality while
        it searches for eta. ``networks.run`` compiles a function of tensors.
        """

    def rate_map(self, networks: Networks, features: Any, at: Conditions) -> np.ndarray:
        """Choose the rate map. Its dimensions grow with eta, which the search bisects.

        Input
        -----
        networks : of the codec
        features : of this end, from :meth:`features`
        at : quality, eta and SNR, as in the header. The transmitter searches rates with
            an unknown context: the map may not depend on ``at.context``.

        Output
        ------
        level : [1, h, w], int32, indices into ``LEVELS``, at most ``networks.highest``
        """


@runtime_checkable
class SignallingController(Controller, Protocol):
    """A controller that sends what its map follows from: a map, a region, importance.

    Its bits cross the link behind the side information, under the same channel code,
    and are counted with it; their number is in the header.
    """

    def encode(
        self, networks: Networks, features: Any, at: Conditions, level: np.ndarray
    ) -> np.ndarray:
        """What the receiver needs to derive the map : [n], uint8, zeros and ones."""

    def decode(
        self, networks: Networks, features: Any, at: Conditions, bits: np.ndarray
    ) -> np.ndarray:
        """The rate map [1, h, w], int32, of some bits, at the receiver.

        ``features`` are those of the receiver's view.

        Raises
        ------
        ValueError
            For bits that no transmitter sends.
        """


class Rates(NamedTuple):
    """What a controller decides at the transmitter.

    level : [1, h, w], int32, the rate map
    bits : [n], uint8, that it sends
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
        If there is none of that name, or it is no controller.
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
    """The rate map at the transmitter, and the bits that are sent of it.

    Raises
    ------
    InputError
        The map is not one of [1, h, w] levels that the codec has.
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
