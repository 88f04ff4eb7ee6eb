"""JPEG2000 at Shannon capacity without errors: a bound, not a link.

The same codec with an ideal channel code of log2(1 + SNR) bits per channel use. It
bounds every separated JPEG2000 link over AWGN, and over fading, where the ergodic
capacity is below the capacity at the average SNR. It is no bound for channels with
several receive antennas, whose SNRs add up.
"""

from collections.abc import Hashable, Sequence

import numpy as np

from baselines.jpeg2000_ldpc import Jpeg2000
from baselines.separated.rate_search import Files, Setting, search_quality
from blocks.budget_search import Cost, Member, Settings
from blocks.phy.clean_symbols import pack, unpack
from semlink.protocols import Budget, Csi, Transceiver
from semlink.signals import (
    IMAGE,
    NO_BLOCKS,
    Estimate,
    RxSignal,
    Sample,
    TxSignal,
    ledger,
)
from semlink.units import db_to_linear


class CapacityTransmitter:
    """Counts channel uses by capacity, and packs the file into that many symbols."""

    def __init__(self):
        self._codec = Jpeg2000()
        self._files = Files(self._codec)

    def operating_point(self, csi: Csi) -> Hashable:
        """The capacity, in bits per channel use."""
        return float(np.log2(1 + db_to_linear(csi.snr_db)))

    def plan(self, source: Sequence[Sample], budget: Budget) -> Settings:
        """Search the quality for the budget; the scheme is the capacity."""
        capacity = budget.operating_point

        def cost(member: Member, setting: Setting) -> Cost:
            return Cost(_uses(self._files.size(member, setting.quality), capacity))

        return search_quality(source, budget, self._codec, lambda *_: capacity, cost)

    def __call__(self, sample: Sample, plan: Settings, memory=None):
        capacity, quality = plan.of(sample)
        data = self._files.encode(sample, quality)
        x = _pack(data, _uses(len(data), capacity))
        return TxSignal(x, ledger(payload=len(x)), NO_BLOCKS), None


class CapacityReceiver:
    """Unpacks the file from noiseless symbols."""

    def __init__(self):
        self._codec = Jpeg2000()

    def __call__(self, rx: RxSignal, query=None, memory=None):
        picture = self._codec.decode(_unpack(rx.x_hat))
        return Estimate(picture, IMAGE, False, NO_BLOCKS), None


def build() -> Transceiver:
    """Build the bound; it has no parameters."""
    return Transceiver(CapacityTransmitter(), CapacityReceiver(), error_free=True)


def _uses(num_bytes: int, capacity: float) -> int:
    """Channel uses of ``num_bytes`` at capacity."""
    return int(np.ceil(8 * num_bytes / capacity))


def _pack(data: bytes, num_symbols: int) -> np.ndarray:
    """Length and bytes to exactly ``num_symbols`` noiseless symbols."""
    length = np.array([len(data)], ">u4").tobytes()
    return pack(np.unpackbits(np.frombuffer(length + data, np.uint8)), num_symbols)


def _unpack(x: np.ndarray) -> bytes:
    """The bytes in noiseless symbols [N]."""
    data = np.packbits(unpack(x)).tobytes()
    length = int.from_bytes(data[:4], "big")
    return data[4 : 4 + length]
