"""The transmitter of a learned codec: side information, then the joint code."""

import hashlib
from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from blocks.learned import rate as learned_rate
from blocks.learned import rate_map
from blocks.learned.frame import (
    FIELDS,
    SCALES,
    Shared,
    conditions,
    header_of,
    merge,
    snr_index,
    snr_value_db,
    stride_of,
)
from blocks.learned.inference import Analysed, Conditions
from blocks.learned.rate import LAST_QUALITY
from blocks.nn.jscc import LEVELS, nominal_eta
from blocks.nn.policy import Prospects
from blocks.phy import side_accounting
from blocks.phy.analog import pack
from blocks.phy.mcs import choose
from blocks.phy.side_accounting import Scheme
from semlink.errors import InputError
from semlink.protocols import Budget, Csi
from semlink.signals import Sample, TxSignal, ledger

CACHED_IMAGES = 16  # of 2.4 MiB at 640x480
CACHED_NEEDS = 8192  # of 10 kB, with a policy 0.2 MB
SIDE_SHARE = 0.1  # of the symbols: the length that its scheme is chosen for


class Plan(NamedTuple):
    """Rate parameters, as they are sent.

    mcs : scheme of the side information
    snr : what the transmitter takes the SNR for
    rates : (quality, eta) of each image
    """

    mcs: int
    snr: int
    rates: tuple[tuple[int, int], ...]


class Needs(NamedTuple):
    """What an image costs at one quality.

    num_bits : of its side information
    entropy : [1, h, w], float32, entropy map
    bits : [1, h, w], float32, from which the rate map follows
    left : what the policy must know beside that
    """

    num_bits: int
    entropy: np.ndarray
    bits: np.ndarray
    left: Prospects | None


class Sent(NamedTuple):
    """An image on the air.

    header : symbols, complex64
    body : symbols, complex64, side information among the payload
    num_side, stride : how many are side information, and every how many
    counted : channel uses that the side information is counted as
    blocks : [C, K], uint8, its code blocks
    """

    header: np.ndarray
    body: np.ndarray
    num_side: int
    stride: int
    counted: int
    blocks: np.ndarray


class LearnedTransmitter:
    """Analysis, side information, joint source-channel code.

    Parameters
    ----------
    shared : what the receiver has too
    csi : whether it follows the SNR fed back
    design_snr_db : the SNR that it assumes otherwise
    margin_db : how far below that the side information's scheme is chosen
    """

    def __init__(
        self, shared: Shared, *, csi: bool, design_snr_db: float, margin_db: float
    ):
        self.shared, self._networks = shared, shared.networks
        self._csi = csi
        self._design_snr_db = design_snr_db
        self._margin_db = margin_db
        self._header = header_of(shared)
        self._latents = lru_cache(maxsize=CACHED_IMAGES)(self._analyse)
        self._needs = lru_cache(maxsize=CACHED_NEEDS)(self._needed)
        self._image_of: Callable[[bytes], np.ndarray]

    def operating_point(self, csi: Csi) -> Hashable:
        """The SNR as it is sent, and what the channel carries, if it follows them."""
        return (snr_index(csi.snr_db), csi.carried_db) if self._csi else None

    def plan(self, source: Sequence[Sample], budget: Budget) -> Plan:
        """Choose the scheme, and search the rates for the budget."""
        design = snr_index(self._design_snr_db), self._design_snr_db
        snr, carried_db = budget.operating_point or design
        symbols = SIDE_SHARE * np.median([budget.limit(sample) for sample in source])
        mcs = choose(carried_db - self._margin_db, int(symbols))
        scheme = Scheme(self.shared.side_info, mcs, snr_value_db(snr))
        # one image at a time: a set may be larger than memory
        keys = [_key(_checked(sample)) for sample in source]
        places = {key: place for place, key in enumerate(keys)}
        self._image_of = lambda key: source[places[key]].data

        def cost(index: int, quality: int, eta: int) -> int:
            at = conditions(quality, eta, snr, self.shared.knowledge.unknown)
            return self._cost(self._needs(keys[index], quality), at, scheme)

        nominal = float(nominal_eta(snr_value_db(snr)))
        return Plan(mcs, snr, learned_rate.search(source, budget, cost, nominal))

    def __call__(self, sample: Sample, plan: Plan, memory=None):
        sent = self._send(sample, plan, *plan.rates[sample.index])
        front, clean = len(sent.header), None
        if self.shared.side_info != "coded":
            end = front + sent.num_side * sent.stride
            clean = slice(front, end, sent.stride)
        payload = len(sent.body) - sent.num_side
        uses = ledger(header=front, side=sent.counted, payload=payload)
        x = np.concatenate([sent.header, sent.body])
        return TxSignal(x, uses, sent.blocks, clean), None

    def forget(self) -> None:
        """Drop what is kept of images, as before the first."""
        self._latents.cache_clear()
        self._needs.cache_clear()

    def maps(self, sample: Sample, plan: Plan) -> dict[str, np.ndarray]:
        """What a picture is coded by : [h, w] each, by what it shows."""
        image, rates = sample.data, plan.rates[sample.index]
        at = conditions(*rates, plan.snr, self.shared.knowledge.unknown)
        y = self._latents_of(image)
        statistics = self._networks.statistics(
            self._networks.summarise(y, at.quality), at.quality
        )
        level, _ = self._rates(y, statistics, at)
        maps = {"entropy [bits]": statistics.entropy[0]}
        if self._networks.policy:
            preset = self._networks.levels(statistics.entropy, at.eta)
            maps["rate preset [channel uses]"] = np.take(LEVELS, preset[0]) / 2
        return maps | {"rate [channel uses]": np.take(LEVELS, level[0]) / 2}

    def _cost(self, needs: Needs, at: Conditions, scheme: Scheme) -> int:
        """Channel uses of an image."""
        num_bits = needs.num_bits + self.shared.knowledge.num_bits
        level = self._networks.rate_map(needs.bits, needs.left, at)
        if self.shared.allocation == "likelihood":
            suggested = self._networks.levels(needs.entropy, at.eta)
            num_bits += len(rate_map.encode(level, suggested))
        payload = -(-int(np.take(LEVELS, level).sum()) // 2)
        side = side_accounting.counted(num_bits, scheme)
        return self._header.num_symbols + side + payload

    def _send(self, sample: Sample, plan: Plan, quality: int, eta: int) -> Sent:
        networks, told = self._networks, self.shared.knowledge.tell(sample)
        at, image = conditions(quality, eta, plan.snr, told.context), sample.data
        y = self._latents_of(image)
        summary = networks.summarise(y, at.quality)
        statistics = networks.statistics(summary, at.quality)
        level, map_bits = self._rates(y, statistics, at)
        bits = networks.coder.encode(summary)
        dimensions, scale = networks.encode(y, networks.side(statistics, level), at)
        scheme = Scheme(self.shared.side_info, plan.mcs, at.design_snr_db)
        all_bits = np.concatenate([bits, map_bits, told.bits])
        side, blocks = side_accounting.send(all_bits, scheme)
        payload = pack(dimensions * np.sqrt(0.5))
        stride = stride_of(len(side), len(payload))
        fields = *image.shape[:2], len(bits), stride, plan.mcs, quality, eta
        fields += plan.snr, SCALES.index(scale)
        values = dict(zip(FIELDS, fields, strict=True)) | told.fields
        return Sent(
            self._header.send(values | {"map_bits": len(map_bits)}),
            merge(side, payload, stride),
            len(side),
            stride,
            side_accounting.counted(len(all_bits), scheme),
            blocks,
        )

    def _rates(self, y, statistics, at: Conditions) -> tuple[np.ndarray, np.ndarray]:
        """The rate map, and the bits that tell the receiver."""
        if self.shared.allocation == "entropy":
            left = self._networks.prospects(statistics)
            level = self._networks.rate_map(statistics.entropy, left, at)
            return level, np.zeros(0, np.uint8)
        suggested = self._networks.levels(statistics.entropy, at.eta)
        bits = self._networks.information(y, statistics, at.quality)
        level = self._networks.levels(bits, at.eta)
        return level, rate_map.encode(level, suggested)

    def _latents_of(self, image: np.ndarray) -> Analysed:
        self._image_of = lambda _: image
        return self._latents(_key(image))

    def _analyse(self, key: bytes) -> Analysed:
        return self._networks.analyse(self._image_of(key))

    def _needed(self, key: bytes, quality: int) -> Needs:
        y, quality = self._latents(key), quality / LAST_QUALITY
        summary = self._networks.summarise(y, quality)
        statistics = self._networks.statistics(summary, quality)
        bits = statistics.entropy
        if self.shared.allocation == "likelihood":
            bits = self._networks.information(y, statistics, quality)
        length = len(self._networks.coder.encode(summary))
        left = self._networks.prospects(statistics)
        return Needs(length, statistics.entropy, bits, left)


def _key(image: np.ndarray) -> bytes:
    """Under which the latents of an image are kept."""
    size = b"%dx%d" % image.shape[:2]
    return hashlib.sha256(size + np.ascontiguousarray(image).tobytes()).digest()


def _checked(sample: Sample) -> np.ndarray:
    """A picture, refused where the header cannot hold its size."""
    image = sample.data
    if max(image.shape) >= 2 ** FIELDS["height"]:
        size = f"{image.shape[1]}x{image.shape[0]}"
        raise InputError(
            f"sides must be at most {2 ** FIELDS['height'] - 1}, got {size} "
            f"in {sample.name}"
        )
    return image
