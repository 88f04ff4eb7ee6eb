"""NTSCC: nonlinear transform source-channel coding, without a genie.

A learned transform, a hyper-latent sent digitally, and a learned joint code whose rate
follows the entropy that both ends derive from the hyper-latent.

References
----------
J. Dai et al., "Nonlinear transform source-channel coding for semantic
communications", IEEE JSAC 40(8), 2022. Deviations: the rate map follows the entropy and
is not sent; hyper-latent, power scale and everything else that the receiver needs are
sent and counted; one set of weights for all rates; a linear code inside.
"""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from blocks.arq.pair import ends_of
from blocks.arq.settings import (
    Arq,
    Decibels,
    Mode,
    Report,
    Share,
    Slots,
    Transmissions,
)
from blocks.knowledge.source import NoKnowledge
from blocks.learned.ends import files_of_inspector
from blocks.learned.frame import UseOfCsi
from blocks.learned.pair import Stages, learned_pair
from blocks.learned.weights_folder import folder_of
from blocks.phy.side_accounting import SideInfo
from semlink.protocols import Transceiver

SHIPPED = Path(__file__).parent / "nn"


def build(
    csi: UseOfCsi = True,
    design_snr_db: Annotated[float, Field(ge=-20, le=40)] = 10.0,
    margin_db: Annotated[float, Field(ge=0, le=40)] = 0.0,
    rate: str = "preset",
    side_info: SideInfo = "coded",
    weights: str = "base",
    extractor: str = "swin",
    restorer: str = "swin",
    refine: Annotated[int, Field(ge=0, le=200)] = 0,
    hybrid: bool = False,
    inspector: str = "expected_error",
    arq: Mode = "none",
    max_transmissions: Transmissions = 3,
    first: Share = 0.85,
    round_trip_slots: Slots = 8,
    csi_delay_slots: Slots = 4,
    csi_error_db: Decibels = 0.0,
) -> Transceiver:
    """Build the pair.

    Parameters
    ----------
    csi : whether the transmitter uses the SNR fed back, for power, code and the fastest
        scheme of the side information that it supports. Without, one signal serves all
        SNRs. ``rate``: the SNR conditions the rate controller and that scheme alone;
        power and code are those of the design. ``map``: strong latents go to good
        resource blocks, whose states the receiver reports.
    design_snr_db : SNR assumed without ``csi``, and by power and code with ``rate``
    margin_db : reserve in SNR of the scheme of the side information, for fading or for
        SNRs below the design
    rate : controller of the rate map: ``preset``, rates follow the entropy map;
        ``likelihood``, they follow the latents as in the paper, and the map is sent;
        ``channel_kb``, ``uniform``, or a file of your own
    side_info : ``coded``, sent and counted; ``capacity`` or ``free``, for comparison
        with papers that count differently
    weights : ``base``, which is shipped, or a folder written by ``make promote``
    extractor, restorer : pixels to latents, and latents to pixels: ``swin``, trained
        with the codec, or ``klt``, the linear transform alone
    refine : gradient steps on the channel dimensions of each image, which lower the
        expected error of this image at the design SNR; 0 sends them as encoded
    hybrid : whether strong and weak latents are sent in bits, in part or in whole; bits
        have a cliff, so it needs ``csi``
    inspector : what the receiver itself expects to be wrong: ``expected_error``,
        ``self_consistency``, ``combined``, or ``none``
    arq : retransmission: ``selective``, positions that the receiver asks for; for
        comparison ``random`` positions, or the ``whole`` payload
    max_transmissions, first, round_trip_slots : with ``arq``: transmissions with the
        first, its share of the channel uses (``whole``: from the number of
        transmissions), and slots from the end of one to the next
    csi_delay_slots, csi_error_db : with ``csi=map``: delay of the report, and standard
        deviation of its errors
    """
    return learned_pair(
        _stages(weights, extractor, rate, restorer),
        NoKnowledge(0),
        side_info,
        csi=csi,
        design_snr_db=design_snr_db,
        margin_db=margin_db,
        refine=refine,
        hybrid=hybrid,
        inspector=inspector,
        ends=ends_of(
            Arq(arq, max_transmissions, first, round_trip_slots),
            csi,
            Report(csi_delay_slots, csi_error_db),
            side_info,
        ),
    )


def files(
    weights: str, extractor: str, rate: str, restorer: str, inspector: str, **_
) -> list[Path]:
    """Files that the results depend on: weights, and files of each stage."""
    stages = _stages(weights, extractor, rate, restorer)
    return [*stages.files(), *files_of_inspector(inspector)]


def _stages(weights: str, *names: str) -> Stages:
    return Stages(folder_of(SHIPPED, "ntscc", weights), *names)
