"""Delay lines of TR 38.901, models A to E, as OFDM: base of ``tdl`` and ``cdl``."""

from collections.abc import Callable
from typing import Annotated, Literal, NamedTuple

import tensorflow as tf
from pydantic import Field

from channels.doppler import Spectrum
from channels.ofdm import (
    Antennas,
    Clip,
    CountPrefix,
    Csi,
    Hertz,
    Later,
    Numerology,
    Ofdm,
    Paths,
    Settings,
    Speed,
    Subcarriers,
    doppler_hz,
)


class Line(NamedTuple):
    """Parameters of a Sionna model.

    model : A to E
    delay_spread_s : scale of the delays of the table [s]
    carrier_frequency_hz, speed_mps : carrier [Hz], and speed of the transmitter [m/s]
    rx_antennas : antennas of the receiver
    """

    model: str
    delay_spread_s: float
    carrier_frequency_hz: float
    speed_mps: float
    rx_antennas: int


def delay_line(
    make: Callable[[Line], Callable], spectrum: Callable[[Callable, float], Spectrum]
) -> Callable[..., Ofdm]:
    """Make the ``build`` of a kind of delay line.

    Parameters
    ----------
    make : builds Sionna's model, called with batch size, steps and rate [Hz]
    spectrum : (Sionna's model, largest Doppler shift [Hz]) -> its Doppler spectrum
    """

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
        count_prefix: CountPrefix = False,
    ) -> Ofdm:
        """Build the channel: uplink, from one antenna to one or several.

        Parameters
        ----------
        model : A to C without, D and E with line of sight
        delay_spread_s : scale of the delays of the table [s]
        speed_mps : speed of the transmitter in any direction [m/s]
        carrier_frequency_hz : carrier [Hz]
        csi, numerology, subcarriers, rx_antennas, interleave, clip_db, count_prefix :
            see ``channels/ofdm.py``

        References
        ----------
        3GPP TR 38.901, section 7.7.
        """
        grid = csi, numerology, subcarriers, rx_antennas, interleave
        settings = Settings(*grid, clip_db, count_prefix)
        carrier = carrier_frequency_hz
        line = make(Line(model, delay_spread_s, carrier, speed_mps, rx_antennas))
        return Ofdm(
            _paths(line),
            settings,
            longest_s=float(tf.reduce_max(line.delays)),
            spectrum=spectrum(line, doppler_hz(speed_mps, carrier)),
        )

    return build


def _paths(line: Callable) -> Paths:
    """The paths of a Sionna model."""

    def paths(course, batch, steps, rate, start):
        course.seed_sionna("fading")
        gains, delays = line(batch, steps, Later(rate, start))
        return gains[:, 0, :, 0, 0], delays[:, 0, 0]

    return paths
