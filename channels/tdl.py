"""Tapped delay lines of TR 38.901, models A to E, as OFDM."""

from typing import Annotated, Literal

import tensorflow as tf
from pydantic import Field
from sionna.phy.channel.tr38901 import TDL

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
    doppler_hz,
)


def build(
    model: Literal["A", "B", "C", "D", "E"] = "A",
    delay_spread_s: Annotated[float, Field(gt=0, le=1e-5)] = 100e-9,
    speed_mps: Speed = 3.0,
    carrier_frequency_hz: Hertz = 3.5e9,
    csi: Csi = "perfect",
    numerology: Numerology = 1,
    subcarriers: Subcarriers = 72,
    rx_antennas: Antennas = 1,
    interleave: bool = True,
    clip_db: Clip = None,
) -> Ofdm:
    """Build the channel.

    Parameters
    ----------
    model : A to C out of sight, D and E in sight of the transmitter
    delay_spread_s : by which the delays of the table are scaled [s]
    speed_mps, carrier_frequency_hz : speed [m/s] and carrier [Hz], hence the Doppler
        spectrum, which is that of Jakes
    csi, numerology, subcarriers, rx_antennas, interleave, clip_db : see
        ``channels/ofdm.py``

    References
    ----------
    3GPP TR 38.901, section 7.7.2.
    """
    settings = Settings(csi, numerology, subcarriers, rx_antennas, interleave, clip_db)
    line = TDL(
        model,
        delay_spread_s,
        carrier_frequency_hz,
        min_speed=speed_mps,
        num_rx_ant=rx_antennas,
    )

    def paths(course, batch, steps, rate):
        course.seed_sionna("fading")
        gains, delays = line(batch, tf.cast(steps, tf.float32), rate)
        return gains[:, 0, :, 0, 0], delays[:, 0, 0]

    return Ofdm(
        paths,
        settings,
        longest_s=float(tf.reduce_max(line.delays)),
        doppler_hz=doppler_hz(speed_mps, carrier_frequency_hz),
    )
