"""Tapped delay lines of TR 38.901, models A to E, as OFDM."""

import tensorflow as tf
from sionna.phy.channel.tr38901 import TDL

from channels.delay_line import Line, delay_line


class _Taps(TDL):
    """Section 7.7.2. Sionna's model needs the number of steps as a float."""

    def __init__(self, line: Line):
        super().__init__(
            line.model,
            line.delay_spread_s,
            line.carrier_frequency_hz,
            min_speed=line.speed_mps,
            num_rx_ant=line.rx_antennas,
        )

    def __call__(self, batch, steps, rate):
        return super().__call__(batch, tf.cast(steps, tf.float32), rate)


build = delay_line(_Taps)
