"""The receiver of the linear code: header, classes, LMMSE estimates."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from blocks.inspection import Inspector, Seen, with_dither
from blocks.linear import classes as classes_of_blocks
from blocks.linear.digital import DigitalPayload
from blocks.linear.hybrid import HybridPayload
from blocks.linear.importance import Weighting
from blocks.linear.model import (
    SIDE,
    LinearModel,
    deviations,
    grid_of,
    synthesise,
)
from blocks.linear.payload import QUALITY_BITS, AnalogPayload
from blocks.phy import side_information
from blocks.phy.header import Header, unpack_colour
from semlink.signals import (
    IMAGE,
    NO_BLOCKS,
    Estimate,
    RxSignal,
    join_blocks,
    unknown,
)

FIELDS = {
    "height": 14,
    "width": 14,
    "mean_colour": 12,
    "side_bits": 22,
    "mcs": 4,
    "quality": QUALITY_BITS,
}
NO_FIELDS: Mapping[str, int] = MappingProxyType({})

# coefficients, colour, size, model -> picture
Synthesis = Callable[..., np.ndarray]


class LinearReceiver:
    """Header, classes, LMMSE estimates; the mean colour if the classes are lost.

    Parameters
    ----------
    model : statistics that both ends share
    payload : how coefficients are sent
    weighting : weights by importance
    inspect : what judges the estimates; ``None`` for nothing
    more : further fields of the header
    """

    def __init__(
        self,
        model: LinearModel,
        payload: AnalogPayload | HybridPayload | DigitalPayload,
        weighting: Weighting,
        inspect: Inspector | None = None,
        more: Mapping[str, int] = NO_FIELDS,
    ):
        self._model, self._payload, self._weighting = model, payload, weighting
        fields = FIELDS | payload.fields | weighting.fields | dict(more)
        self._header, self._inspect = Header(fields), inspect

    def __call__(self, rx: RxSignal, query=None, memory=None):
        header = self.read(rx)
        return unknown() if header is None else self.decode(header, rx), None

    def read(self, rx: RxSignal) -> dict[str, int] | None:
        """The header of a signal; ``None`` if it is lost."""
        header = self._header.receive(rx.x_hat, rx.no)
        return header if header and header["height"] * header["width"] else None

    def decode(
        self, header: dict[str, int], rx: RxSignal, synthesis: Synthesis = synthesise
    ) -> Estimate:
        """Decode what follows the header.

        ``synthesis`` makes the picture, as :func:`blocks.linear.model.synthesise`.
        """
        x_hat, no = rx.x_hat, rx.no
        start, mcs = self._header.num_symbols, header["mcs"]
        num_bits = header["side_bits"] + header.get("importance_bits", 0)
        end = start + (side_information.num_symbols(num_bits, mcs) if num_bits else 0)
        side = slice(start, end)
        bits, blocks = side_information.receive(x_hat[side], no[side], num_bits, mcs)
        picture = None
        if bits is not None:
            payload = x_hat[end:], no[end:]
            picture, own, doubt = self._decode(header, bits, *payload, synthesis)
            blocks = join_blocks(blocks, own)
        if picture is not None:
            return Estimate(picture, IMAGE, False, blocks, doubt)
        size = header["height"], header["width"], 3
        colour = unpack_colour(header["mean_colour"])
        return Estimate(np.broadcast_to(colour, size), IMAGE, True, blocks)

    def _decode(self, header: dict, bits, x_hat, no, synthesis: Synthesis):
        """Picture, ``None`` if cut short, blocks of the payload, and doubt."""
        size = header["height"], header["width"]
        grid = grid_of(*size)
        of_classes, of_map = np.split(bits, [header["side_bits"]])
        try:
            gains, classes = classes_of_blocks.decode(of_classes, grid, self._model)
            scale = self._weighting.scale(of_map, grid, self._model)
        except ValueError:
            return None, NO_BLOCKS, None  # one block in 2^24 passes its CRC in error
        sigma = scale * deviations(gains, classes, grid, self._model)
        colour = unpack_colour(header["mean_colour"])

        def decoded(x_hat, no):
            x, blocks = self._payload.receive(x_hat, no, sigma, header)
            if x is None:
                return None, blocks
            return synthesis(x / scale, colour, size, self._model), blocks

        def dithered(seed: int) -> np.ndarray:
            return decoded(*with_dither(x_hat, no, seed))[0]

        picture, blocks = decoded(x_hat, no)
        if picture is None or not self._inspect:
            return picture, blocks, None
        error = self._payload.errors(no, sigma, header) / scale**2
        # errors of the coefficients that are transformed again are spread over all
        spectral = slice(self._model.num_spectral)
        error[:, spectral] = error[:, spectral].mean(axis=0)
        error = np.float32(255**2 * error.reshape(*grid, -1))
        doubt = self._inspect(Seen(picture, error, SIDE, dithered))
        return picture, blocks, doubt
