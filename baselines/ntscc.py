"""NTSCC: nonlinear transform source-channel coding, without a genie.

A learned transform, a hyper-latent that crosses the link digitally, and a learned
joint code whose rate follows the entropy that the hyper-latent tells both ends of.

References
----------
J. Dai et al., "Nonlinear transform source-channel coding for semantic
communications", IEEE JSAC 40(8), 2022. Deviations: the rate map is that of the
entropy and is not sent; hyper-latent, power scale and all else that the receiver
needs is sent and counted; one set of weights for all rates; a linear code inside.
"""

from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from blocks.learned_networks import Networks
from blocks.learned_receiver import LearnedReceiver
from blocks.learned_signal import Allocation, Shared
from blocks.learned_transmitter import LearnedTransmitter
from blocks.side_accounting import SideInfo
from semlink.errors import InputError
from semlink.protocols import Transceiver

SHIPPED, WEIGHTS = Path(__file__).parent / "nn", "model.weights.h5"


def build(
    csi: bool = True,
    design_snr_db: Annotated[float, Field(ge=-20, le=40)] = 10.0,
    margin_db: Annotated[float, Field(ge=0, le=40)] = 0.0,
    allocation: Allocation = "entropy",
    side_info: SideInfo = "coded",
    weights: str = "base",
) -> Transceiver:
    """Build the pair.

    Parameters
    ----------
    csi : whether the transmitter follows the SNR fed back: power and code for it,
        and the fastest scheme for the side information that it carries. Without, one
        signal serves all SNRs.
    design_snr_db : what is assumed without ``csi``
    margin_db : SNR that the scheme of the side information leaves in reserve, for
        fading or for SNRs below the design
    allocation : ``entropy``, rates follow the side information, or ``likelihood``,
        they follow the latents as in the paper, and the rate map is sent
    side_info : ``coded``, sent and counted; for comparison with papers that count
        otherwise: ``capacity``, or ``free``
    weights : name of a profile that is shipped, or a folder that ``make promote``
        wrote
    """
    shared = Shared(_networks(_folder(weights)), allocation, side_info)
    transmitter = LearnedTransmitter(
        shared, csi=csi, design_snr_db=design_snr_db, margin_db=margin_db
    )
    return Transceiver(transmitter, LearnedReceiver(shared))


def files(weights: str, **_) -> list[Path]:
    """Files that the results depend on: the weights."""
    return [_folder(weights) / WEIGHTS]


def _folder(weights: str) -> Path:
    """The folder of weights that a name or a path stands for."""
    for folder in (SHIPPED / f"ntscc_{weights}", Path(weights)):
        if (folder / WEIGHTS).is_file():
            return folder
    shipped = sorted(p.parent.name for p in SHIPPED.glob(f"*/{WEIGHTS}"))
    known = ", ".join(name.removeprefix("ntscc_") for name in shipped) or "none"
    raise InputError(f"weights must be {known} or a folder of weights, got {weights!r}")


@lru_cache(maxsize=4)
def _networks(folder: Path) -> Networks:
    """Networks of a folder of weights, loaded once."""
    import json

    from baselines.nn.ntscc import ntscc
    from blocks.nn.weights import read_weights

    codec = ntscc(json.loads((folder / "config.json").read_text())["profile"])
    read_weights(folder / WEIGHTS, codec.variables)
    return Networks(codec)
