"""Rate control of a learned codec: the quality and eta that meet a budget.

Quality says how finely an image is described, eta how many channel dimensions a bit
of that gets. Of all pairs of one total rate, those with eta near its nominal value
at the SNR are best: quality is searched first at that eta, then eta for what is left.
"""

from collections.abc import Callable, Sequence

import numpy as np

from blocks.phy.analog import LogScale
from semlink.errors import Infeasible
from semlink.protocols import Budget
from semlink.signals import Sample

QUALITY_BITS, ETA_BITS = 5, 10
LAST_QUALITY = 2**QUALITY_BITS - 1
ETAS = LogScale(ETA_BITS, 1 / 32, 16)

# Symbols of image ``index`` at a quality and an eta, both as sent.
Cost = Callable[[int, int, int], int]


def search(
    source: Sequence[Sample], budget: Budget, cost: Cost, nominal_eta: float
) -> tuple[tuple[int, int], ...]:
    """Give (quality, eta), as sent, for each image.

    Raises
    ------
    Infeasible
        The least that can be sent is above the budget.
    """
    values = np.array([sample.values for sample in source])

    def uses(index: int, quality: int, eta: int) -> int:
        return budget.frame.uses(cost(index, quality, eta))

    if budget.cbr_mode == "average":

        def mean_cbr(quality: int, eta: int) -> float:
            spent = [uses(i, quality, eta) for i in range(len(values))]
            return float(np.mean(spent / values))

        pair = _best(mean_cbr, budget.cbr, nominal_eta, "the set")
        return (pair,) * len(values)
    return tuple(
        _best(
            lambda quality, eta, i=i: uses(i, quality, eta),
            budget.uses(sample),
            nominal_eta,
            sample.name,
        )
        for i, sample in enumerate(source)
    )


def _best(cost, limit: float, nominal_eta: float, what: str) -> tuple[int, int]:
    """The highest quality within the limit, then the highest eta."""
    nominal = ETAS.index(nominal_eta)
    quality = _last(lambda q: cost(q, nominal) <= limit, LAST_QUALITY)
    quality = max(quality, 0)
    eta = _last(lambda e: cost(quality, e) <= limit, 2**ETA_BITS - 1)
    if eta < 0:
        share = cost(quality, 0) / limit if limit else float("inf")
        raise Infeasible(f"smallest signal of {what} is {share:.2f} of the budget")
    return quality, eta


def _last(holds: Callable[[int], bool], highest: int) -> int:
    """The last of 0 to ``highest`` for which it holds, as it does for all before.

    -1 where it holds for none.
    """
    low, high = -1, highest + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
