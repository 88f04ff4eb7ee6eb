"""The highest level first, each by the nearest responder that is left."""

import numpy as np

from semlink.loop.rescue.dispatching import NOBODY, Dispatcher


def _assign(times, weights, horizon, draws):
    """Incidents in the order of falling weights; equal ones by the least time."""
    times = np.asarray(times, float)
    order = np.lexsort((times.min(axis=0), -np.asarray(weights)))
    left, chosen = times.copy(), np.full(len(times), NOBODY)
    for incident in order[: len(times)]:
        responder = int(np.argmin(left[:, incident]))
        chosen[responder] = incident
        left[responder] = np.inf
    return chosen


def build() -> Dispatcher:
    """Build the dispatcher."""
    return _assign
