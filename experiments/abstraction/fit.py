"""Makes the table of the values of pictures."""

from typing import NamedTuple

import numpy as np

from blocks.importances import importance, weights_of
from blocks.phy.mcs import SCHEMES, waterfall
from experiments.abstraction.grid import (
    IMPORTANCE,
    METRICS,
    UNBOUNDED,
    Grid,
    Kind,
)
from experiments.abstraction.measure import Values
from experiments.abstraction.monotone import monotone
from semlink.loop.abstraction.content import NAMES, Content, complexity
from semlink.loop.abstraction.table import Table, encoded
from semlink.protocols import Source
from semlink.signals import unknown
from semlink.sweeps.link_trial import LinkTrial

POOLED = 2.0  # pictures of the whole set that each class has besides its own
UNMEASURED = 1e-6  # weight of a point without a signal in a fit
LONG, SHORT = 1024, 128  # bits of a code block, and of a header


class Known(NamedTuple):
    """What a sender knows of pictures, and what they are worth if nothing arrives.

    complexity, importance : [P]
    floor : [P, M]
    values : mean number of values of a picture
    """

    complexity: np.ndarray
    importance: np.ndarray
    floor: np.ndarray
    values: float

    def limits(self) -> Content:
        """Limits between the classes: the medians."""
        return Content(
            float(np.median(self.complexity)), float(np.median(self.importance))
        )


def known(trial: LinkTrial, pictures: Source) -> Known:
    """Look at pictures without a link."""
    weighs = importance(IMPORTANCE)
    samples = [pictures[i] for i in range(len(pictures))]
    return Known(
        np.array([complexity(s.data) for s in samples]),
        np.array([weights_of(weighs(s)).mean() for s in samples]),
        np.array([_floor(trial, s) for s in samples]),
        float(np.mean([s.values for s in samples])),
    )


def _floor(trial: LinkTrial, sample) -> list[float]:
    """Utility of a sample that is lost, by metric."""
    seen: dict[str, tuple[float, float]] = {}
    for task in trial.tasks.values():
        seen |= task.observe(sample, unknown())
    return [seen[m][0] / seen[m][1] if m in seen else 0.0 for m in METRICS]


def fit(grid: Grid, seen: Values, pictures: Known, identities: dict) -> Table:
    """The table of the values of pictures.

    A class has the mean of its pictures, and of ``POOLED`` further ones that are each
    the mean of all: few pictures are pulled to the rest. Its mean is fitted so that it
    falls neither with the SNR nor with the channel uses, and is not below the floor.
    What a transmitter's task cannot judge is at the floor.
    """
    kinds = grid.transmitters
    of = pictures.limits().of(pictures.complexity, pictures.importance)
    floor = _by_class(pictures.floor, of)[0]
    fitted = [_fitted(one, of, pictures.floor, floor) for one in seen.values]
    mean, spread = (np.stack(part) for part in zip(*fitted, strict=True))
    mean[np.isnan(seen.spent)[:, None] & np.ones((1, len(NAMES), 1, 1), bool)] = np.nan
    spread[np.isnan(mean)] = np.nan
    chosen, needed = zip(*map(_ladder, kinds.values()), strict=True)
    return Table(
        transmitters=tuple(kinds),
        laws=tuple(kind.law for kind in kinds.values()),
        references=tuple(kind.reference for kind in kinds.values()),
        metrics=METRICS,
        bounded=np.array([m not in UNBOUNDED for m in METRICS]),
        snr_db=np.array(grid.snr_db, float),
        cbr=np.array(grid.cbr, float),
        values=np.array(pictures.values),
        mean=mean.astype(np.float32),
        spread=spread.astype(np.float32),
        floor=floor.astype(np.float32),
        spent=seen.spent,
        chosen_db=np.array(chosen),
        needed_db=np.array(needed),
        limits=np.array(pictures.limits()),
        identities=encoded(identities),
    )


def _fitted(values, of: np.ndarray, floors: np.ndarray, floor: np.ndarray):
    """Mean and spread [C, S, U, M] of a transmitter's values [P, S, U, M]."""
    lost = np.broadcast_to(floors[:, None, None, :], values.shape)
    there = np.isfinite(values)
    filled = np.where(there, values, lost)
    mean, spread = _by_class(filled, of)
    weights = np.where(there.any(axis=0), 1.0, UNMEASURED)
    for c in range(len(NAMES)):
        for m in range(values.shape[-1]):
            risen = monotone(mean[c, ..., m], weights[..., m])
            mean[c, ..., m] = np.maximum(risen, floor[c, m])
    return mean, spread


def _by_class(values: np.ndarray, of: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of values [P, ...] by class : [C, ...]."""
    whole, variance = values.mean(axis=0), values.var(axis=0)
    means, spreads = [], []
    for c in range(len(NAMES)):
        own = values[of == c]
        count = len(own) + POOLED
        mean = (own.sum(axis=0) + POOLED * whole) / count
        squares = ((own - mean) ** 2).sum(axis=0)
        means.append(mean)
        spreads.append(np.sqrt((squares + POOLED * variance) / count))
    return np.stack(means), np.stack(spreads)


def _ladder(kind: Kind) -> tuple[list[float], list[float]]:
    """SNRs [dB] from which schemes are chosen, and which they need.

    A link that does not adapt has its header alone, in the most robust scheme.
    """
    if not kind.adapts:
        header = waterfall(SCHEMES[0], SHORT).half_db
        rest = [np.inf] * (len(SCHEMES) - 1)
        return [-np.inf, *rest], [header, *rest]
    levels = [waterfall(scheme, LONG) for scheme in SCHEMES]
    return [one.snr_db for one in levels], [one.half_db for one in levels]
