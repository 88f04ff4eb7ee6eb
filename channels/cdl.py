"""Clustered delay lines of TR 38.901, models A to E, as OFDM."""

import numpy as np
from sionna.phy.channel.tr38901 import CDL

from channels.antennas import row
from channels.delay_line import Line, delay_line
from channels.doppler import Spectrum, from_all_directions


def _clusters(line: Line) -> CDL:
    """Section 7.7.1, with a row of antennas at the receiver."""
    carrier = line.carrier_frequency_hz
    one, several = (row(n, carrier) for n in (1, line.rx_antennas))
    return CDL(
        line.model,
        line.delay_spread_s,
        carrier,
        ut_array=one,
        bs_array=several,
        direction="uplink",
        min_speed=line.speed_mps,
    )


def _spectrum(clusters: CDL, largest_hz: float) -> Spectrum:
    """Of the rays, by their zenith angles at the receiver, over all directions.

    Sionna takes the Doppler shift of a ray from its angles at the receiver, whichever
    end moves.
    """
    zeniths = clusters._zoa.numpy()[0, 0, 0]  # [clusters, rays]
    powers = clusters._powers.numpy()[0, 0, 0]
    shares = np.repeat(powers / powers.sum() / zeniths.shape[1], zeniths.shape[1])
    if clusters.los:
        k_factor = clusters._k_factor.numpy().item()
        zeniths = np.append(zeniths, clusters._los_zoa.numpy())
        shares = np.append(shares, k_factor) / (k_factor + 1)
    return from_all_directions(largest_hz, np.ravel(zeniths), shares)


build = delay_line(_clusters, _spectrum)
