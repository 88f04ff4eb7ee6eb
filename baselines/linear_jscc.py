"""A linear joint source-channel code in the manner of SoftCast, class-adaptive.

The transmitter transforms blocks of 16x16 pixels (KLT, fitted on photos), and scales
and sends the strongest coefficients; the receiver estimates them (LMMSE). The class of
a block, sent digitally, determines its strongest coefficients. Only second moments are
learned.
"""

from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
from pydantic import Field

from baselines.separated.rate_search import CACHED_SIZES, check_size, enough_of, highest
from blocks.budget_search import Choices, Cost, Member, Settings, search
from blocks.importances import NONE, files_of, known_by
from blocks.inspection import inspector as inspector_of
from blocks.linear import classes as classes_of_blocks
from blocks.linear.digital import DigitalPayload
from blocks.linear.hybrid import HybridPayload
from blocks.linear.importance import OPTIMUM, Weighting
from blocks.linear.model import (
    FILE,
    LinearModel,
    analyse,
    deviations,
    gains_of,
    grid_of,
    shipped,
)
from blocks.linear.payload import (
    QUALITY_BITS,
    AnalogPayload,
    Point,
    threshold,
)
from blocks.linear.receiver import FIELDS, NO_FIELDS, LinearReceiver
from blocks.phy import side_information
from blocks.phy.header import Header, pack_colour, unpack_colour
from blocks.phy.mcs import SCHEMES
from blocks.recent import Recent
from semlink.errors import InputError
from semlink.protocols import Budget, Csi, Transceiver
from semlink.signals import (
    Sample,
    TxSignal,
    join_blocks,
    ledger,
)
from semlink.units import db_to_linear

CACHED_IMAGES = 2  # 12 MiB each at 640x480
CLASS_BITS = 2  # of a block, about, for the price of a bit
FINE = 8  # qualities that are searched with the classes of a lower one


class Setting(NamedTuple):
    """Setting of an image.

    point : operating point of the transmitter
    quality : field of the header
    classes : quality that classes are chosen for
    """

    point: Point
    quality: int
    classes: int


class Sent(NamedTuple):
    """Side information and coefficients of an image.

    bits : [num_bits], uint8, classes
    importance : [n], uint8, bits of the map of importance
    x : [B, K], coefficients, scaled by importance
    sigma : [B, K], deviations that the receiver derives, too, scaled as well
    colour : the subtracted colour, packed
    """

    bits: np.ndarray
    importance: np.ndarray
    x: np.ndarray
    sigma: np.ndarray
    colour: int


class Made(NamedTuple):
    """A signal and what it says.

    tx : the signal
    known : [B, K], coefficients as the receiver has them; ``None`` if noise adds to
        them
    colour : [3], uint8, the subtracted colour
    """

    tx: TxSignal
    known: np.ndarray | None
    colour: np.ndarray


class _Qualities(NamedTuple):
    """Qualities of this code: whole numbers, a field of the header."""

    quality_range: tuple[int, int]
    quality_step: int = 1


class LinearTransmitter:
    """Classes, then the strongest coefficients with optimal power.

    Parameters
    ----------
    model : statistics that both ends share
    payload : how coefficients are sent
    weighting : weights by importance
    csi : whether it uses the SNR fed back
    design_snr_db : the SNR that it assumes otherwise
    margin_db : reserve in SNR of the scheme of the side information
    more : further fields of the header
    """

    def __init__(
        self,
        model: LinearModel,
        payload: AnalogPayload | HybridPayload | DigitalPayload,
        weighting: Weighting,
        *,
        csi: bool,
        design_snr_db: float,
        margin_db: float,
        more: Mapping[str, int] = NO_FIELDS,
    ):
        self._model, self._payload, self._weighting = model, payload, weighting
        self._csi = csi
        self._design_snr_db = design_snr_db
        self._margin_db = margin_db
        fields = FIELDS | payload.fields | weighting.fields | dict(more)
        self._header = Header(fields)
        self._sizes = Recent(CACHED_SIZES)
        self._encoded = Recent(CACHED_IMAGES)
        self._prices = lru_cache(maxsize=256)(self._prices_at)

    def operating_point(self, csi: Csi) -> Hashable:
        """The SNR, and Es/N0 of the outage capacity, if it uses the CSI."""
        return (csi.snr_db, csi.carried_db) if self._csi else None

    def plan(
        self, source: Sequence[Sample], budget: Budget, answer_bits: int = 0
    ) -> Settings:
        """Search the finest quality that meets the budget.

        ``answer_bits`` : bits that the receiver feeds back after each sample
        """
        design = self._design_snr_db, self._design_snr_db
        snr_db, carried_db = budget.operating_point or design
        side_db = carried_db - self._margin_db
        point = Point(side_db, db_to_linear(-snr_db) / 2, self._csi)
        enough, fed_back = enough_of(budget), budget.feedback.uses(answer_bits)

        def cost(member: Member, setting: Setting) -> Cost:
            return Cost(self.num_symbols(member, setting), fed_back)

        def best(spent, limit: float, what: str) -> Setting:
            return finest(point, spent, limit, what, enough)

        def offer(members: Sequence[Member]) -> Choices:
            for member in members:
                check_size(member)
            return Choices(cost, best)

        return search(source, budget, offer)

    def __call__(self, sample: Sample, plan: Settings, memory=None):
        return self.send(sample, plan.of(sample)).tx, None

    def send(self, sample: Sample, setting: Setting, **more: int) -> Made:
        """Make the signal of a sample; ``more`` are further fields of the header."""
        point, quality, _ = setting
        sent = self._encode(sample, setting)
        coded = self._payload.send(sent.x, sent.sigma, point, quality)
        told = np.concatenate([sent.bits, sent.importance])
        mcs = side_information.choose(point.side_db, len(told))
        side, blocks = side_information.send(told, mcs)
        of_map = round(len(side) * len(sent.importance) / len(told))
        height, width, _ = sample.data.shape
        values = (height, width, sent.colour, len(sent.bits), mcs, quality)
        fields = dict(zip(FIELDS, values, strict=True)) | coded.fields | more
        if self._weighting.fields:
            fields["importance_bits"] = len(sent.importance)
        header = self._header.send(fields)
        x = np.concatenate([header, side, coded.digital, coded.analog])
        payload = len(coded.analog if coded.known is None else coded.digital)
        uses = ledger(
            header=len(header),
            side=len(x) - len(header) - of_map - payload,
            importance=of_map,
            payload=payload,
        )
        tx = TxSignal(x, uses, join_blocks(blocks, coded.blocks))
        return Made(tx, coded.known, unpack_colour(sent.colour))

    def _encode(self, sample: Sample, setting: Setting) -> Sent:
        image, model = sample.data, self._model
        grid, told = grid_of(*image.shape[:2]), self._weighting.bits(sample)
        scale = self._weighting.scale(told, grid, model)
        colour = pack_colour(image.mean(axis=(0, 1)))
        x = analyse(image, unpack_colour(colour), model)
        gains = gains_of(x, grid, model)
        point = setting.point
        mcs = side_information.choose(point.side_db, CLASS_BITS * grid[0] * grid[1])
        of_class = x[:, model.num_spectral :]
        at = mcs, point.noise, point.csi, setting.classes
        if len(told):
            classes = classes_of_blocks.choose_weighted(
                of_class, scale[:, -1], grid, model, lambda s: self._prices(*at, s)
            )
        else:
            paid = self._prices(*at)
            classes = classes_of_blocks.choose_classes(of_class, grid, model, paid)
        bits = classes_of_blocks.encode(gains, classes, grid, model)
        sigma = scale * deviations(gains, classes, grid, model)
        return Sent(bits, told, (scale * x).astype(np.float32), sigma, colour)

    def _prices_at(
        self, mcs: int, noise: float, csi: bool, quality: int, scale: float = 1.0
    ) -> classes_of_blocks.Prices:
        efficiency = SCHEMES[mcs].efficiency
        return self._payload.prices(
            self._model, threshold(quality) / scale, noise, csi, efficiency
        )

    def num_symbols(self, member: Member, setting: Setting) -> int:
        """Number of symbols of an image."""

        def count() -> int:
            return self._symbols(member, setting)

        return self._sizes((member.key, setting), count)

    def _symbols(self, member: Member, setting: Setting) -> int:
        point, quality, classes = setting
        sent = self._encoded(
            (member.key, point, classes),
            lambda: self._encode(member.open(), setting),
        )
        num_bits = len(sent.bits) + len(sent.importance)
        mcs = side_information.choose(point.side_db, num_bits)
        side = side_information.num_symbols(num_bits, mcs)
        payload = self._payload.num_symbols(sent.x, sent.sigma, point, quality)
        return self._header.num_symbols + side + payload


def finest(point: Point, spent, limit: float, what: str, enough: float) -> Setting:
    """Search a quality within a limit, then a finer one.

    At another quality, classes change, and with them the rate by up to a per cent in
    either direction. With classes kept, the rate grows in small steps.

    Parameters
    ----------
    point : operating point
    spent : ``setting -> cost``
    limit, what, enough : as for :func:`baselines.separated.rate_search.highest`
    """
    last = 2**QUALITY_BITS - 1

    def renewed(quality: int) -> float:
        return spent(Setting(point, quality, quality))

    first = highest(renewed, _Qualities((0, last)), limit, what, enough)

    def kept(quality: int) -> float:
        return spent(Setting(point, quality, first))

    finer = _Qualities((first, min(first + FINE, last)))
    return Setting(point, highest(kept, finer, limit, what, enough), first)


def build(
    csi: bool = True,
    design_snr_db: Annotated[float, Field(ge=-20, le=40)] = 4.0,
    margin_db: Annotated[float, Field(ge=0, le=40)] = 0.0,
    hybrid: bool = False,
    inspector: str = "expected_error",
    importance: str = NONE,
    exponent: Annotated[float, Field(ge=0, le=2)] = OPTIMUM,
) -> Transceiver:
    """Build the pair.

    Parameters
    ----------
    csi : whether the transmitter uses the SNR fed back, for optimal power and for the
        fastest scheme of the side information that it supports. Without, power is
        proportional to the deviation, and one signal serves all SNRs.
    design_snr_db : SNR assumed without ``csi``; side information arrives from this SNR
        up, at the corresponding rate
    margin_db : reserve in SNR of the scheme of the side information, for fading
    hybrid : whether strong and weak coefficients are sent in bits, in part or in whole;
        bits have a cliff, so it needs ``csi``
    inspector : what the receiver itself expects to be wrong, by name; not with
        ``hybrid``
    importance : what matters: ``detector``, ``query``, ``saliency``, ``annotations`` or
        ``none``; the map is signalled and counted
    exponent : of the weights by importance; one half minimises the weighted error
    """
    if hybrid and not csi:
        raise InputError("hybrid needs csi=true, got csi=false")
    weighting = Weighting(importance, exponent)
    parts = shipped(), HybridPayload() if hybrid else AnalogPayload(), weighting
    adaptation = {"csi": csi, "design_snr_db": design_snr_db, "margin_db": margin_db}
    transmitter = LinearTransmitter(*parts, **adaptation)
    known = known_by(weighting.importance)
    inspect = None if hybrid else inspector_of(inspector)
    return Transceiver(transmitter, LinearReceiver(*parts, inspect), **known)


def files(importance: str, **_) -> list[Path]:
    """Files that the results depend on: the model, and those of the importance."""
    return [FILE, *files_of(importance)]
