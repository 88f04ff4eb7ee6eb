"""Digital schemes that a transmitter takes, and what they need, by channel uses.

A longer code block decodes nearer to capacity, and the target error rate of a block
falls with their number. Thresholds therefore depend on how many bits a budget holds.
"""

import numpy as np

from blocks.phy.mcs import SCHEMES, waterfall
from blocks.phy.side_information import carried_from_db, carries, half_lost_db

HEADER = 128  # bits of a header, which the most robust scheme carries
EFFICIENCY = np.array([scheme.efficiency for scheme in SCHEMES])


def header_alone(num_budgets: int) -> tuple[np.ndarray, np.ndarray]:
    """The ladder of a transmitter whose only digital part is its header.

    Output
    ------
    chosen_db, needed_db : [U, K], as in :class:`semlink.loop.abstraction.table.Table`
    """
    chosen = np.full((num_budgets, len(SCHEMES)), np.inf)
    needed = chosen.copy()
    chosen[:, 0], needed[:, 0] = -np.inf, waterfall(SCHEMES[0], HEADER).half_db
    return chosen, needed


def ladder(uses: np.ndarray, snr_db: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The ladder of a transmitter that adapts its digital part.

    Parameters
    ----------
    uses : [S, U], mean channel uses of the digital part; NaN where infeasible
    snr_db : [S], Es/N0 [dB]

    Output
    ------
    chosen_db, needed_db : [U, K], as in :class:`semlink.loop.abstraction.table.Table`
    """
    chosen, needed = header_alone(uses.shape[1])
    for u in np.flatnonzero(np.isfinite(uses).any(axis=0)):
        lengths = _lengths(uses[:, u], snr_db)
        chosen[u] = np.maximum.accumulate(_each(carried_from_db, lengths))
        needed[u] = _each(half_lost_db, lengths)
        # how often the first scheme is lost at the first SNR is measured
        needed[u, 0] = min(needed[u, 0], snr_db[0])
    return chosen, needed


def _lengths(uses: np.ndarray, snr_db: np.ndarray) -> np.ndarray:
    """Bits of the digital part at each scheme : [K], int.

    The measured SNRs give the bits at the schemes that they support; between them, bits
    are linear in the efficiency of the scheme: constant where a stream has a length of
    its own, proportional where it fills a budget.
    """
    there = np.isfinite(uses)
    at = zip(uses[there], snr_db[there], strict=True)
    taken = np.array([_fastest(*one) for one in at])
    bits = uses[there] * EFFICIENCY[taken]
    efficiency, place = np.unique(EFFICIENCY[taken], return_inverse=True)
    mean = np.bincount(place, bits) / np.bincount(place)
    return np.interp(EFFICIENCY, efficiency, mean).astype(int)


def _fastest(uses: float, snr_db: float) -> int:
    """The fastest scheme that carries what it brings into its uses, or the first."""
    bits = [int(uses * efficiency) for efficiency in EFFICIENCY]
    return max((k for k in range(len(bits)) if carries(k, snr_db, bits[k])), default=0)


def _each(rule, lengths: np.ndarray) -> np.ndarray:
    return np.array([rule(mcs, int(length)) for mcs, length in enumerate(lengths)])
