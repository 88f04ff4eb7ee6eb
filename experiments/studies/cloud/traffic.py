"""Synthetic traffic: requests of edges for services in successive epochs.

Popularity follows Zipf's law of exponent 1 over an order of the services that each edge
draws for itself. Requests are Poisson. Every mix is one course through time; what comes
first is for training.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from experiments.studies.cloud.services import Worth
from semlink.errors import InputError
from semlink.loop.cloud import Need, Needs
from semlink.registry import unknown
from semlink.rng import seed_of

REQUESTS = 100.0  # mean of an edge and epoch
PERSISTENCE = 0.9  # correlation of drifting popularity from epoch to epoch
ONSET, LENGTH = 0.05, 4.0  # of an emergency: probability an epoch, mean length [epochs]
SURGE = 10.0  # requests of an emergency over those of an ordinary epoch
URGENT = ("find", "ask")  # services that an emergency needs


def traffic(
    mix: str, seed: int, epochs: int, edges: Sequence[Mapping[str, Worth]]
) -> tuple[Needs, ...]:
    """Needs of successive epochs.

    Parameters
    ----------
    mix : name of the mix
    seed : root seed
    epochs : number of epochs
    edges : utility of every service at each edge

    Raises
    ------
    InputError
        The mix is not known.
    """
    if mix not in MIXES:
        raise InputError(unknown("mix", mix, sorted(MIXES)))
    rng = np.random.default_rng(seed_of(seed, f"traffic {mix}"))
    names = sorted(edges[0])
    mean = REQUESTS * MIXES[mix](rng, epochs, len(edges), names)
    counts = rng.poisson(mean)
    return tuple(
        tuple(
            Need(edge, name, int(count), *edges[edge][name])
            for edge, row in enumerate(epoch)
            for name, count in zip(names, row, strict=True)
        )
        for epoch in counts
    )


def _stationary(rng, epochs: int, edges: int, names: Sequence[str]) -> np.ndarray:
    """Popularity that does not change : [epochs, edges, services]."""
    zipf = 1 / np.arange(1, len(names) + 1)
    order = [rng.permutation(len(names)) for _ in range(edges)]
    return np.tile((zipf / zipf.sum())[order], (epochs, 1, 1))


def _drifting(rng, epochs: int, edges: int, names: Sequence[str]) -> np.ndarray:
    """Zipf's law over an order of scores that follow autoregressive processes."""
    zipf = 1 / np.arange(1, len(names) + 1)
    score, popularity = rng.normal(size=(edges, len(names))), []
    for _ in range(epochs):
        rank = np.argsort(np.argsort(-score, axis=1), axis=1)
        popularity.append((zipf / zipf.sum())[rank])
        fresh = np.sqrt(1 - PERSISTENCE**2) * rng.normal(size=score.shape)
        score = PERSISTENCE * score + fresh
    return np.stack(popularity)


def _emergency(rng, epochs: int, edges: int, names: Sequence[str]) -> np.ndarray:
    """Stationary, with bursts at single edges in which urgent services surge."""
    popularity = _stationary(rng, epochs, edges, names)
    urgent = np.isin(names, URGENT)
    burning = np.zeros(edges, bool)
    for epoch in popularity:
        draw = rng.random(edges)
        burning = np.where(burning, draw >= 1 / LENGTH, draw < ONSET)
        epoch[np.ix_(burning, urgent)] *= SURGE
    return popularity


MIXES = {"stationary": _stationary, "drifting": _drifting, "emergency": _emergency}
