"""Proportional fairness: the user whose rate is largest over its own past.

Over time, it maximises the sum of the logarithms of the mean rates. Sionna's
``PFSchedulerSUMIMO`` has the same rule, for one shape and with a state of its own; a
test holds the decisions of both to each other.

References
----------
A. Jalali, R. Padovani, R. Pankaj, "Data throughput of CDMA-HDR", VTC Spring 2000.
"""

from typing import Annotated

import numpy as np
from pydantic import Field

from semlink.loop.pool import granted, in_order, nominal_db


class ProportionalFair:
    """Remembers the mean rate of each user, discounted.

    Parameters
    ----------
    beta : discount of a slot
    """

    def __init__(self, beta: float):
        self._beta = beta

    def __call__(self, demands, pool, memory, draws):
        """Shares by rate over mean rate; the memory is the mean rates [..., K]."""
        rate = demands.rate
        mean = np.ones(rate.shape) if memory is None else memory
        uses = in_order(rate / mean, demands, pool)
        share = uses / np.maximum(np.expand_dims(pool.uses, -1), 1)
        mean = self._beta * mean + (1 - self._beta) * rate * share
        return granted(demands, uses, nominal_db(pool)), mean


def build(beta: Annotated[float, Field(gt=0, lt=1)] = 0.998) -> ProportionalFair:
    """Build the scheduler.

    Parameters
    ----------
    beta : discount of a slot; a user's past is about 1 / (1 - beta) slots long
    """
    return ProportionalFair(beta)
