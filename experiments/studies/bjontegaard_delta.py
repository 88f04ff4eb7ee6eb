"""Bjontegaard deltas: mean differences between two curves of quality over CBR.

References
----------
G. Bjontegaard, "Calculation of average PSNR differences between RD-curves", VCEG-M33,
2001; with piecewise cubic interpolation, as in the common test conditions of JVET, by
the package ``bjontegaard`` of FAU Erlangen-Nuernberg.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

FEWEST = 4  # points of a curve


class Delta(NamedTuple):
    """Difference of two curves, and the range where both are known.

    psnr_db : mean difference at equal CBR [dB]
    rate : relative mean difference in CBR at equal PSNR
    cbr, level_db : common range of CBR and of PSNR [dB], lower and upper end
    """

    psnr_db: float
    rate: float
    cbr: tuple[float, float]
    level_db: tuple[float, float]


def delta(anchor: Sequence, test: Sequence) -> Delta | str:
    """Compare two curves, points (CBR, PSNR [dB]) in any order; or return a reason."""
    from bjontegaard import bd_psnr, bd_rate

    curves = [np.array(sorted(points), float).T for points in (anchor, test)]
    if min(len(points) for points in (anchor, test)) < FEWEST:
        return f"fewer than {FEWEST} CBRs"
    if any(np.any(np.diff(axis) <= 0) for curve in curves for axis in curve):
        return "a curve does not rise"
    overlaps = [
        (max(axis[0] for axis in both), min(axis[-1] for axis in both))
        for both in zip(*curves, strict=True)
    ]
    if any(low >= high for low, high in overlaps):
        return "no overlap"
    how = {"method": "pchip", "require_matching_points": False, "min_overlap": 0}
    (cbr, level), (other_cbr, other_level) = curves
    values = (cbr, level, other_cbr, other_level)
    psnr_db, percent = (float(bd(*values, **how)) for bd in (bd_psnr, bd_rate))
    return Delta(psnr_db, percent / 100, *overlaps)
