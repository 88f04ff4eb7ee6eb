"""Makes the table of the values of pictures."""

from typing import NamedTuple

import numpy as np

from blocks.importances import importance, weights_of
from experiments.abstraction.grid import (
    IMPORTANCE,
    METRICS,
    UNBOUNDED,
    Grid,
)
from experiments.abstraction.ladder import header_alone, ladder
from experiments.abstraction.measure import PAYLOAD, SIDE, Values
from experiments.abstraction.monotone import monotone
from semlink.loop.abstraction.content import NAMES, Content, complexity
from semlink.loop.abstraction.table import Table, encoded
from semlink.protocols import Source
from semlink.signals import unknown
from semlink.sweeps.link_trial import LinkTrial

POOLED = 2.0  # pictures of the whole set that each class has besides its own
UNMEASURED = 1e-6  # weight of a point without a signal in a fit


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
    falls neither with the SNR nor with the channel uses. It can be below the floor: a
    poor picture misleads an answerer who would do better without one. What a
    transmitter's task cannot judge is at the floor.
    """
    kinds = grid.transmitters
    of = pictures.limits().of(pictures.complexity, pictures.importance)
    floor = _by_class(pictures.floor, of)[0]
    fitted = [_fitted(one, of, floor) for one in seen.values]
    mean, spread = (np.stack(part) for part in zip(*fitted, strict=True))
    without = np.broadcast_to(np.isnan(seen.spent)[:, None], mean.shape[:-1])
    mean[without], spread[without] = np.nan, np.nan
    chosen, needed = _ladders(grid, seen, pictures.values)
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
        chosen_db=chosen,
        needed_db=needed,
        limits=np.array(pictures.limits()),
        identities=encoded(identities),
    )


def _fitted(values: np.ndarray, of: np.ndarray, floor: np.ndarray):
    """Mean and spread [C, S, U, M] of a transmitter's values [P, S, U, M].

    Those of frames that arrive, and the share that does.
    """
    arrives = values[..., [-1]] == 1.0
    values = np.where(arrives, values, np.nan)
    values[..., -1] = np.where(arrives[..., 0], 1.0, 0.0)
    mean, spread = _by_class(values, of)
    count = np.broadcast_to(arrives.sum(axis=0), values.shape[1:]).astype(float)
    count[..., -1] = len(values)
    spread[..., -1] = 0.0
    for c in range(len(NAMES)):
        for m in range(values.shape[-1]):
            there = np.isfinite(mean[c, ..., m])
            given = np.where(there, mean[c, ..., m], floor[c, m])
            weights = np.where(there, np.maximum(count[..., m], 1.0), UNMEASURED)
            # what a task never judges is at the floor
            kept = there | ~there.any()
            mean[c, ..., m] = np.where(kept, monotone(given, weights), np.nan)
            unknown_spread = np.where(there.any(), np.nan, 0.0)
            spread[c, ..., m] = np.where(there, spread[c, ..., m], unknown_spread)
    return mean, spread


def _by_class(values: np.ndarray, of: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of values [P, ...] by class : [C, ...].

    NaN values do not count; without any other, the result is NaN.
    """
    count, total, squares = _sums(values)
    whole = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    power = np.where(count > 0, squares / np.maximum(count, 1), np.nan)
    means, spreads = [], []
    for c in range(len(NAMES)):
        count, total, squares = _sums(values[of == c])
        mean = (total + POOLED * whole) / (count + POOLED)
        of_squares = (squares + POOLED * power) / (count + POOLED)
        means.append(mean)
        spreads.append(np.sqrt(np.maximum(of_squares - mean**2, 0)))
    return np.stack(means), np.stack(spreads)


def _sums(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number, sum and sum of squares of the values that are not NaN."""
    there = np.isfinite(values)
    filled = np.where(there, values, 0.0)
    return there.sum(axis=0), filled.sum(axis=0), (filled**2).sum(axis=0)


def _ladders(grid: Grid, seen: Values, values: float) -> tuple[np.ndarray, np.ndarray]:
    """Schemes of all transmitters and what they need : [T, U, K] each, dB."""
    snr_db = np.array(grid.snr_db, float)
    found = []
    for t, kind in enumerate(grid.transmitters.values()):
        if kind.adapts:
            part = seen.parts[PAYLOAD if kind.law == "effective" else SIDE]
            found.append(ladder(values * part[t], snr_db))
        else:
            found.append(header_alone(len(grid.cbr)))
    chosen, needed = zip(*found, strict=True)
    return np.stack(chosen), np.stack(needed)
