"""Antenna arrays of spatial channel models."""

from sionna.phy.channel.tr38901 import PanelArray


def row(count: int, carrier_frequency_hz: float) -> PanelArray:
    """A row of omnidirectional antennas, half a wavelength apart."""
    return PanelArray(
        num_rows_per_panel=1,
        num_cols_per_panel=count,
        polarization="single",
        polarization_type="V",
        antenna_pattern="omni",
        carrier_frequency=carrier_frequency_hz,
    )
