"""Cells of TR 38.901: each transmission has a random position in a sector.

There is no path loss or shadowing, because the SNR is given; the model draws the paths,
and whether there is a line of sight.
"""

from collections.abc import Callable
from typing import Literal

import tensorflow as tf
from sionna.phy.channel.tr38901 import RMa, UMa, UMi
from sionna.phy.channel.utils import gen_single_sector_topology

from channels.antennas import row
from channels.doppler import jakes
from channels.ofdm import (
    Antennas,
    Clip,
    CountPrefix,
    Csi,
    Hertz,
    Later,
    Numerology,
    Ofdm,
    Settings,
    Speed,
    Subcarriers,
    doppler_hz,
)

LOS = {"by_chance": None, "always": True, "never": False}
SCENARIOS = {"umi": UMi, "uma": UMa, "rma": RMa}


def cell(scenario: str, default_numerology: int = 0) -> Callable[..., Ofdm]:
    """Make the ``build`` of a scenario: ``umi``, ``uma`` or ``rma``."""

    def build(
        sight: Literal["by_chance", "always", "never"] = "by_chance",
        speed_mps: Speed = 3.0,
        carrier_frequency_hz: Hertz = 3.5e9,
        csi: Csi = "perfect",
        numerology: Numerology = default_numerology,
        subcarriers: Subcarriers = 72,
        rx_antennas: Antennas = 1,
        interleave: bool = True,
        clip_db: Clip = None,
        count_prefix: CountPrefix = False,
    ) -> Ofdm:
        """Build the channel: outdoor uplink from one antenna to a row of antennas.

        Parameters
        ----------
        sight : whether there is a line of sight: ``by_chance``, with the probability of
            the standard, ``always`` or ``never``
        speed_mps, carrier_frequency_hz : speed [m/s] and carrier [Hz]
        csi, numerology, subcarriers, rx_antennas, interleave, clip_db, count_prefix :
            see ``channels/ofdm.py``

        References
        ----------
        3GPP TR 38.901, section 7.5.
        """
        grid = csi, numerology, subcarriers, rx_antennas, interleave
        settings = Settings(*grid, clip_db, count_prefix)
        model = _model(scenario, carrier_frequency_hz, rx_antennas)

        def paths(course, batch, steps, rate, start):
            course.seed_sionna("place and fading")
            model.set_topology(*_places(scenario, batch, speed_mps), LOS[sight])
            gains, delays = model(steps, Later(rate, start))
            return gains[:, 0, :, 0, 0], delays[:, 0, 0]

        # users travel in the plane, in any direction
        spectrum = jakes(doppler_hz(speed_mps, carrier_frequency_hz))
        return Ofdm(paths, settings, longest_s=None, spectrum=spectrum)

    return build


def _model(scenario: str, carrier_frequency_hz: float, rx_antennas: int):
    """Sionna's model, without path loss and shadowing."""
    indoors = {} if scenario == "rma" else {"o2i_model": "low"}
    one, several = (row(n, carrier_frequency_hz) for n in (1, rx_antennas))
    return SCENARIOS[scenario](
        carrier_frequency_hz,
        ut_array=one,
        bs_array=several,
        direction="uplink",
        enable_pathloss=False,
        enable_shadow_fading=False,
        **indoors,
    )


def _places(scenario: str, batch, speed_mps: float) -> tuple:
    """Positions, orientations and velocities of outdoor users and base stations."""
    ut, bs, turned, _, velocity, indoor = gen_single_sector_topology(
        batch,
        1,
        scenario,
        indoor_probability=0.0,
        min_ut_velocity=speed_mps,
        max_ut_velocity=speed_mps,
    )
    upright = tf.zeros_like(turned)  # to match polarisations
    return ut, bs, upright, upright, velocity, indoor
