"""Signal format of a learned codec: header and side information, analog payload.

Header and side information (hyper-latent, and bits of the rate controller) are digital.
Both ends derive the rate map from them; the receiver knows only what it decodes.
"""

from typing import Literal, NamedTuple

import numpy as np

from blocks.knowledge.source import NoKnowledge
from blocks.learned import digital_layer
from blocks.learned.controllers import Controller
from blocks.learned.inference import Conditions, Networks
from blocks.learned.rate import ETA_BITS, ETAS, FULL_QUALITY, QUALITY_BITS
from blocks.nn.codec import MULTIPLE
from blocks.phy.analog import LogScale
from blocks.phy.header import Header
from blocks.phy.side_accounting import SideInfo
from blocks.phy.snr_field import SNR_BITS, snr_value_db

SCALE_BITS, STRIDE_BITS = 10, 8
SCALES = LogScale(SCALE_BITS, 1 / 8, 8)
FIELDS = {
    "height": 14,
    "width": 14,
    "side_bits": 22,
    "stride": STRIDE_BITS,
    "mcs": 4,
    "quality": QUALITY_BITS,
    "eta": ETA_BITS,
    "snr": SNR_BITS,
    "scale": SCALE_BITS,
}
MAP_BITS = 20

# "rate": for rates, not for power and code; "map": by resource block, too
UseOfCsi = Literal[True, False, "rate", "map"]


class Shared(NamedTuple):
    """Configuration that both ends of a link share.

    networks : networks of the codec
    controller : chooses the rate map
    side_info : accounting of the side information
    knowledge : source knowledge base, which signals a context
    codec_snr_db : SNR that the codec is conditioned on; ``None``: that in the header
    hybrid : whether latents have a digital layer
    mapped : whether dimensions may be placed by a map of the channel's state
    """

    networks: Networks
    controller: Controller
    side_info: SideInfo
    knowledge: NoKnowledge
    codec_snr_db: float | None = None
    hybrid: bool = False
    mapped: bool = False

    def of_codec(self, at: Conditions) -> Conditions:
        """The conditions of the codec; ``at`` has those of the controller."""
        if self.codec_snr_db is None:
            return at
        return at._replace(design_snr_db=self.codec_snr_db)


class Coded(NamedTuple):
    """The latents of an image on the air.

    layer, payload : symbols, complex64, of the digital layer and of the joint code
    blocks : [C, K], uint8, code blocks of the layer
    fields : fields of the header
    """

    layer: np.ndarray
    payload: np.ndarray
    blocks: np.ndarray
    fields: dict[str, int]


class Sent(NamedTuple):
    """The signal of an image.

    header : symbols, complex64
    body : symbols, complex64, side information interleaved with the payload
    num_side, num_layer : number of symbols of side information and digital layer
    stride : distance of these symbols
    counted : channel uses counted for them
    blocks : [C, K], uint8, their code blocks
    """

    header: np.ndarray
    body: np.ndarray
    num_side: int
    num_layer: int
    stride: int
    counted: int
    blocks: np.ndarray


def header_of(shared: Shared) -> Header:
    """The header of a link: common fields, and those of the parts that it has."""
    own = {"map_bits": MAP_BITS} if shared.controller.signalled else {}
    layer = digital_layer.FIELDS if shared.hybrid else {}
    placed = {"mapped": 1} if shared.mapped else {}
    return Header(FIELDS | own | layer | placed | shared.knowledge.fields)


def stride_of(num_side: int, num_payload: int) -> int:
    """Distance of the digital symbols in the merged signal.

    Spread over the whole transmission, they meet many fades, which their code averages.
    """
    return min((num_side + num_payload) // num_side, 2**STRIDE_BITS - 1)


def merge(side: np.ndarray, payload: np.ndarray, stride: int) -> np.ndarray:
    """Interleave digital symbols [m] with the payload [n] : [m + n], complex64."""
    x = np.empty(len(side) + len(payload), np.complex64)
    is_side = _is_side(len(x), len(side), stride)
    x[is_side], x[~is_side] = side, payload
    return x


def split(x: np.ndarray, num_side: int, stride: int) -> tuple[np.ndarray, np.ndarray]:
    """Digital symbols [num_side], fewer if ``x`` is too short, and the payload."""
    is_side = _is_side(len(x), num_side, stride)
    return x[is_side], x[~is_side]


def payload_places(num_digital: int, num_payload: int, stride: int) -> np.ndarray:
    """Places of the payload in the merged signal : [num_payload]."""
    is_side = _is_side(num_digital + num_payload, num_digital, stride)
    return np.flatnonzero(~is_side)


def _is_side(length: int, num_side: int, stride: int) -> np.ndarray:
    mask = np.zeros(length, bool)
    mask[: num_side * stride : max(stride, 1)] = True
    return mask


def conditions(quality: int, eta: int, snr: int, context: np.ndarray) -> Conditions:
    """Values of the fields of a header, and a context."""
    values = quality / FULL_QUALITY, ETAS.value(eta), snr_value_db(snr)
    return Conditions(*values, context)


def grid_of(header: dict) -> tuple[int, int]:
    """Positions (rows, columns) of the hyper-latent, from the size in the header."""
    return -(-header["height"] // MULTIPLE), -(-header["width"] // MULTIPLE)
