"""The transmitter of a learned codec: side information, then the joint code."""

from collections.abc import Hashable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from blocks.budget_search import Choices, Cost, Member, Settings, key_of, search
from blocks.learned import rate
from blocks.learned.controllers import Rates, View, decide
from blocks.learned.digital_layer import Layer, layer_of, left_over
from blocks.learned.frame import (
    FIELDS,
    SCALES,
    Coded,
    Sent,
    Shared,
    UseOfCsi,
    conditions,
    header_of,
    merge,
    stride_of,
)
from blocks.learned.inference import Conditions
from blocks.learned.power import applied, gains_of
from blocks.learned.rate import FULL_QUALITY
from blocks.learned.refinement import refined
from blocks.learned.summary import Summary
from blocks.nn.codec import Side, Statistics, noise_variance
from blocks.nn.jscc import LEVELS, nominal_eta
from blocks.phy import side_accounting, side_information
from blocks.phy.analog import pack
from blocks.phy.side_accounting import Scheme
from blocks.phy.snr_field import snr_index, snr_value_db
from blocks.recent import Recent
from semlink.errors import InputError
from semlink.protocols import Budget, Csi
from semlink.signals import NO_BLOCKS, Sample, TxSignal, join_blocks, ledger

CACHED_IMAGES = 16  # 2.4 MiB each at 640x480
CACHED_NEEDS = 8192  # 10 kB each, with a policy 0.2 MB
CACHED_CENTRED = 128  # 5 MB each
NOTHING = np.zeros(0, np.complex64)


class Setting(NamedTuple):
    """Rate parameters of an image.

    side_db : Es/N0 that the side information must survive
    quality, eta : index of the quantiser step, and of the dimensions per bit
    snr : index of the SNR that the transmitter designs for
    """

    side_db: float
    quality: int
    eta: int
    snr: int

    @property
    def fields(self) -> dict[str, int]:
        """Fields of the header."""
        return {"quality": self.quality, "eta": self.eta, "snr": self.snr}


class Latents(NamedTuple):
    """Latents of an image at one quality, for the digital layer.

    statistics : their statistics
    centred : [1, h, w, M], float32, latents minus their means, in quantiser steps
    """

    statistics: Statistics
    centred: np.ndarray


class Needs(NamedTuple):
    """Data of an image at one quality for the rate search.

    num_bits : bits of its side information
    features : features of the rate controller
    shape : shape of the rate map, [1, h, w]
    latents : for the digital layer; ``None`` without
    """

    num_bits: int
    features: Any
    shape: tuple[int, ...]
    latents: Latents | None


class Ready(NamedTuple):
    """An image before its joint code.

    summary : its side information
    view : the transmitter's view of it
    rates : rate map, and its signalled bits
    told : of the source knowledge base
    at : conditions
    """

    summary: Summary
    view: View
    rates: Rates
    told: Any
    at: Conditions


class LearnedTransmitter:
    """Analysis, side information, joint source-channel code.

    Parameters
    ----------
    shared : configuration shared with the receiver
    csi : whether it uses the SNR fed back; ``rate``: for rates alone; ``map``: as true
    design_snr_db : the SNR that it assumes otherwise
    margin_db : reserve in SNR of the scheme of the side information
    refine : gradient steps on the channel dimensions of each image
    """

    def __init__(
        self,
        shared: Shared,
        *,
        csi: UseOfCsi,
        design_snr_db: float,
        margin_db: float,
        refine: int,
    ):
        self.shared, self._networks = shared, shared.networks
        self._csi = csi
        self._design = snr_index(design_snr_db), design_snr_db
        self._margin_db = margin_db
        self._refine = refine
        self._header = header_of(shared)
        self._latents = Recent(CACHED_IMAGES)
        self._needs = Recent(CACHED_CENTRED if shared.hybrid else CACHED_NEEDS)

    def operating_point(self, csi: Csi) -> Hashable:
        """Index of the SNR, and Es/N0 of the outage capacity, if it uses the CSI."""
        return (snr_index(csi.snr_db), csi.carried_db) if self._csi else None

    def plan(self, source: Sequence[Sample], budget: Budget) -> Settings:
        """Search the rates that meet the budget."""
        snr, carried_db, *_ = budget.operating_point or self._design
        side_db = carried_db - self._margin_db
        codec = self.shared.of_codec(Conditions(0, 0, snr_value_db(snr)))
        nominal = float(nominal_eta(codec.design_snr_db))

        def best(spent, limit: float, what: str) -> Setting:
            def cost(quality: int, eta: int) -> float:
                return spent(Setting(side_db, quality, eta, snr))

            quality, eta = rate.best(cost, limit, nominal, what)
            return Setting(side_db, quality, eta, snr)

        def finer(setting: Setting) -> Setting | None:
            last = setting.eta == rate.LAST_ETA
            return None if last else setting._replace(eta=setting.eta + 1)

        def offer(members: Sequence[Member]) -> Choices:
            for member in members:
                _check_size(member)
            return Choices(partial(self._cost, budget), best, finer=finer)

        return search(source, budget, offer)

    def __call__(self, sample: Sample, plan: Settings, memory=None):
        sent = self._send(sample, plan.of(sample))
        front, clean = len(sent.header), None
        if self.shared.side_info != "coded":
            end = front + sent.num_side * sent.stride
            clean = slice(front, end, sent.stride)
        payload = len(sent.body) - sent.num_side - sent.num_layer
        uses = ledger(header=front, side=sent.counted, payload=payload)
        x = np.concatenate([sent.header, sent.body])
        return TxSignal(x, uses, sent.blocks, clean), None

    def forget(self) -> None:
        """Clear the caches of images."""
        self._latents.clear()
        self._needs.clear()

    def maps(self, sample: Sample, plan: Settings) -> dict[str, np.ndarray]:
        """Entropy and rate maps of a picture : [h, w] each, by title.

        The preset is included if the rate controller departs from it.
        """
        setting = plan.of(sample)
        at = _at(setting, self.shared.knowledge.unknown)
        _, view = self._view(sample, key_of(sample), setting.quality)
        features = self.shared.controller.features(self._networks, view)
        entropy = view.statistics.entropy
        level = self._decide(features, at, entropy.shape).level
        preset = self._networks.levels(entropy, at.eta)
        maps = {"entropy [bits]": entropy[0]}
        if not np.array_equal(preset, level):
            maps["rate preset [channel uses]"] = np.take(LEVELS, preset[0]) / 2
        return maps | {"rate [channel uses]": np.take(LEVELS, level[0]) / 2}

    def _cost(self, budget: Budget, member: Member, setting: Setting) -> Cost:
        """Channel uses of an image, in all of its transmissions."""
        return Cost(sum(self._length(member, setting)))

    def _length(self, member: Member, setting: Setting) -> tuple[int, int]:
        """Number of symbols of an image: digital ones, and those of the payload."""
        needs = self._needs(
            (member.key, setting.quality),
            lambda: self._needed(member.open(), member.key, setting.quality),
        )
        at = _at(setting, self.shared.knowledge.unknown)
        level, bits = self._decide(needs.features, at, needs.shape)
        num_bits = needs.num_bits + len(bits) + self.shared.knowledge.num_bits
        digital = side_accounting.counted(num_bits, self._scheme(setting, num_bits))
        dimensions = int(np.take(LEVELS, level).sum())
        if self.shared.hybrid:
            kept = self._networks.side(needs.latents.statistics, level).kept
            layer = self._layer(needs.latents, kept, at, setting)
            digital += layer.num_symbols
            dimensions = np.count_nonzero(layer.by.analog)
        return self._header.num_symbols + digital, -(-dimensions // 2)

    def _send(self, sample: Sample, setting: Setting) -> Sent:
        ready = self._ready(sample, setting)
        told, own_bits = ready.told, ready.rates.bits
        bits = self._networks.coder.encode(ready.summary)
        coded = self._coded(ready, setting)
        all_bits = np.concatenate([bits, own_bits, told.bits])
        scheme = self._scheme(setting, len(all_bits))
        side, blocks = side_accounting.send(all_bits, scheme)
        stride = stride_of(len(side) + len(coded.layer), len(coded.payload))
        height, width, _ = sample.data.shape
        values = {
            "height": height,
            "width": width,
            "side_bits": len(bits),
            "map_bits": len(own_bits),
            "stride": stride,
            "mcs": scheme.mcs,
            "mapped": 0,
        }
        return Sent(
            self._header.send(values | setting.fields | told.fields | coded.fields),
            merge(np.concatenate([side, coded.layer]), coded.payload, stride),
            len(side),
            len(coded.layer),
            stride,
            side_accounting.counted(len(all_bits), scheme) + len(coded.layer),
            join_blocks(blocks, coded.blocks),
        )

    def _ready(self, sample: Sample, setting: Setting) -> Ready:
        """Side information and rate map of an image."""
        told = self.shared.knowledge.tell(sample)
        at = _at(setting, told.context)
        summary, view = self._view(sample, key_of(sample), setting.quality)
        features = self.shared.controller.features(self._networks, view)
        rates = self._decide(features, at, view.statistics.entropy.shape)
        return Ready(summary, view, rates, told, at)

    def _maps(self, ready: Ready, setting: Setting) -> tuple[Side, Layer | None]:
        """Maps of what the joint code sends, and the digital layer before it."""
        maps = self._networks.side(ready.view.statistics, ready.rates.level)
        if not self.shared.hybrid:
            return maps, None
        latents = self._latents_of(ready.view)
        layer = self._layer(latents, maps.kept, ready.at, setting)
        return left_over(maps, layer.by, layer.values)[0], layer

    def _coded(self, ready: Ready, setting: Setting) -> Coded:
        """The latents of an image as symbols."""
        networks, codec = self._networks, self.shared.of_codec(ready.at)
        maps, chosen = self._maps(ready, setting)
        layer, blocks, fields = chosen.send() if chosen else (NOTHING, NO_BLOCKS, {})
        dimensions, scale = networks.encode(ready.view.latents, maps, codec)
        if self._refine:
            sent = dimensions, scale, maps, codec
            dimensions = refined(networks, *sent, ready.view, self._refine)
        gains = gains_of(self.shared, maps, ready.rates.bits, codec)
        dimensions, scale = applied(dimensions, scale, gains)
        fields = fields | {"scale": SCALES.index(scale)}
        return Coded(layer, pack(dimensions * np.sqrt(0.5)), blocks, fields)

    def _decide(self, features, at: Conditions, shape: tuple[int, ...]) -> Rates:
        """The rate map, and its signalled bits."""
        return decide(self.shared.controller, self._networks, features, at, shape)

    def _view(self, sample: Sample, key: str, quality: int) -> tuple[Summary, View]:
        """Side information of an image at a quality, and the transmitter's view."""
        networks, quality = self._networks, quality / FULL_QUALITY
        y = self._latents(key, lambda: networks.analyse(sample.data))
        summary = networks.summarise(y, quality)
        statistics = networks.statistics(summary, quality)
        return summary, View(statistics, quality, sample.query, sample, y)

    def _needed(self, sample: Sample, key: str, quality: int) -> Needs:
        summary, view = self._view(sample, key, quality)
        num_bits = len(self._networks.coder.encode(summary))
        features = self.shared.controller.features(self._networks, view)
        latents = self._latents_of(view) if self.shared.hybrid else None
        return Needs(num_bits, features, view.statistics.entropy.shape, latents)

    def _latents_of(self, view: View) -> Latents:
        of = view.statistics
        return Latents(of, self._networks.centred(view.latents, of, view.quality))

    def _layer(
        self, of: Latents, kept: np.ndarray, at: Conditions, setting: Setting
    ) -> Layer:
        """The digital layer of an image."""
        no = noise_variance(self.shared.of_codec(at).design_snr_db)
        return layer_of(of.centred, of.statistics.index, kept, no, setting.side_db)

    def _scheme(self, setting: Setting, num_bits: int) -> Scheme:
        """The scheme that carries a number of bits of side information."""
        mcs = side_information.choose(setting.side_db, num_bits)
        return Scheme(self.shared.side_info, mcs, snr_value_db(setting.snr))


def _at(setting: Setting, context: np.ndarray) -> Conditions:
    return conditions(setting.quality, setting.eta, setting.snr, context)


def _check_size(member: Member) -> None:
    """Refuse a picture whose size the header cannot hold."""
    longest = 2 ** FIELDS["height"] - 1
    if max(member.shape) > longest:
        size = f"{member.shape[1]}x{member.shape[0]} in {member.name}"
        raise InputError(f"sides must be at most {longest}, got {size}")
