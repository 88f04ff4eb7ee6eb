"""Configuration and header of a separated link."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from baselines.separated.rate_search import Codec
from blocks.phy.bicm import Bicm, Mcs
from blocks.phy.harq import HarqMode
from blocks.phy.header import pack_colour
from blocks.phy.ldpc.nr import DecoderName
from blocks.phy.mcs import SCHEMES

FIELDS = {"height": 14, "width": 14, "num_bytes": 28, "mcs": 5, "mean_colour": 12}
CONFIGURED = len(SCHEMES)  # value of the mcs field: the configured scheme


class Shared(NamedTuple):
    """Configuration that both ends share.

    codec : picture codec
    mcs : the configured scheme, or ``None`` to choose it by the CSI fed back
    code : name of the channel code
    decoder : decoder of the NR code
    harq : HARQ mode
    """

    codec: Codec
    mcs: Mcs | None
    code: str
    decoder: DecoderName
    harq: HarqMode

    def chain(self, number: int) -> Bicm | None:
        """The digital chain of a header's ``mcs`` field; ``None`` if there is none."""
        scheme = dict(enumerate((*SCHEMES, self.mcs))).get(number)
        return scheme and chain(scheme, self.code, self.decoder)


@lru_cache(maxsize=64)
def chain(mcs: Mcs, code: str, decoder: DecoderName) -> Bicm:
    """The digital chain of a scheme, built once."""
    options = {"decoder": decoder} if code == "nr" else {}
    return Bicm(mcs, code=code, **options)


def header_values(image: np.ndarray, data: bytes, mcs: int) -> dict[str, int]:
    """Header fields of a picture, its file and its scheme."""
    height, width, _ = image.shape
    colour = pack_colour(image.mean(axis=(0, 1)))
    values = (height, width, len(data), mcs, colour)
    return dict(zip(FIELDS, values, strict=True))
