"""Strong components on good resources.

The expected error ``sigma^2 N0 / (p + N0)`` of a component, whose power p grows with
its deviation, falls the faster with N0 the stronger it is. The sum over components is
least if their order is that of the resources (rearrangement inequality): sort, and
match.

References
----------
S. Jakubczak, D. Katabi, "A cross-layer design for scalable mobile video", MobiCom 2011
(analog components by subcarrier).
"""

import numpy as np


def placement(sigma: np.ndarray, states_db: np.ndarray) -> np.ndarray:
    """Which dimension goes to each place.

    Dimensions that meet the same state keep their order; with one state for all, each
    stays where it is.

    Input
    -----
    sigma : [n], deviations of what the dimensions carry
    states_db : [ceil(n / 2)], reported state of each symbol

    Output
    ------
    order : [n], int64: place k carries dimension ``order[k]``
    """
    at_place = np.repeat(states_db, 2)[: len(sigma)]
    strongest = np.argsort(-sigma, kind="stable")
    order, start = np.empty(len(sigma), np.int64), 0
    for state in np.unique(at_place)[::-1]:
        places = np.flatnonzero(at_place == state)
        order[places] = np.sort(strongest[start : start + len(places)])
        start += len(places)
    return order
