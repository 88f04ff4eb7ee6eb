"""Rate control of a learned codec: the quality and eta that meet a budget.

Quality sets the quantiser step of an image, eta the channel dimensions per bit of
entropy. At one total rate, pairs with eta near its nominal value for the SNR are best:
the search fixes that eta for the quality, then spends the rest of the budget on eta.
"""

from collections.abc import Callable

from blocks.nn.codec import FINEST_QUALITY
from blocks.phy.analog import LogScale
from semlink.errors import Infeasible

QUALITY_BITS, ETA_BITS = 6, 10
FULL_QUALITY = 31  # index of quality 1
LAST_QUALITY = int(FULL_QUALITY * FINEST_QUALITY)
LAST_ETA = 2**ETA_BITS - 1
ETAS = LogScale(ETA_BITS, 1 / 32, 16)


def best(
    cost: Callable[[int, int], float], limit: float, nominal_eta: float, what: str
) -> tuple[int, int]:
    """Choose the highest quality within the limit, then the highest eta.

    Parameters
    ----------
    cost : cost of a quality and an eta, both as header indices; it grows with either
    limit : largest cost
    nominal_eta : eta for the SNR
    what : name of the image or the set, for the error

    Raises
    ------
    Infeasible
        The smallest signal is above the limit.
    """
    nominal = ETAS.index(nominal_eta)
    quality = _last(lambda q: cost(q, nominal) <= limit, LAST_QUALITY)
    quality = max(quality, 0)
    eta = _last(lambda e: cost(quality, e) <= limit, LAST_ETA)
    if eta < 0:
        least = cost(quality, 0)
        share = least / limit if limit else float("inf")
        reason = f"smallest signal of {what} is {share:.2f} of the budget"
        raise Infeasible(reason, least)
    return quality, eta


def _last(holds: Callable[[int], bool], highest: int) -> int:
    """Bisect for the last of 0 to ``highest`` at which ``holds``; -1 if there is none.

    If it holds for a number, it holds for all before.
    """
    low, high = -1, highest + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
