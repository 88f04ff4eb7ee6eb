"""Runs the sweeps of the measurement, and collects their values by picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments.abstraction.grid import METRICS, SEED
from experiments.abstraction.pictures import OfChosen
from experiments.commands.signal_cache import signal_cache
from experiments.commands.sweeping import run
from experiments.compose import catalogue
from semlink.config import validate
from semlink.loop.abstraction.table import DELIVERY
from semlink.protocols import Source
from semlink.store.results import read_points, read_samples
from semlink.sweeps.link_trial import LinkTrial
from semlink.sweeps.sweep import Sweep

OUTAGE = "outage"
SIDE, PAYLOAD = "cbr_side", "cbr_payload"  # columns of a run


class Values(NamedTuple):
    """Values of a sweep by picture.

    values : [T, P, S, U, M], NaN where infeasible or not judged
    spent : [T, S, U], mean CBR; NaN where infeasible
    parts : the same of side information and of the payload
    judged : [T, M], bool, whether the metric is measured for the transmitter
    """

    values: np.ndarray
    spent: np.ndarray
    parts: dict[str, np.ndarray]
    judged: np.ndarray


class Where(NamedTuple):
    """Points of one sweep."""

    transmitters: Sequence[str]
    tasks: Sequence[str]
    snr_db: Sequence[float]
    cbr: Sequence[float]
    channel: str = "awgn"
    draws: int = 1


def measured(
    name: str, source: Source, where: Where, folder: Path, cache: tuple[Path, float]
) -> tuple[Values, Sweep]:
    """Simulate the points that a folder does not hold yet, and read all values.

    Parameters
    ----------
    name : of the source, as on the command line
    source : the pictures
    where : points
    folder : of the run
    cache : folder and limit [GiB] of the cache of signals
    """
    settings = {
        "source": name,
        "transmitter": list(where.transmitters),
        "channel": where.channel,
        "task": list(where.tasks),
        "snr_db": list(where.snr_db),
        "cbr": list(where.cbr),
        "cbr_mode": "per_image",
        "seed": SEED,
        "stop": {"draws": where.draws},
    }
    of = OfChosen(catalogue(), source)
    job = Sweep(LinkTrial(validate(settings), of, signal_cache(*cache)))
    run(job, folder)
    return collect(job, folder, where), job


def collect(job: Sweep, folder: Path, where: Where) -> Values:
    """Values of a finished sweep."""
    rows = {row["point_id"]: row for row in read_points(folder)}
    sizes = len(where.transmitters), len(where.snr_db), len(where.cbr)
    count = job.trial.num_samples
    values = np.full((sizes[0], count, *sizes[1:], len(METRICS)), np.nan)
    spent = np.full(sizes, np.nan)
    parts = {part: spent.copy() for part in (SIDE, PAYLOAD)}
    for point in job.points:
        row = rows[point.id]
        if row["status"] != "ok":
            continue
        t = list(where.transmitters).index(point.setup.transmitter.label)
        s = list(where.snr_db).index(point.snr_db)
        u = list(where.cbr).index(point.cbr)
        spent[t, s, u] = float(row["cbr"])
        for part, of_points in parts.items():
            of_points[t, s, u] = float(row[part])
        for m, metric in enumerate(METRICS):
            for picture, value in _samples(folder, point.id, metric).items():
                values[t, picture, s, u, m] = value
    judged = np.isfinite(values).any(axis=(1, 2, 3))
    return Values(values, spent, parts, judged)


def _samples(folder: Path, point_id: str, metric: str) -> dict[int, float]:
    """Values of a metric by picture; delivery is what is not an outage."""
    if metric != DELIVERY:
        return read_samples(folder, point_id, metric)
    lost = read_samples(folder, point_id, OUTAGE)
    return {picture: 1.0 - value for picture, value in lost.items()}
