"""Average precision of ranked detections, compiled by numba.

A bootstrap needs it of hundreds of resamples. Sums over NumPy arrays, which span all
detections for each area and overlap, take ten times as long and more.
"""

import numpy as np
from numba import njit

EPSILON = np.spacing(1)  # as in COCOeval
RECALLS = np.linspace(0, 1, 101)


@njit(cache=True)
def precisions(counts, hits, picture, starts, total, times):
    """Average precision of each category where pictures occur several times.

    The mean over 101 values of recall of the highest precision at no less of it.

    Input
    -----
    counts : [A, T, D], whether each detection counts, by area and least overlap;
        categories follow each other, in order of falling confidence
    hits : [A, T, D], whether it counts and matches an object
    picture : [D], number of its picture
    starts : [K + 1], number of the first detection of each category, and D
    total : [A, K], objects of each category in all pictures
    times : [n], how often each picture occurs

    Output
    ------
    : [A, T, K]; NaN for a category without objects
    """
    areas, overlaps, _ = counts.shape
    values = np.full((areas, overlaps, len(starts) - 1), np.nan)
    for a in range(areas):
        for t in range(overlaps):
            for k in range(len(starts) - 1):
                if total[a, k] > 0:
                    own = slice(starts[k], starts[k + 1])
                    seen = counts[a, t, own], hits[a, t, own], picture[own]
                    values[a, t, k] = _precision(*seen, total[a, k], times)
    return values


@njit(cache=True)
def _precision(counts, hits, picture, total, times):
    """Average precision of a category: counts, hits and picture [D]."""
    precision, recall = np.empty(len(hits)), np.empty(len(hits))
    matches, seen, found = 0, 0.0, 0.0
    for d in range(len(hits)):
        if counts[d] and times[picture[d]] > 0:
            seen += times[picture[d]]
            if hits[d]:
                found += times[picture[d]]
                precision[matches] = found / (seen + EPSILON)
                recall[matches] = found / total
                matches += 1
    value, best, place = 0.0, 0.0, len(RECALLS) - 1
    for match in range(matches - 1, -1, -1):
        while RECALLS[place] > recall[match]:
            place -= 1  # a recall that is reached by no match, or by a later one
        best = max(best, precision[match])
        before = recall[match - 1] if match else -1.0
        while place >= 0 and RECALLS[place] > before:
            value += best
            place -= 1
        if place < 0:
            break
    return value / len(RECALLS)
