"""Rows of a run that a table is made of."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from experiments.commands.manifests import read_metrics, read_references
from experiments.labels import Label, marked, read_labels, word_of, words_of
from semlink.config import parse_grid
from semlink.errors import InputError
from semlink.metrics import Metric
from semlink.registry import unknown
from semlink.store.results import SAMPLES, read_points
from semlink.store.rows import Row, grouped, series


class Asked(NamedTuple):
    """What a user asks for; empty words select everything.

    metric : name of the metric, the first of the run by default
    only : transmitters or scenarios, in the order of the rows
    labels : NAME=TEXT for some of them, and for channels
    snr_db, cbr : numbers or start:stop:step
    against : transmitter or scenario to compare with
    """

    metric: str = ""
    only: str = ""
    labels: str = ""
    snr_db: str = ""
    cbr: str = ""
    against: str = ""


class Selected(NamedTuple):
    """Rows of one metric.

    folder : of the run
    metric, task : metric of the rows, and the task that it is of
    rows : in the order of the table
    names : transmitters or scenarios, likewise
    labels : texts of transmitters, scenarios and channels
    references : ``bound`` or ``oracle`` by name, of those that are not systems
    against : one of ``names``, or empty
    """

    folder: Path
    metric: Metric
    task: str
    rows: Sequence[Row]
    names: Sequence[str]
    labels: dict[str, Label]
    references: dict[str, str]
    against: str

    def places(self, column: str) -> list[tuple[str, float, Sequence[Row]]]:
        """Channel, value of a column of the grid, and the rows there, in order."""
        groups = grouped(self.rows, "channel", column)
        own = [(channel, float(value), rows) for (channel, value), rows in groups]
        return sorted(own, key=lambda place: place[:2])

    @property
    def has_samples(self) -> bool:
        """Whether the run has its samples; it may be copied without them."""
        return (self.folder / SAMPLES).is_dir()

    @property
    def kind(self) -> str:
        """What the rows of a table are."""
        return "scenario" if self.rows[0]["scenario"] else "transmitter"

    def label(self, name: str) -> str:
        """What a table calls a transmitter, scenario or channel."""
        label = self.labels.get(name, Label(name))
        return marked(label, self.references.get(name, "")).text


def select(folder: Path, asked: Asked) -> Selected:
    """The rows of a run that a user asks for.

    Raises
    ------
    InputError
        The run does not have what is asked for.
    """
    everything = read_points(folder)
    if not everything:
        raise InputError(f"{folder} has no finished point for a table")
    described = read_metrics(folder, [row["metric"] for row in everything])
    metric = asked.metric or next(iter(described))
    rows = [row for row in everything if row["metric"] == metric]
    if not rows:
        raise InputError(unknown("metric", metric, sorted(described)))
    kind = "scenario" if rows[0]["scenario"] else "transmitter"
    found = list(dict.fromkeys(map(series, rows)))
    chosen = words_of(asked.only) or found
    named = read_labels(asked.labels)
    against = word_of(asked.against) if asked.against else ""
    references = read_references(folder)
    _check(f"{kind} of this run", chosen, found)
    if against not in ("", *found):
        systems = [name for name in found if name not in references]
        raise InputError(unknown(f"{kind} of this run", against, systems or found))
    channels = dict.fromkeys(row["channel"] for row in rows)
    _check("name of this run", named, [*found, *channels])
    if against and against not in chosen:
        chosen = [against, *chosen]
    rows = _at(_at(rows, "snr_db", asked.snr_db), "cbr_target", asked.cbr)
    rows = [row for one in chosen for row in rows if series(row) == one]
    if not rows:
        raise InputError(f"the run has no point there, got {' '.join(chosen)}")
    of = folder, described[metric], rows[0]["task"]
    return Selected(*of, rows, chosen, named, references, against)


def _check(what: str, names: Iterable[str], known: list[str]) -> None:
    for name in names:
        if name not in known:
            raise InputError(unknown(what, name, known))


def _at(rows: Sequence[Row], column: str, asked: str) -> list[Row]:
    """Rows at some values of the grid."""
    if not asked.strip():
        return list(rows)
    known = sorted({float(row[column]) for row in rows})
    try:
        wanted = parse_grid(asked)
    except ValueError as error:
        raise InputError(str(error)) from None
    if missing := [value for value in wanted if value not in known]:
        title = {"snr_db": "Es/N0", "cbr_target": "CBR"}[column]
        has = " ".join(f"{value:g}" for value in known)
        raise InputError(f"the run has {title} {has}, got {missing[0]:g}")
    return [row for row in rows if float(row[column]) in wanted]
