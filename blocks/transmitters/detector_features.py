"""Features instead of a picture: a detector cut in two, half of it at either end.

NanoDet-g is cut where its backbone enters the feature pyramid. The transmitter sends
the strongest coefficients of three feature maps as analog symbols; the receiver
estimates the maps, and finds objects in them with the rest of the network.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from blocks.detectors import nanodet
from blocks.detectors.nanodet_halves import NanoDetHalves
from blocks.features import pyramid
from blocks.features.link import FeatureReceiver, FeatureTransmitter
from semlink.modalities.boxes import BOXES, Boxes
from semlink.protocols import Transceiver


class DetectorHalves:
    """NanoDet-g cut in two; the header has the size of the picture."""

    fields: Mapping[str, int] = {"symbols": 11, "height": 14, "width": 14}
    makes = BOXES

    def __init__(self):
        self._network, self._pyramid = NanoDetHalves(), pyramid.shipped()
        self.sigma = self._pyramid.sigma

    def header(self, shape: tuple[int, ...]) -> Mapping[str, int]:
        """Height and width of the picture [pixels]."""
        return {"height": shape[0], "width": shape[1]}

    def first(self, image: np.ndarray) -> np.ndarray:
        """Coefficients [n] of an image [H, W, 3], uint8."""
        return self._pyramid.analyse(self._network.first(image))

    def second(
        self, y: np.ndarray, error: float, header: Mapping[str, int]
    ) -> Boxes | None:
        """Objects by received coefficients [n]; ``None`` for a picture of no size."""
        size = header["height"], header["width"]
        if not size[0] * size[1]:
            return None
        return self._network.second(self._pyramid.synthesise(y), size)


def build(
    csi: bool = True,
    design_snr_db: Annotated[float, Field(ge=-8, le=23)] = 10.0,
) -> Transceiver:
    """Build the pair.

    Parameters
    ----------
    csi : whether the transmitter allocates power for the SNR fed back
    design_snr_db : SNR that power is allocated for without ``csi``
    """
    halves = DetectorHalves()
    transmitter = FeatureTransmitter(halves, csi=csi, design_snr_db=design_snr_db)
    return Transceiver(transmitter, FeatureReceiver(halves), makes=BOXES)


def files(**_) -> list[Path]:
    """Files that the results depend on: statistics and the network."""
    return [pyramid.FILE, nanodet.WEIGHTS]
