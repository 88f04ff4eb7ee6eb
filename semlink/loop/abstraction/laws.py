"""Fading in a table that was measured over AWGN: one equivalent SNR for many symbols.

A coded block has an effective SNR: that of an AWGN channel of the same mutual
information. An analog link has none; its distortion is the mean of the distortions of
its symbols.

References
----------
K. Brueninghaus et al., "Link performance models for system level simulations of
broadband radio access systems", PIMRC 2005.
"""

import numpy as np

from semlink.loop.feedback import effective_db
from semlink.units import db_to_linear, linear_to_db

NOTHING_DB = -100.0  # least Es/N0


def weakest_block_db(symbols_db: np.ndarray, block: int | None = None) -> np.ndarray:
    """Effective Es/N0 [dB] of the worst code block of each frame : [...].

    Parameters
    ----------
    symbols_db : [..., L], Es/N0 of symbols [dB]
    block : symbols of a code block; one block by default. The last is the longest.
    """
    symbols_db = np.maximum(np.asarray(symbols_db, float), NOTHING_DB)
    length = symbols_db.shape[-1]
    count = max(length // block, 1) if block else 1
    starts = [i * (block or 0) for i in range(count)] + [length]
    blocks = [
        effective_db(db_to_linear(-symbols_db[..., start:stop]))
        for start, stop in zip(starts, starts[1:], strict=False)
    ]
    return np.min(blocks, axis=0)


def average_db(
    symbols_db: np.ndarray, snr_db: np.ndarray, profile: np.ndarray, in_db: bool
) -> np.ndarray:
    """Es/N0 [dB] over AWGN at which the distortion is the mean over symbols : [N].

    Where the profile is level, it lies between the least and the largest symbol SNR.

    Parameters
    ----------
    symbols_db : [N, L], Es/N0 of symbols [dB]; those outside ``snr_db`` count as its
        ends
    snr_db : [S], rising
    profile : [N, S], quality at these SNRs, not falling
    in_db : the distortion is ``10^(-quality / 10)``, else ``1 - quality``
    """
    inside = np.clip(symbols_db, snr_db[0], snr_db[-1])
    quality = _along(inside, snr_db, profile)
    if in_db:
        mean = -linear_to_db(db_to_linear(-quality).mean(axis=1))
    else:
        mean = quality.mean(axis=1)
    return np.clip(_where(mean, snr_db, profile), inside.min(1), inside.max(1))


def _along(x: np.ndarray, grid: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values [N, S] on a grid [S], at x [N, L], between linear pieces : [N, L]."""
    left = np.clip(np.searchsorted(grid, x, "right") - 1, 0, len(grid) - 1)
    right = np.minimum(left + 1, len(grid) - 1)
    share = (x - grid[left]) / np.where(right > left, grid[right] - grid[left], 1.0)
    low, high = (np.take_along_axis(values, i, axis=1) for i in (left, right))
    return low + share * (high - low)


def _where(quality: np.ndarray, grid: np.ndarray, profile: np.ndarray) -> np.ndarray:
    """Least point of a grid [S] at which profiles [N, S] have a quality [N] : [N]."""
    right = np.sum(profile < quality[:, None], axis=1).clip(1, len(grid) - 1)
    rows, left = np.arange(len(profile)), right - 1
    low, high = profile[rows, left], profile[rows, right]
    rise = high - low
    share = np.where(rise > 0, (quality - low) / np.where(rise > 0, rise, 1.0), 0.0)
    return grid[left] + share.clip(0, 1) * (grid[right] - grid[left])
