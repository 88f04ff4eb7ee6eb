"""Clustered delay lines of TR 38.901, models A to E, as OFDM."""

from sionna.phy.channel.tr38901 import CDL

from channels.antennas import row
from channels.delay_line import Line, delay_line


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


build = delay_line(_clusters)
