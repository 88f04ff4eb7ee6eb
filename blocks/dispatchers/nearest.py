"""Every responder in turn takes the nearest incident that is left."""

import numpy as np

from semlink.loop.rescue.dispatching import NOBODY, Dispatcher


def _assign(times, weights, horizon, draws):
    """Incidents by time alone."""
    left, chosen = np.array(times, float), np.full(len(times), NOBODY)
    for responder in range(len(times)):
        nearest = int(np.argmin(left[responder]))
        if np.isfinite(left[responder, nearest]):
            chosen[responder] = nearest
            left[:, nearest] = np.inf
    return chosen


def build() -> Dispatcher:
    """Build the dispatcher."""
    return _assign
