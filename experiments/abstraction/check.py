"""Holds the table against the link where it was not measured."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from experiments.abstraction.fit import Known
from experiments.abstraction.grid import METRICS, Grid
from experiments.abstraction.measure import Values
from semlink.compiled_channel import compiled_channel
from semlink.loop.abstraction.utility import Abstraction
from semlink.loop.feedback import LENGTH, Feedback
from semlink.protocols import Channel
from semlink.rng import Course
from semlink.units import channel_uses, linear_to_db

COURSES, EVERY = 256, 16  # simulated courses; every sixteenth symbol of them is used


class Error(NamedTuple):
    """Errors of the table for one transmitter and metric.

    node : mean distance of the fit from what it was fitted to, at the grid's points
    same : mean absolute error between the points, mean over the fitted pictures
    held_out : the same on the pictures that were held out
    noise : standard error of the held-out pictures' mean: what a perfect table shows
    """

    transmitter: str
    metric: str
    node: float
    same: float
    held_out: float
    noise: float


class Between(NamedTuple):
    """Errors of the table between its points; columns are those of :class:`Error`."""

    transmitter: str
    metric: str
    same: float
    held_out: float
    noise: float


class Faded(NamedTuple):
    """Utility of one transmitter and metric over fading."""

    transmitter: str
    metric: str
    predicted: float
    simulated: float
    ci95: float


def errors(
    table: Abstraction,
    grid: Grid,
    at_nodes: Values,
    between: Values,
    pictures: tuple[Known, Known],
) -> Iterator[Error]:
    """Errors by transmitter and metric.

    Parameters
    ----------
    table : fitted to ``at_nodes``
    at_nodes : values of the fitted pictures on the grid
    between : values between its points, of the fitted pictures, then of those held out
    pictures : the fitted ones, and those held out
    """
    nodes = {}
    for t, name in enumerate(table.transmitters):
        points = grid.snr_db, grid.cbr
        node = _distance(table, t, points, at_nodes.values[t], pictures[0])
        nodes |= {(name, metric): node[m] for m, metric in enumerate(METRICS)}
    for row in off_grid(table, grid, between, pictures):
        yield Error(*row[:2], nodes[row[:2]], *row[2:])


def off_grid(
    table: Abstraction, grid: Grid, between: Values, pictures: tuple[Known, Known]
) -> Iterator[Between]:
    """Errors between the points by transmitter of ``grid`` and metric.

    Parameters are those of :func:`errors`.
    """
    fitted, held_out = pictures
    count = len(fitted.complexity)
    parts = between.values[:, :count], between.values[:, count:]
    off = grid.between_db, grid.between_cbr
    for i, name in enumerate(grid.transmitters):
        t = int(table.number(name))
        same = _distance(table, t, off, parts[0][i], fitted)
        apart = _distance(table, t, off, parts[1][i], held_out)
        noise = _noise(parts[1][i])
        for m, metric in enumerate(METRICS):
            if between.judged[i, m]:
                yield Between(name, metric, same[m], apart[m], noise[m])


def _distance(table: Abstraction, t: int, points, values, pictures: Known):
    """Mean absolute error over points, of the mean over pictures : [M].

    Points that the table or the link finds infeasible are left out.
    """
    snr_db, cbr = points
    uses = np.array([channel_uses(c, round(pictures.values)) for c in cbr])
    of = table.content(pictures.complexity, pictures.importance)
    found = table.utility(
        t,
        np.array(snr_db, float)[:, None, None],
        uses[:, None],
        of,
        values=round(pictures.values),
    )
    predicted = found.mean.mean(axis=2)
    measured = values.mean(axis=0)
    off = np.where(found.feasible.all(axis=2)[..., None], predicted - measured, np.nan)
    return _mean(np.abs(off))


def _noise(values: np.ndarray) -> np.ndarray:
    """Standard error of the mean over pictures, mean over points : [M]."""
    return _mean(values.std(axis=0, ddof=1) / np.sqrt(len(values)))


def _mean(by_point: np.ndarray) -> np.ndarray:
    """Mean over points [S, U, M] that are not NaN : [M]."""
    there = np.isfinite(by_point)
    total = np.where(there, by_point, 0.0).sum(axis=(0, 1))
    count = there.sum(axis=(0, 1))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def symbols_over(channel: Channel, snr_db: float, uses: int) -> np.ndarray:
    """Es/N0 of symbols of independent transmissions [dB] : [COURSES, L]."""
    ones = np.ones((COURSES, uses), np.complex64)
    rx = channel(ones, np.float32(snr_db), Course(0))
    return linear_to_db(1 / np.maximum(np.asarray(rx.no, float)[:, ::EVERY], 1e-10))


def fading(
    table: Abstraction, grid: Grid, seen: Values, pictures: Known, channel: Channel
) -> Iterator[Faded]:
    """Predicted and simulated utility over a fading channel, mean over pictures.

    The transmitters plan for the SNR of the 1 % outage capacity, as the link's do.

    Parameters
    ----------
    seen : values of the fitted pictures over the channel
    channel : built channel
    """
    over = compiled_channel(channel, label=grid.channel)
    values = round(pictures.values)
    uses = channel_uses(grid.faded_cbr, values)
    symbols = symbols_over(over, grid.faded_db, uses)
    planned = Feedback(grid.faded_db, over).carried_db
    of = table.content(pictures.complexity, pictures.importance)
    for t, name in enumerate(grid.faded):
        found = table.faded(
            name,
            symbols,
            uses,
            of[:, None],
            planned_db=planned,
            values=values,
            block=LENGTH // EVERY,
        )
        predicted = found.mean.mean(axis=(0, 1))
        by_picture = seen.values[t, :, 0, 0]
        half = 1.96 * by_picture.std(axis=0, ddof=1) / np.sqrt(len(by_picture))
        for m, metric in enumerate(METRICS):
            if seen.judged[t, m]:
                simulated = float(by_picture[:, m].mean())
                yield Faded(name, metric, float(predicted[m]), simulated, half[m])


def as_table(rows: Sequence[NamedTuple]) -> str:
    """Rows of one kind as Markdown."""
    head = [field.replace("_", " ") for field in rows[0]._fields]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for row in rows:
        cells = [c if isinstance(c, str) else f"{c:.3f}" for c in row]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
