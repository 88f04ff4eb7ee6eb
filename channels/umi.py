"""Urban microcells of TR 38.901 (street canyon), as OFDM."""

from channels.cell import Sight, cell
from channels.ofdm import (
    Antennas,
    Clip,
    Csi,
    Hertz,
    Numerology,
    Ofdm,
    Settings,
    Speed,
    Subcarriers,
)


def build(
    sight: Sight = "by_chance",
    speed_mps: Speed = 3.0,
    carrier_frequency_hz: Hertz = 3.5e9,
    csi: Csi = "perfect",
    numerology: Numerology = 1,
    subcarriers: Subcarriers = 72,
    rx_antennas: Antennas = 1,
    interleave: bool = True,
    clip_db: Clip = None,
) -> Ofdm:
    """Build the channel; see ``channels/cell.py`` and ``channels/ofdm.py``.

    References
    ----------
    3GPP TR 38.901, section 7.5.
    """
    settings = Settings(csi, numerology, subcarriers, rx_antennas, interleave, clip_db)
    return cell("umi", settings, sight, speed_mps, carrier_frequency_hz)
