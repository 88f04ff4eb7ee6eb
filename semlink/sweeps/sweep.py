"""A sweep simulates and stores each point of a grid."""

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from semlink.config import StopRule
from semlink.errors import Infeasible, InputError
from semlink.metrics import Bounds, if_received
from semlink.registry import unknown
from semlink.rng import EDITION
from semlink.store.bounds import read_bounds, write_bounds
from semlink.store.results import ResultStore, Samples
from semlink.store.rows import FAILED, INFEASIBLE, Row
from semlink.sweeps.listener import Listener
from semlink.sweeps.monitor import Monitor
from semlink.sweeps.points import Point, Setup, failure, place, rows_of, where
from semlink.sweeps.trial import JSON, BoundedTrial, Trial


class Simulated(NamedTuple):
    """A simulated point.

    rows : one row per metric
    samples : sum and count of each sample, by metric, and of the CBR
    observations : observations of metrics of a set
    """

    rows: Sequence[Row]
    samples: Samples
    observations: Mapping[str, Any]


# points -> each with its results, in order of completion
Simulate = Callable[[Sequence[Point]], Iterable[tuple[Point, Simulated]]]


class Sweep:
    """Simulates the points of a configuration, for any trial.

    Parameters
    ----------
    trial : trial that is repeated at every point

    Raises
    ------
    InputError
        The stopping rule names a metric that does not exist.
    """

    def __init__(self, trial: Trial):
        self.trial, self.config = trial, trial.config
        metric = self.config.stop.metric or next(iter(trial.metrics))
        if self.config.stop.ci95 and metric not in trial.metrics:
            message = unknown("metric", metric, list(trial.metrics))
            raise InputError(f"stop.metric: {message}")
        self.rule: StopRule = self.config.stop.model_copy(update={"metric": metric})

    @property
    def metrics(self) -> tuple[str, ...]:
        """Metrics of every point, one row each."""
        return tuple(self.trial.metrics)

    @cached_property
    def points(self) -> list[Point]:
        """The grid of the trial, in its order."""
        parts: dict[tuple[str, ...], dict[str, str]] = {}
        points = []
        for setup, snr_db, cbr in self.trial.grid():
            labels = tuple(setup.columns.values())
            if labels not in parts:
                parts[labels] = _in_json(self.trial.parts(setup))
            points.append(self._point(setup, snr_db, cbr, parts[labels]))
        # the same component written in two ways gives the same point
        return list({point.id: point for point in reversed(points)}.values())[::-1]

    def run(
        self, store: ResultStore, listener: Listener, elsewhere: Simulate | None = None
    ) -> None:
        """Simulate every point that the store does not hold yet.

        Parameters
        ----------
        store : store of the results, one point after the other
        listener : receives the progress
        elsewhere : simulates points, in any order; by default this process does

        Raises
        ------
        InputError
            At the end, if points failed.
        """
        known, missing, failed = store.finished(), [], []
        for point in self.points:
            if point.id in known:
                listener.finished(point, known[point.id], True)
            else:
                missing.append(point)
        here = ((point, self.simulate(point, listener)) for point in missing)
        for point, (rows, samples, seen) in elsewhere(missing) if elsewhere else here:
            store.write_samples(point.id, samples)
            store.write_observations(point.id, seen)
            store.append(rows)
            listener.finished(point, rows, False)
            failed += [rows[0]["status"]] * rows[0]["status"].startswith(FAILED)
        store.sort()
        if failed:
            raise InputError(
                f"{len(failed)} of {len(self.points)} points failed; the same command "
                f"simulates them again; the first: {failed[0]}"
            )

    def bounds(self, store: ResultStore) -> dict[str, Bounds]:
        """Floor and ceiling of metrics; made once, and then read from the store."""
        if not isinstance(self.trial, BoundedTrial):
            return {}
        judged = self.trial.judged()
        known = read_bounds(store.folder, judged)
        if known is None and (known := dict(self.trial.bounds())):
            write_bounds(store, known, judged)
        return known

    def refuse_conflicts(self, store: ResultStore) -> None:
        """Refuse a run that holds another result at one of the points.

        Raises
        ------
        InputError
            At the first such point.
        """
        known = store.finished()
        taken = {place(rows[0]): point_id for point_id, rows in known.items()}
        for point in self.points:
            here = place(where(point))
            if taken.get(here, point.id) != point.id:
                raise InputError(
                    "the run holds results of other settings (seed, stopping rule, "
                    "mode, data or code) at "
                    f"{', '.join(filter(None, here))}; choose another run"
                )

    def simulate(self, point: Point, listener: Listener) -> Simulated:
        """Simulate one point; return its rows, samples and observations.

        If a trial raises, the rows have the error as their status.
        """
        start = time.perf_counter()
        monitor, sample = self._monitor(point), 0
        try:
            for sample, draw in monitor.schedule():
                monitor.add(sample, draw, self.trial(point, sample, draw))
                listener.progress(point, monitor)
            return self._simulated(point, monitor, "ok", start)
        except Infeasible as reason:
            status = f"{INFEASIBLE}: {' '.join(str(reason).split())}"
        except Exception as error:  # the sweep goes on with the other points
            if "SEMLINK_DEBUG" in os.environ:
                raise
            status = failure(error, self.trial.name(sample))
        # without the trials before the error
        return self._simulated(point, self._monitor(point), status, start)

    def _simulated(
        self, point: Point, monitor: Monitor, status: str, start: float
    ) -> Simulated:
        """Results of a point that began at ``start``."""
        seconds = time.perf_counter() - start
        rows = rows_of(point, monitor, status, self.trial.metrics, seconds)
        kept = (*self.metrics, "cbr", *map(if_received, self.metrics))
        samples = {name: monitor.samples(name) for name in kept}
        return Simulated(rows, samples, monitor.observations)

    def _monitor(self, point: Point) -> Monitor:
        return Monitor(
            self.rule,
            self.trial.metrics,
            self.trial.tasks,
            num_samples=self.trial.num_samples,
            ordered=self.trial.ordered(point),
        )

    def _point(self, setup: Setup, snr_db: float, cbr: float, parts: dict) -> Point:
        what = parts | _in_json({"snr_db": snr_db, "cbr": cbr})
        return Point(setup, snr_db, cbr, _hash(what | self._drawn))

    @cached_property
    def _drawn(self) -> dict[str, str]:
        """Seed, stopping rule and edition: they select a point's random numbers."""
        seed, stop = self.config.seed, self.rule.model_dump()
        return _in_json({"seed": seed, "stop": stop, "randomness": EDITION})


def _in_json(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: JSON.encode(value) for name, value in values.items()}


def _hash(parts: dict[str, str]) -> str:
    """Hash of a JSON tree, whose branches are already encoded, as many points share."""
    text = ", ".join(f'"{name}": {value}' for name, value in sorted(parts.items()))
    return hashlib.sha256(f"{{{text}}}".encode()).hexdigest()[:16]
