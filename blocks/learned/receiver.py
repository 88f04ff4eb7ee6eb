"""The receiver of a learned codec: header, side information, joint code, synthesis."""

from typing import NamedTuple

import numpy as np

from blocks.inspection import Inspector, Seen, with_dither
from blocks.learned import digital_layer
from blocks.learned.controllers import View, derive
from blocks.learned.frame import (
    SCALES,
    Shared,
    conditions,
    grid_of,
    header_of,
    split,
)
from blocks.learned.inference import Conditions
from blocks.learned.power import gains_of, undone
from blocks.learned.summary import Summary
from blocks.nn.codec import Side, noise_variance, quantiser_step
from blocks.nn.transforms import PATCH
from blocks.phy import side_accounting
from blocks.phy.analog import distortion, unpack
from blocks.phy.side_accounting import Scheme
from blocks.phy.snr_field import snr_value_db
from semlink.signals import IMAGE, Estimate, RxSignal, join_blocks, unknown

Received = tuple[np.ndarray, np.ndarray]  # values, and their noise variances

NOTHING_HEARD = np.float32(1e6)  # least noise of a dimension that says nothing


class Opened(NamedTuple):
    """A transmission whose header was read.

    header : its fields
    scheme, num_bits : transmission and length of the side information
    num_side : number of its symbols
    digital, payload : symbols of side information and digital layer, and of the joint
        code: complex64, and their noise variances
    """

    header: dict
    scheme: Scheme
    num_bits: int
    num_side: int
    digital: Received
    payload: Received


class Known(NamedTuple):
    """What the digital part of a transmission says of a picture.

    header : its fields
    summary : side information
    side : maps
    useless : [1, h, w, M], bool, latents whose dimension says nothing
    at : conditions of the codec
    gains : [n], float32, gains of the dimensions by importance; ``None`` without
    """

    header: dict
    summary: Summary
    side: Side
    useless: np.ndarray
    at: Conditions
    gains: np.ndarray | None = None

    @property
    def num_dimensions(self) -> int:
        """Number of dimensions of the joint code."""
        return int(self.side.kept.sum())


class LearnedReceiver:
    """Header, side information, joint code, synthesis.

    Parameters
    ----------
    shared : configuration shared with the transmitter
    inspect : what judges the estimates; ``None`` for nothing
    """

    def __init__(self, shared: Shared, inspect: Inspector | None = None):
        self._shared, self._networks = shared, shared.networks
        self._header, self._inspect = header_of(shared), inspect

    def __call__(self, rx: RxSignal, query=None, memory=None):
        opened = self.open(rx.x_hat, rx.no)
        if opened is None:
            return unknown(), None
        known, blocks = self.known(opened, query)
        heard = known and self.dimensions(opened, known)
        if not heard:
            return self.concealed(opened.header, blocks), None
        return self.estimate(known, *heard, blocks), None

    def dimensions(self, opened: Opened, known: Known) -> Received | None:
        """Dimensions of the joint code, as :func:`dimensions` has them."""
        return dimensions(known, opened.payload)

    def open(self, x_hat: np.ndarray, no: np.ndarray) -> Opened | None:
        """Read the header of a transmission; ``None`` if it is lost."""
        header = self._header.receive(x_hat, no)
        if header is None or not header["height"] * header["width"]:
            return None
        self._shared.knowledge.check(header)
        num_bits = header["side_bits"] + header.get("map_bits", 0)
        if not num_bits:
            return None
        num_bits += self._shared.knowledge.num_bits
        scheme = Scheme(
            self._shared.side_info, header["mcs"], snr_value_db(header["snr"])
        )
        start = self._header.num_symbols
        num_side = num_digital = side_accounting.on_air(num_bits, scheme)
        if self._shared.hybrid:
            num_digital += digital_layer.num_symbols(header)
        (x_digital, x_hat), (no_digital, no) = (
            split(row[start:], num_digital, header["stride"]) for row in (x_hat, no)
        )
        digital, payload = (x_digital, no_digital), (x_hat, no)
        return Opened(header, scheme, num_bits, num_side, digital, payload)

    def known(self, opened: Opened, query) -> tuple[Known | None, np.ndarray]:
        """Decode the digital part; ``None`` if it is lost. With the decoded blocks."""
        header, num_side = opened.header, opened.num_side
        side, layer = (
            [row[part] for row in opened.digital]
            for part in (slice(num_side), slice(num_side, None))
        )
        bits, blocks = side_accounting.receive(*side, opened.num_bits, opened.scheme)
        if bits is None:
            return None, blocks
        try:
            at = self._conditions(header, bits)
            summary, side, index = self._side(header, bits, at, query)
        except ValueError:
            return None, blocks  # one erroneous block in 2^24 passes its CRC
        codec = self._shared.of_codec(at)
        useless = np.zeros(side.kept.shape, bool)
        if self._shared.hybrid:
            no_of_codec = noise_variance(codec.design_snr_db)
            by = digital_layer.split_of(index, side.kept, no_of_codec, header)
            values, own = digital_layer.receive(*layer, by, header)
            side, useless = digital_layer.left_over(side, by, values)
            blocks = join_blocks(blocks, own)
        own_bits = bits[header["side_bits"] :][: header.get("map_bits", 0)]
        gains = gains_of(self._shared, side, own_bits, codec)
        return Known(header, summary, side, useless, codec, gains), blocks

    def estimate(
        self, known: Known, received: np.ndarray, noise: np.ndarray, blocks: np.ndarray
    ) -> Estimate:
        """The picture, and what the inspector says of it.

        Input
        -----
        received, noise : [n], float32, dimensions, and their noise variances
        blocks : decoded blocks
        """
        received, noise = undone(received, noise, known.gains)
        picture = self.picture(known, received, noise)
        doubt = None
        if self._inspect:
            doubt = self._inspect(self._seen(known, received, noise, picture))
        return Estimate(picture, IMAGE, False, blocks, doubt)

    def picture(self, known: Known, received: np.ndarray, noise: np.ndarray):
        """Dimensions and their noise variances, [n], to pixels [H, W, 3], uint8."""
        useless = known.useless[known.side.kept > 0] | (noise >= NOTHING_HEARD)
        header = known.header
        return self._networks.decode(
            known.summary.base,
            np.where(useless, 0, received),
            np.where(useless, NOTHING_HEARD, noise),
            SCALES.value(header["scale"]),
            known.side,
            known.at,
            (header["height"], header["width"]),
        )

    def error(self, known: Known, noise: np.ndarray) -> np.ndarray:
        """Expected squared error of each latent : [h, w, M], squared pixel levels.

        That of the linear code: the networks' correction is not known in advance.

        Input
        -----
        noise : [n], float32, noise variances of the dimensions
        """
        side, scale = known.side, SCALES.value(known.header["scale"])
        power = self._networks.power(side, known.at)
        variance = np.ones_like(side.kept)
        variance[side.kept > 0] = np.minimum(noise, NOTHING_HEARD) / scale**2
        variance = np.where(known.useless, NOTHING_HEARD, variance)
        step = 255 * quantiser_step(known.at.quality)
        return distortion(power, side.sigma, variance)[0] * np.float32(step**2)

    def concealed(self, header: dict, blocks: np.ndarray) -> Estimate:
        """The picture of the likeliest side information, after an outage."""
        networks, at = self._networks, _at(header, self._shared.knowledge.unknown)
        summary = networks.coder.likeliest(grid_of(header))
        statistics = networks.statistics(summary, at.quality)
        side = networks.side(statistics, np.zeros_like(statistics.entropy, np.int32))
        nothing = np.zeros(0, np.float32)
        size = header["height"], header["width"]
        at = self._shared.of_codec(at)
        shown = networks.decode(summary.base, nothing, nothing, 1.0, side, at, size)
        return Estimate(shown, IMAGE, True, blocks)

    def _seen(self, known: Known, received, noise, picture: np.ndarray) -> Seen:
        """The view of an inspector."""

        def dithered(seed: int) -> np.ndarray:
            return self.picture(known, *with_dither(received, noise, seed))

        return Seen(picture, self.error(known, noise), PATCH, dithered)

    def _side(self, header: dict, bits: np.ndarray, at: Conditions, query):
        """Decode the side information; derive all maps from it."""
        networks, length = self._networks, header["side_bits"]
        sent = bits[length : length + header.get("map_bits", 0)]
        summary = networks.coder.decode(bits[:length], grid_of(header))
        statistics = networks.statistics(summary, at.quality)
        view = View(statistics, at.quality, query)
        level = derive(self._shared.controller, networks, view, at, sent)
        return summary, networks.side(statistics, level), statistics.index

    def _conditions(self, header: dict, bits: np.ndarray) -> Conditions:
        """Conditions of a picture, from header and received side information."""
        knowledge = self._shared.knowledge
        told = bits[len(bits) - knowledge.num_bits :]
        return _at(header, knowledge.hear(header, told))


def dimensions(known: Known, payload: Received) -> Received | None:
    """Symbols of the joint code to dimensions of mean power 1; ``None`` if cut short.

    Output
    ------
    received, noise : [n], float32, dimensions, and their noise variances
    """
    count = known.num_dimensions
    num_symbols = -(-count // 2)
    x_hat, no = (row[:num_symbols] for row in payload)
    if len(x_hat) < num_symbols:
        return None
    received, noise = unpack(x_hat, no, count)
    return received * np.float32(np.sqrt(2)), 2 * noise


def _at(header: dict, context: np.ndarray) -> Conditions:
    return conditions(header["quality"], header["eta"], header["snr"], context)
