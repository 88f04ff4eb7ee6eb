"""Features instead of a picture: a classifier cut in two, half of it at either end.

EfficientNet-Lite0 is cut behind its fifth stage, with 0.72 of its 4.69 million
parameters before the cut. The transmitter computes the features there, and sends their
strongest coefficients under a task-weighted KLT as analog symbols. The receiver
estimates the features and decides, with a half that is trained on received features.
"""

from bisect import bisect_right
from collections.abc import Hashable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from blocks.budget_search import Choices, Cost, Member, Settings, search
from blocks.classifier import probabilities
from blocks.features import transform
from blocks.features.payload import (
    FIELDS,
    Payload,
    Setting,
    num_symbols,
    snr_index,
)
from blocks.phy.header import Header
from semlink.errors import Infeasible
from semlink.modalities.decisions import DECISION
from semlink.protocols import Budget, Csi, Transceiver
from semlink.signals import (
    NO_BLOCKS,
    Estimate,
    RxSignal,
    Sample,
    TxSignal,
    ledger,
    unknown,
)

LAST = 2 ** FIELDS["symbols"] - 1


class FeatureTransmitter:
    """The first half of the network, and the strongest coefficients of its output.

    Parameters
    ----------
    csi : whether power is allocated for the SNR fed back
    design_snr_db : the SNR that it is allocated for otherwise
    """

    def __init__(self, *, csi: bool, design_snr_db: float):
        self._csi, self._design_snr_db = csi, design_snr_db
        self._transform = transform.shipped()
        self._payload, self._header = Payload(self._transform), Header(FIELDS)

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
            every = range(LAST + 1)
            fits = bisect_right(every, limit, key=lambda i: spent(Setting(i, snr)))
            if not fits:
                share = spent(Setting(0, snr)) / limit if limit else float("inf")
                raise Infeasible(
                    f"fewest symbols of {what} are {share:.2f} of the budget"
                )
            return Setting(fits - 1, snr)

        def finer(setting: Setting) -> Setting | None:
            more = setting._replace(symbols=setting.symbols + 1)
            return more if more.symbols <= LAST else None

        return search(source, budget, lambda _: Choices(cost, best, finer=finer))

    def __call__(self, sample: Sample, plan: Settings, memory=None):
        setting = plan.of(sample)
        y = transform.analyse(first_half(sample.data), self._transform)
        payload, scale = self._payload.send(y, setting)
        header = self._header.send({**setting._asdict(), "scale": scale})
        uses = ledger(header=len(header), payload=len(payload))
        return TxSignal(np.concatenate([header, payload]), uses, NO_BLOCKS), None


class FeatureReceiver:
    """LMMSE estimates of the features, and the second half of the network.

    Parameters
    ----------
    trained : whether the half is the one trained on received features
    """

    def __init__(self, *, trained: bool):
        self._trained = trained
        self._transform = transform.shipped()
        self._payload, self._header = Payload(self._transform), Header(FIELDS)

    def __call__(self, rx: RxSignal, query=None, memory=None):
        header, start = self._header.receive(rx.x_hat, rx.no), self._header.num_symbols
        if header is None:
            return unknown(DECISION), None
        setting = Setting(header["symbols"], header["snr"])
        received = self._payload.receive(
            rx.x_hat[start:], rx.no[start:], setting, header["scale"]
        )
        if received is None:
            return unknown(DECISION), None
        features = transform.synthesise(received.y, self._transform)
        logits = second_half(features, received.error if self._trained else 0.0)
        return Estimate(probabilities(logits), DECISION, False, NO_BLOCKS), None


def build(
    csi: bool = True,
    design_snr_db: Annotated[float, Field(ge=-8, le=23)] = 10.0,
    trained: bool = True,
) -> Transceiver:
    """Build the pair.

    Parameters
    ----------
    csi : whether the transmitter allocates power for the SNR fed back
    design_snr_db : SNR that power is allocated for without ``csi``
    trained : whether the receiver's half is the one trained on received features, or
        the published one
    """
    transmitter = FeatureTransmitter(csi=csi, design_snr_db=design_snr_db)
    return Transceiver(transmitter, FeatureReceiver(trained=trained), makes=DECISION)


def files(**_) -> list[Path]:
    """Files that the results depend on: statistics and networks."""
    from blocks.nn.efficientnet import lite, receiving_half

    return [transform.FILE, lite.FILE, receiving_half.FILE]


def first_half(image: np.ndarray) -> np.ndarray:
    """Features [14, 14, 112], float32, of an image [H, W, 3], uint8."""
    from blocks.nn.efficientnet.lite import standardised

    return np.asarray(_first()(standardised(image)))[0]


def second_half(features: np.ndarray, error: float) -> np.ndarray:
    """Logits [1000] of features [14, 14, 112] of an expected relative error.

    Without error, it is the published network.
    """
    return np.asarray(_second()(features[None], np.float32(error)))[0]


@lru_cache(maxsize=1)
def _first():
    from blocks.nn.efficientnet.lite import cut, trained
    from blocks.nn.efficientnet.receiving_half import CUT
    from semlink.graph import compiled

    return compiled(cut(trained(), CUT)[0], level="graph", name="first half")


@lru_cache(maxsize=1)
def _second():
    from blocks.nn.efficientnet.receiving_half import logits, shipped
    from semlink.graph import compiled

    restorer = shipped()

    def decide(features, error):
        return logits(restorer, features, error)

    return compiled(decide, level="graph", name="second half")
