"""Cells of TR 38.901: each transmission comes from a place of its own in a sector.

Path loss and shadowing are left out, for the SNR is given: what remains is which
paths there are, and whether there is one in sight.
"""

from typing import Literal

import tensorflow as tf
from sionna.phy.channel.tr38901 import RMa, UMa, UMi
from sionna.phy.channel.utils import gen_single_sector_topology

from channels.antennas import row
from channels.ofdm import Ofdm, Settings, doppler_hz

Sight = Literal["by_chance", "always", "never"]
LOS = {"by_chance": None, "always": True, "never": False}
SCENARIOS = {"umi": UMi, "uma": UMa, "rma": RMa}


def cell(
    name: str,
    settings: Settings,
    sight: Sight,
    speed_mps: float,
    carrier_frequency_hz: float,
) -> Ofdm:
    """Build a cell, uplink from outdoors, one antenna to a row of them.

    Parameters
    ----------
    name : ``umi``, ``uma`` or ``rma``
    sight : whether the base station is in sight: ``by_chance`` as the standard has
        it, ``always`` or ``never``
    speed_mps, carrier_frequency_hz : speed [m/s] and carrier [Hz]
    """
    indoors = {} if name == "rma" else {"o2i_model": "low"}
    one, several = (row(n, carrier_frequency_hz) for n in (1, settings.rx_antennas))
    model = SCENARIOS[name](
        carrier_frequency_hz,
        ut_array=one,
        bs_array=several,
        direction="uplink",
        enable_pathloss=False,
        enable_shadow_fading=False,
        **indoors,
    )

    def paths(course, batch, steps, rate):
        course.seed_sionna("place and fading")
        places = gen_single_sector_topology(
            batch,
            1,
            name,
            indoor_probability=0.0,
            min_ut_velocity=speed_mps,
            max_ut_velocity=speed_mps,
        )
        ut, bs, turned, _, velocity, indoor = places
        upright = tf.zeros_like(turned)  # else polarisations would not match
        model.set_topology(ut, bs, upright, upright, velocity, indoor, LOS[sight])
        gains, delays = model(steps, rate)
        return gains[:, 0, :, 0, 0], delays[:, 0, 0]

    fastest_hz = doppler_hz(speed_mps, carrier_frequency_hz)
    return Ofdm(paths, settings, doppler_hz=fastest_hz)
