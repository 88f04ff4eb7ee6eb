"""The two ends of a link for features: half a network, a linear code, the other half.

A header has the number of symbols, the SNR that power is allocated for and a scale, and
what the second half needs beside the features.
"""

from bisect import bisect_right
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from blocks.budget_search import Choices, Cost, Member, Settings, search, too_large
from blocks.features.payload import FIELDS, Payload, Setting, num_symbols, snr_index
from blocks.phy.header import Header
from semlink.errors import Infeasible, InputError
from semlink.protocols import Budget, Csi
from semlink.signals import (
    NO_BLOCKS,
    Estimate,
    RxSignal,
    Sample,
    TxSignal,
    ledger,
    unknown,
)


class Halves(Protocol):
    """A network cut in two, and the transform of its features.

    sigma : [...], deviations of the coefficients
    fields : widths of fields of the header, beside the payload's or instead [bits]
    makes : modality of what the second half gives
    """

    sigma: np.ndarray
    fields: Mapping[str, int]
    makes: str

    def header(self, shape: tuple[int, ...]) -> Mapping[str, int]:
        """Values of the fields for images of a shape."""

    def first(self, image: np.ndarray) -> np.ndarray:
        """Coefficients of an image [H, W, 3], uint8, as the deviations."""

    def second(self, y: np.ndarray, error: float, header: Mapping[str, int]) -> Any:
        """What the network gives for received coefficients.

        ``error`` is their expected squared error, as a share of the variance. ``None``
        for a header that no transmitter sends.
        """


def fields_of(halves: Halves) -> dict[str, int]:
    """Widths of the fields of the header [bits]."""
    return FIELDS | dict(halves.fields)


class FeatureTransmitter:
    """The first half of the network, and the strongest coefficients of its output.

    Parameters
    ----------
    halves : the network
    csi : whether power is allocated for the SNR fed back
    design_snr_db : the SNR that it is allocated for otherwise
    """

    def __init__(self, halves: Halves, *, csi: bool, design_snr_db: float):
        self._halves = halves
        self._csi, self._design_snr_db = csi, design_snr_db
        self._payload = Payload(halves.sigma)
        self._header = Header(fields_of(halves))
        self._last = 2 ** fields_of(halves)["symbols"] - 1

    def operating_point(self, csi: Csi) -> Hashable:
        """The SNR in whole dB, as an index, if it uses the CSI."""
        return snr_index(csi.snr_db) if self._csi else None

    def plan(self, source: Sequence[Sample], budget: Budget) -> Settings:
        """The largest number of symbols within the budget."""
        snr = budget.operating_point
        snr = snr_index(self._design_snr_db) if snr is None else snr

        def cost(member: Member, setting: Setting) -> Cost:
            return Cost(self._header.num_symbols + num_symbols(setting.symbols))

        def best(spent, limit: float, what: str) -> Setting:
            every = range(self._last + 1)
            fits = bisect_right(every, limit, key=lambda i: spent(Setting(i, snr)))
            if not fits:
                least = spent(Setting(0, snr))
                what = f"fewest symbols of {what} are"
                raise Infeasible(too_large(what, least, limit), least)
            return Setting(fits - 1, snr)

        def finer(setting: Setting) -> Setting | None:
            more = setting._replace(symbols=setting.symbols + 1)
            return more if more.symbols <= self._last else None

        def offer(members: Sequence[Member]) -> Choices:
            for member in members:
                self._check(member)
            return Choices(cost, best, finer=finer)

        return search(source, budget, offer)

    def __call__(self, sample: Sample, plan: Settings, memory=None):
        setting = plan.of(sample)
        payload, scale = self._payload.send(self._halves.first(sample.data), setting)
        own = self._halves.header(sample.data.shape)
        header = self._header.send({**setting._asdict(), "scale": scale, **own})
        uses = ledger(header=len(header), payload=len(payload))
        return TxSignal(np.concatenate([header, payload]), uses, NO_BLOCKS), None

    def _check(self, member: Member) -> None:
        """Refuse a picture whose size the header cannot hold."""
        for name, value in self._halves.header(member.shape).items():
            most = 2 ** self._halves.fields[name] - 1
            if value > most:
                raise InputError(
                    f"{name} must be at most {most}, got {value} in {member.name}"
                )


class FeatureReceiver:
    """LMMSE estimates of the features, and the second half of the network.

    Parameters
    ----------
    halves : the network
    """

    def __init__(self, halves: Halves):
        self._halves = halves
        self._payload = Payload(halves.sigma)
        self._header = Header(fields_of(halves))

    def __call__(self, rx: RxSignal, query=None, memory=None):
        found = self._receive(rx)
        if found is None:
            return unknown(self._halves.makes), None
        return Estimate(found, self._halves.makes, False, NO_BLOCKS), None

    def _receive(self, rx: RxSignal) -> Any:
        """What the network gives; ``None`` if the header or symbols are missing."""
        header, start = self._header.receive(rx.x_hat, rx.no), self._header.num_symbols
        if header is None:
            return None
        setting = Setting(header["symbols"], header["snr"])
        received = self._payload.receive(
            rx.x_hat[start:], rx.no[start:], setting, header["scale"]
        )
        if received is None:
            return None
        return self._halves.second(received.y, received.error, header)
