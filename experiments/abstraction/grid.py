"""What is measured: transmitters with their laws over fading, grids, tasks."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from semlink.loop.abstraction.table import DELIVERY

TASKS = ("reconstruction", "detection", "vqa", "classification")
# as the link names them; delivery is 1 - outage
METRICS = ("psnr", "ms_ssim", "f1", "answers", "agreement", DELIVERY)
UNBOUNDED = ("psnr",)
IMPORTANCE = "detector"  # component whose map decides the class of content
SEED = 1


class Kind(NamedTuple):
    """How a transmitter behaves over fading.

    law : ``effective`` or ``average``
    reference : metric of the distortion of ``average``
    adapts : whether its digital part has the scheme that the SNR allows; the header,
        which every transmitter has, always has the most robust one
    """

    law: str
    reference: str = ""
    adapts: bool = True


TRANSMITTERS = {
    "ntscc": Kind("average", "psnr"),
    "akb_jscc": Kind("average", "psnr"),
    "linear_jscc": Kind("average", "psnr"),
    "jpeg2000_ldpc[mcs=auto]": Kind("effective"),
    "words": Kind("effective"),
    "features": Kind("average", "agreement", adapts=False),
}


class Grid(NamedTuple):
    """Points of a measurement.

    snr_db, cbr : measured points
    between_db, between_cbr : points between them, on which the table is checked
    pictures : the last of the source; every second one is held out
    faded : transmitters checked over fading, at ``faded_db`` and ``faded_cbr``
    draws : channel draws of a picture over fading
    transmitters : all of them, and how they behave over fading
    tasks : what judges the deliveries
    """

    snr_db: tuple[float, ...]
    cbr: tuple[float, ...]
    between_db: tuple[float, ...]
    between_cbr: tuple[float, ...]
    pictures: int
    faded: tuple[str, ...] = ("jpeg2000_ldpc[mcs=auto]", "linear_jscc", "ntscc")
    faded_db: float = 10.0
    faded_cbr: float = 0.01
    channel: str = "rayleigh"
    draws: int = 4
    transmitters: Mapping[str, Kind] = MappingProxyType(TRANSMITTERS)
    tasks: tuple[str, ...] = TASKS


FULL = Grid(
    snr_db=(-4, 0, 4, 8, 12, 16, 20),
    cbr=(0.0005, 0.001, 0.003, 0.01, 0.03),
    between_db=(2, 6, 10),
    between_cbr=(0.0055, 0.017),
    pictures=40,
)
QUICK = FULL._replace(
    snr_db=(-4, 4, 12, 20),
    cbr=(0.001, 0.003, 0.01, 0.03),
    between_db=(8,),
    between_cbr=(0.0055,),
    pictures=8,
    draws=2,
)
