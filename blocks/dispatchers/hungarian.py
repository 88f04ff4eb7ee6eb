"""The optimal assignment by what is believed, by the Hungarian method.

References
----------
H. Kuhn, "The Hungarian method for the assignment problem", Naval Research Logistics
Quarterly, 1955.
"""

from semlink.loop.rescue.dispatching import Dispatcher, optimum


def _assign(times, weights, horizon, draws):
    """Incidents of the largest sum of weight times slots left."""
    return optimum(times, weights, horizon)


def build() -> Dispatcher:
    """Build the dispatcher."""
    return _assign
