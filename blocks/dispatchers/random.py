"""Incidents in random order: what every other dispatcher must beat."""

import numpy as np

from semlink.loop.rescue.dispatching import NOBODY, Dispatcher


def _assign(times, weights, horizon, draws):
    """As many incidents as there are responders, at random."""
    order = draws.permutation(len(weights))[: len(times)]
    chosen = np.full(len(times), NOBODY)
    chosen[draws.permutation(len(times))[: len(order)]] = order
    return chosen


def build() -> Dispatcher:
    """Build the dispatcher."""
    return _assign
