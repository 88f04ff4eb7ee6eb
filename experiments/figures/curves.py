"""Figures of a run, drawn from its CSV alone."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from experiments.commands.manifests import read_metrics, read_references
from experiments.figures import legend, overlays
from experiments.figures.canvas import any_letters, save
from experiments.figures.lines import draw_curves, scale_y, styles
from experiments.figures.panels import Sheet, arrange, sheet
from experiments.figures.paper import Paper
from experiments.figures.scenario_keys import by_key
from experiments.labels import Label
from semlink.errors import InputError
from semlink.metrics import Bounds, Metric
from semlink.registry import unknown
from semlink.store.bounds import read_bounds
from semlink.store.results import read_points
from semlink.store.rows import Row, grouped, has_target, series

AXES = {"snr_db": "Es/N0 [dB]", "cbr_target": "CBR (measured)"}
# most panels in a row, and in all; of more values, an even selection is drawn
MOST_PANELS, MOST_IN_ALL = 4, 12
IN_LINE = 3  # panels in a row, if channels have one each
ALL, HEADLINE = "all", "headline"
ZERO = {"color": "0.35", "linewidth": 0.8}


class Reference(NamedTuple):
    """What the curves of a figure are compared with.

    name : transmitter or scenario of the run
    differences : rows of differences to it, from the rows of a metric
    """

    name: str
    differences: Callable[[Sequence[Row], Metric], Sequence[Row]]


class Choice(NamedTuple):
    """What is drawn of a run; empty: everything.

    metrics : names, ``all``, or ``headline``: those that every sweep draws
    only : transmitters or scenarios, in the order of the legend, and channels
    snr_db, cbr : values of the grid
    against : reference, to draw differences to it
    published : published points to draw, too
    """

    metrics: Sequence[str] = (HEADLINE,)
    only: Sequence[str] = ()
    snr_db: Sequence[float] = ()
    cbr: Sequence[float] = ()
    against: Reference | None = None
    published: Sequence[overlays.Point] = ()


EVERYTHING, AS_ALWAYS = Choice(), Paper()


class _Run(NamedTuple):
    """What all figures of a run share."""

    folder: Path
    choice: Choice
    paper: Paper
    references: Mapping[str, str]
    bounds: Mapping[str, Bounds]


def draw_all(
    folder: Path, choice: Choice = EVERYTHING, paper: Paper = AS_ALWAYS
) -> list[Path]:
    """Draw metrics against SNR (per CBR) and against CBR (per SNR).

    Scenarios are drawn against SNR, and against each number in which they differ.

    Parameters
    ----------
    folder : of the run; the figures are written there
    choice : what is drawn
    paper : how it is drawn

    Output
    ------
    : the files of the first format; those of the others lie beside them

    Raises
    ------
    InputError
        The run has no points, or lacks what was chosen.
    """
    if not (rows := read_points(folder)):
        raise InputError(f"{folder} has no finished point to draw")
    _check_labels(paper.labels, rows)
    described = read_metrics(folder, [row["metric"] for row in rows])
    metrics = chosen_metrics(described, rows, choice.metrics)
    rows, paths = _selected(rows, choice), []
    bounds = read_bounds(folder) or {}
    run = _Run(folder, choice, paper, read_references(folder), bounds)
    with paper.look():
        for metric in metrics:
            own = [row for row in rows if row["metric"] == metric.name]
            paths += _draw_metric(own, metric, run)
    return paths


def _names(rows: Iterable[Row]) -> list[str]:
    """Curves of a run, in alphabetical order."""
    return sorted(set(map(series, rows)))


def _channels(rows: Iterable[Row]) -> list[str]:
    return sorted({row["channel"] for row in rows})


def _check_labels(labels: Mapping[str, Label], rows: Sequence[Row]) -> None:
    along = [row for own in by_key(rows).values() for row in own]
    known = [*_names([*rows, *along]), *_channels(rows)]
    for name in labels:
        if name not in known:
            raise InputError(unknown("name for a label", name, known))


def chosen_metrics(
    described: Mapping[str, Metric], rows: Sequence[Row], names: Sequence[str]
) -> list[Metric]:
    """The metrics of some names that have values, in the order of the run."""
    counted = {row["metric"] for row in rows if float(row["count"])}
    known = {name: metric for name, metric in described.items() if name in counted}
    for name in names:
        if name not in (*known, ALL, HEADLINE):
            raise InputError(unknown("metric of this run", name, [*known, ALL]))
    wanted = {ALL: known.keys(), HEADLINE: {n for n, m in known.items() if m.headline}}
    chosen = {one for name in names or (ALL,) for one in wanted.get(name, {name})}
    return [metric for name, metric in known.items() if name in chosen]


def _selected(rows: Sequence[Row], choice: Choice) -> list[Row]:
    """Rows of what was chosen."""
    names, channels = _names(rows), _channels(rows)
    kind = "scenario" if rows[0]["scenario"] else "transmitter"
    for word in choice.only:
        if word not in (*names, *channels):
            what = f"{kind} or channel of this run"
            raise InputError(unknown(what, word, [*names, *channels]))
    curves = {*choice.only} & {*names}
    if choice.against:
        if choice.against.name not in names:
            what = f"{kind} of this run"
            raise InputError(unknown(what, choice.against.name, names))
        curves |= {choice.against.name} if curves else set()
    rows = _kept(rows, "Es/N0", lambda row: float(row["snr_db"]), choice.snr_db)
    rows = _kept(rows, "CBR", lambda row: float(row["cbr_target"]), choice.cbr)
    heard = {*choice.only} & {*channels}
    return [
        row
        for row in rows
        if (not curves or series(row) in curves)
        and (not heard or row["channel"] in heard)
    ]


def _kept(
    rows: Sequence[Row], name: str, value: Callable, wanted: Sequence[float]
) -> Sequence[Row]:
    """Rows at some values of the grid, or all."""
    known = sorted(set(map(value, rows)))
    for number in wanted:
        if number not in known:
            has = ", ".join(f"{one:g}" for one in known)
            raise InputError(f"this run has points at {name} {has}, got {number:g}")
    return [row for row in rows if value(row) in wanted] if wanted else rows


def _draw_metric(rows: Sequence[Row], metric: Metric, run: _Run) -> list[Path]:
    stem = metric.name
    if run.choice.against:
        rows = run.choice.against.differences(rows, metric)
        stem += "_difference"
    drawn = []
    for axis, other in (("snr_db", "cbr_target"), ("cbr_target", "snr_db")):
        if len({row[axis] for row in rows}) > 1:
            along = axis.removesuffix("_db").removesuffix("_target")
            name = f"{stem}_against_{along}"
            drawn.append(_draw(rows, metric, (axis, other), name, run))
    for key, own in by_key(rows).items():
        name = f"{stem}_against_{key}"
        drawn.append(_draw(own, metric, (key, "snr_db"), name, run))
    return drawn


def _draw(
    rows: Sequence[Row], metric: Metric, axes: tuple[str, str], name: str, run: _Run
) -> Path:
    """One figure: a panel for each channel and a few values of the other axis."""
    rows, panels, columns = _panels(rows, *axes)
    drawn = sheet(len(panels), columns, run.paper.width_pt)
    key = _fill(drawn, panels, metric, axes, run)
    titles = [_title(own, axes[1], run.paper) for own in panels]
    labels = Label(AXES.get(axes[0], axes[0])), _vertical(metric, run)
    with any_letters():
        arrange(drawn, titles, labels, key)
    paths = [run.folder / f"{name}.{kind}" for kind in run.paper.formats]
    return [save(drawn.figure, path) for path in paths][0]


def _panels(
    rows: Sequence[Row], axis: str, other: str
) -> tuple[list[Row], list[list[Row]], int]:
    """Rows that are drawn, those of each panel, and panels side by side.

    A line of panels has one channel, or several channels of one panel each. Values at
    which every curve is a point have no panel, where there are others.
    """
    channels = len(_channels(rows))
    most = min(MOST_PANELS, max(2, MOST_IN_ALL // channels))
    values = sorted({float(row[other]) for row in rows})
    shown = spread(_varied(rows, axis, other) or values, most)
    rows = [row for row in rows if float(row[other]) in shown]
    places = sorted(
        grouped(rows, "channel", other),
        key=lambda item: (item[0][0], float(item[0][1])),
    )
    lines = [
        len(list(line)) for _, line in groupby(places, key=lambda item: item[0][0])
    ]
    columns = max(lines) if max(lines) > 1 else min(IN_LINE, len(lines))
    return rows, [own for _, own in places], columns


def _varied(rows: Sequence[Row], axis: str, other: str) -> list[float]:
    """Values of the other axis at which a curve has several points."""
    along: dict[tuple[float, str], set] = {}
    for row in rows:
        along.setdefault((float(row[other]), series(row)), set()).add(row[axis])
    return sorted({value for (value, _), points in along.items() if len(points) > 1})


def _fill(
    drawn: Sheet,
    panels: Sequence[Sequence[Row]],
    metric: Metric,
    axes: tuple[str, str],
    run: _Run,
) -> legend.Key:
    """Draw all curves, and give the legend."""
    axis, (choice, paper) = axes[0], run[1:3]
    rows = [row for own in panels for row in own]
    look = _styles(rows, run)
    log = metric.is_error_rate and any(float(row["mean"]) > 0 for row in rows)
    bounds, published = legend.defined(run.bounds.get(metric.name)), choice.published
    band = "95 % interval"
    if choice.against:
        bounds, published, log, band = {"": 0.0}, (), False, f"paired {band}"
    extra = [overlays.points_at(published, own[0], *axes) for own in panels]
    added = overlays.styles(extra, axis)
    for place, own, points in zip(drawn.panels, panels, extra, strict=True):
        draw_curves(place, own, axis, look, bands=paper.bands, log=log)
        overlays.draw(place, points, axis, added)
        for bound, value in bounds.items():
            place.axhline(value, **legend.BOUND_LINES.get(bound, ZERO))
    if log:
        scale_y(drawn.panels[0], rows, drawn.panel_pt[1])
    drawn_names = {series(row) for row in rows if row["mean"] != "nan"}
    look = {name: style for name, style in look.items() if name in drawn_names}
    return [
        *legend.of_curves(look, run.references, paper.label),
        *legend.of_marks(rows, band=band if paper.bands else "", log=log),
        *([] if choice.against else legend.of_bounds(bounds)),
        *legend.of_published(added),
    ]


def _styles(rows: Sequence[Row], run: _Run) -> dict[str, dict]:
    """Styles of the curves; without a reference in them, as with it."""
    against, known = run.choice.against, _names(rows)
    known = sorted({*known, against.name}) if against else known
    names = [word for word in run.choice.only if word in known] or known
    made = styles(names, run.references)
    return {name: made[name] for name in made if not against or name != against.name}


def _title(rows: Sequence[Row], other: str, paper: Paper) -> Label:
    """Channel of a panel, and its value of the other axis."""
    channel, value = paper.label(rows[0]["channel"]), float(rows[0][other])
    if other == "snr_db":
        return channel + f", Es/N0 {value:g} dB"
    return channel + (f", CBR {value:g}" if has_target(rows) else "")


def _vertical(metric: Metric, run: _Run) -> Label:
    """Label of the vertical axis."""
    if not run.choice.against:
        return Label(metric.title)
    reference = run.paper.label(run.choice.against.name)
    unit = f" [{metric.unit}]" if metric.unit else ""
    text = f"{metric.label}, difference to {reference.text}{unit}"
    return reference._replace(text=text)


def spread(values: list[float], most: int) -> list[float]:
    """An even selection of values, with the first and the last."""
    if len(values) <= most:
        return values
    step = (len(values) - 1) / (most - 1)
    return [values[round(i * step)] for i in range(most)]
