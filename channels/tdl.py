"""Tapped delay lines of TR 38.901, models A to E, as OFDM."""

import numpy as np
import tensorflow as tf
from sionna.phy.channel.tr38901 import TDL

from channels.delay_line import Line, delay_line
from channels.doppler import Spectrum, jakes, line, mixed

SIGHT = np.pi / 4  # angle between travel and the path in sight; cos is about 0.7


class _Taps(TDL):
    """Section 7.7.2. Sionna's model needs the number of steps as a float."""

    def __init__(self, line: Line):
        super().__init__(
            line.model,
            line.delay_spread_s,
            line.carrier_frequency_hz,
            min_speed=line.speed_mps,
            num_rx_ant=line.rx_antennas,
            los_angle_of_arrival=SIGHT,
        )

    def __call__(self, batch, steps, rate):
        return super().__call__(batch, tf.cast(steps, tf.float32), rate)


def _spectrum(taps: _Taps, largest_hz: float) -> Spectrum:
    """That of Jakes, and a line for the path in sight of models D and E."""
    in_sight = float(taps.mean_power_los) if taps.los else 0.0
    shift_hz = largest_hz * np.cos(SIGHT)
    return mixed([(1 - in_sight, jakes(largest_hz)), (in_sight, line(shift_hz))])


build = delay_line(_Taps, _spectrum)
