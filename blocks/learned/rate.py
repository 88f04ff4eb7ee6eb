"""Rate control of a learned codec: the quality and eta that meet a budget.

Quality says how finely an image is described, eta how many channel dimensions a bit
of that gets. Of all pairs of one total rate, those with eta near its nominal value
at the SNR are best: quality is searched first at that eta, then eta for what is left.
"""

from collections.abc import Callable

from blocks.phy.analog import LogScale
from semlink.errors import Infeasible

QUALITY_BITS, ETA_BITS = 5, 10
LAST_QUALITY = 2**QUALITY_BITS - 1
ETAS = LogScale(ETA_BITS, 1 / 32, 16)


def best(
    cost: Callable[[int, int], float], limit: float, nominal_eta: float, what: str
) -> tuple[int, int]:
    """Choose the highest quality within the limit, then the highest eta.

    Parameters
    ----------
    cost : of a quality and an eta, both as sent; it grows with either
    limit : of the cost
    nominal_eta : that suits the SNR
    what : is sent, for the error

    Raises
    ------
    Infeasible
        The least that can be sent is above the limit.
    """
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
