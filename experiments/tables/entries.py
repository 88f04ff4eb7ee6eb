"""Points of a table, each with what it is compared with."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from experiments.studies.compare import (
    Scores,
    are_paired,
    paired_difference,
    scorer,
)
from experiments.tables.selection import Selected
from semlink.store.rows import INFEASIBLE, Row, series
from semlink.sweeps.monitor import Value
from semlink.sweeps.received import received


class Gap(NamedTuple):
    """A paired difference of means, with the half width of its 95 % interval."""

    mean: float
    ci95: float


class Entry(NamedTuple):
    """A point of a table.

    name : its transmitter or scenario
    row : its row of results
    arrived : the metric over the deliveries that were not lost, if some were lost
    best : whether no other system has a better mean in this column
    to_best : difference to the best; ``None`` if there is none to compare with
    to_reference : difference to the transmitter that was asked for, if any
    """

    name: str
    row: Row
    arrived: Value | None
    best: bool
    to_best: Gap | None
    to_reference: Gap | None

    @property
    def mean(self) -> Gap:
        """Mean and half width of its interval."""
        return Gap(float(self.row["mean"]), float(self.row["ci95"]))

    @property
    def lacks(self) -> str:
        """Why there is no mean; empty if there is one."""
        if self.row["status"].startswith(INFEASIBLE):
            return "infeasible, no setting of this transmitter fits these channel uses"
        if self.row["status"] != "ok":
            return "the point ended with an error"
        if np.isnan(float(self.row["mean"])):
            return "the task has no value for what this receiver makes"
        return ""


class Entries:
    """Makes the entries of columns.

    Parameters
    ----------
    chosen : rows of a run
    """

    def __init__(self, chosen: Selected):
        self._chosen = chosen
        self._systems = [n for n in chosen.names if n not in chosen.references]
        self._scores: Scores | None = scorer(chosen.folder, chosen.metric, chosen.task)

    def column(self, rows: Sequence[Row]) -> list[Entry]:
        """Entries of the rows of a column: one SNR, CBR and channel."""
        best = self._best(rows)
        against = self._chosen.against
        reference = next((row for row in rows if series(row) == against), None)
        return [self._entry(row, best, reference) for row in rows]

    def _entry(self, row: Row, best: Row | None, reference: Row | None) -> Entry:
        name, mean = series(row), float(row["mean"])
        is_system = best is not None and name in self._systems
        is_best = is_system and mean == float(best["mean"])
        return Entry(
            name,
            row,
            self._arrived(row),
            is_best,
            self._gap(row, best) if is_system and not is_best else None,
            self._gap(row, reference) if reference and row is not reference else None,
        )

    def _best(self, rows: Sequence[Row]) -> Row | None:
        """Row of the best mean among systems; none if there is nothing to choose."""
        known = [
            row
            for row in rows
            if series(row) in self._systems and not np.isnan(float(row["mean"]))
        ]
        if len(self._systems) < 2 or not known:
            return None
        choose = max if self._chosen.metric.higher_is_better else min
        return choose(known, key=lambda row: float(row["mean"]))

    def _arrived(self, row: Row) -> Value | None:
        if not (self._chosen.has_samples and float(row["outage"]) > 0):
            return None
        return received(self._chosen.folder, row, self._chosen.metric)

    def _gap(self, row: Row, other: Row) -> Gap:
        """Paired difference; NaN where the samples are not the same, or not there."""
        of, against = ((self._chosen.folder, r) for r in (row, other))
        values = float(row["mean"]), float(other["mean"])
        if np.isnan(values).any() or not self._chosen.has_samples:
            return Gap(np.nan, np.nan)
        if not are_paired(of, against):
            return Gap(values[0] - values[1], np.nan)
        return Gap(*paired_difference(of, against, self._scores))
