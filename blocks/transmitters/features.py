"""Features instead of a picture: a classifier cut in two, half of it at either end.

EfficientNet-Lite0 is cut behind its fifth stage, with 0.72 of its 4.69 million
parameters before the cut. The transmitter computes the features there, and sends their
strongest coefficients under a task-weighted KLT as analog symbols. The receiver
estimates the features and decides, with a half that is trained on received features.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from blocks.classifier import probabilities
from blocks.features import classifier, transform
from blocks.features.link import FeatureReceiver, Features, FeatureTransmitter
from semlink.modalities.decisions import DECISION
from semlink.protocols import Transceiver


class ClassifierHalves:
    """EfficientNet-Lite0 cut in two.

    Parameters
    ----------
    trained : whether the second half is the one trained on received features
    """

    fields: Mapping[str, int] = {}
    makes = DECISION

    def __init__(self, *, trained: bool):
        self._trained = trained
        self._transform = classifier.shipped()
        self.sigma = self._transform.sigma

    def first(self, image: np.ndarray) -> Features:
        """Coefficients [14, 14, 112] of an image [H, W, 3], uint8."""
        return Features(transform.analyse(first_half(image), self._transform), {})

    def second(
        self, y: np.ndarray, error: float, fields: Mapping[str, int]
    ) -> np.ndarray:
        """Probabilities [1000] of received coefficients [14, 14, 112]."""
        features = transform.synthesise(y, self._transform)
        return probabilities(second_half(features, error if self._trained else 0.0))


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
    halves = ClassifierHalves(trained=trained)
    transmitter = FeatureTransmitter(halves, csi=csi, design_snr_db=design_snr_db)
    return Transceiver(transmitter, FeatureReceiver(halves), makes=DECISION)


def files(**_) -> list[Path]:
    """Files that the results depend on: statistics and networks."""
    from blocks.nn.efficientnet import lite, receiving_half

    return [classifier.FILE, lite.FILE, receiving_half.FILE]


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
