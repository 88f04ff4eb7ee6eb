"""The receiver of a learned codec: header, side information, joint code, synthesis."""

import numpy as np

from blocks.learned import digital_layer, power
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
from blocks.nn.codec import noise_variance
from blocks.phy import side_accounting
from blocks.phy.analog import unpack
from blocks.phy.side_accounting import Scheme
from blocks.phy.snr_field import snr_value_db
from semlink.signals import IMAGE, NO_BLOCKS, Estimate, RxSignal, join_blocks, unknown

NOTHING_HEARD = np.float32(1e6)  # least noise of a dimension that says nothing


class LearnedReceiver:
    """Header, side information, joint code, synthesis.

    Parameters
    ----------
    shared : configuration shared with the transmitter
    """

    def __init__(self, shared: Shared):
        self._shared, self._networks = shared, shared.networks
        self._header = header_of(shared)

    def __call__(self, rx: RxSignal, query=None, memory=None):
        return self._receive(rx.x_hat, rx.no, query), None

    def _receive(self, x_hat: np.ndarray, no: np.ndarray, query) -> Estimate:
        header = self._header.receive(x_hat, no)
        if header is None or not header["height"] * header["width"]:
            return unknown()
        self._shared.knowledge.check(header)
        num_bits = header["side_bits"] + header.get("map_bits", 0)
        if not num_bits:
            return unknown()
        num_bits += self._shared.knowledge.num_bits
        scheme = Scheme(
            self._shared.side_info, header["mcs"], snr_value_db(header["snr"])
        )
        start = self._header.num_symbols
        num_side = side_accounting.on_air(num_bits, scheme)
        num_digital = num_side
        if self._shared.hybrid:
            num_digital += digital_layer.num_symbols(header)
        (x_digital, x_hat), (no_digital, no) = (
            split(row[start:], num_digital, header["stride"]) for row in (x_hat, no)
        )
        x_side, no_side = x_digital[:num_side], no_digital[:num_side]
        bits, blocks = side_accounting.receive(x_side, no_side, num_bits, scheme)
        picture = None
        if bits is not None:
            layer = x_digital[num_side:], no_digital[num_side:]
            picture, own = self._decode(header, bits, layer, x_hat, no, query)
            blocks = join_blocks(blocks, own)
        if picture is not None:
            return Estimate(picture, IMAGE, False, blocks)
        return Estimate(self._concealed(header), IMAGE, True, blocks)

    def _decode(self, header: dict, bits, layer, x_hat, no, query):
        """Decode the signal after the header to a picture; ``None`` if cut short.

        Input
        -----
        bits : of the side information
        layer : symbols of the digital layer, and their noise variances
        x_hat, no : symbols of the payload, and their noise variances

        Output
        ------
        picture : [H, W, 3], uint8, or ``None``
        blocks : [C, K], uint8, decoded blocks of the layer
        """
        networks, blocks = self._networks, NO_BLOCKS
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
            values, blocks = digital_layer.receive(*layer, by, header)
            side, useless = digital_layer.left_over(side, by, values)
        count = int(side.kept.sum())
        num_symbols = -(-count // 2)
        if num_symbols > len(x_hat):
            return None, blocks
        received, noise = unpack(x_hat[:num_symbols], no[:num_symbols], count)
        useless = useless[side.kept > 0] | (2 * noise >= NOTHING_HEARD)
        own_bits = bits[header["side_bits"] :][: header.get("map_bits", 0)]
        gains = power.gains(self._shared, side, own_bits, codec)
        received, noise = power.undone(received, noise, gains)
        received = np.where(useless, 0, received * np.float32(np.sqrt(2)))
        noise = np.where(useless, NOTHING_HEARD, 2 * noise)
        scale = SCALES.value(header["scale"])
        size = header["height"], header["width"]
        picture = networks.decode(
            summary.base, received, noise, scale, side, codec, size
        )
        return picture, blocks

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

    def _concealed(self, header: dict) -> np.ndarray:
        """The picture of the likeliest side information, after an outage."""
        networks, at = self._networks, _at(header, self._shared.knowledge.unknown)
        summary = networks.coder.likeliest(grid_of(header))
        statistics = networks.statistics(summary, at.quality)
        side = networks.side(statistics, np.zeros_like(statistics.entropy, np.int32))
        nothing = np.zeros(0, np.float32)
        size = header["height"], header["width"]
        at = self._shared.of_codec(at)
        return networks.decode(summary.base, nothing, nothing, 1.0, side, at, size)


def _at(header: dict, context: np.ndarray) -> Conditions:
    return conditions(header["quality"], header["eta"], header["snr"], context)
