"""Figures of a run, drawn from its CSV alone."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import LogLocator, NullFormatter

from experiments.commands.manifests import read_metrics, read_references
from experiments.figures.canvas import save
from experiments.figures.scenario_keys import by_key
from semlink.errors import InputError
from semlink.metrics import Bounds, Metric
from semlink.store.bounds import read_bounds
from semlink.store.results import read_points
from semlink.store.rows import INFEASIBLE, Row, grouped, has_target, series

AXES = {"snr_db": "Es/N0 [dB]", "cbr_target": "CBR (measured)"}
# most panels in a row, and in all; of more values, an even selection is drawn
MOST_PANELS, MOST_IN_ALL = 4, 12
IN_LINE = 3  # panels in a row, if channels have one each
MOST_LEGEND_COLUMNS = 2  # as wide as a panel each
MOST_MARKERS = 30  # on a curve
# Inches: a panel, the gaps between panels, and the margins
PANEL, GAP = (3.2, 2.5), (0.35, 0.55)
LEFT, RIGHT, TOP, BOTTOM, LEGEND_LINE = 0.75, 0.15, 0.35, 0.6, 0.19
MARKERS = "osD^vPX*"
BOUND_LINES = {
    "ceiling": {"color": "0.35", "linewidth": 0.8, "linestyle": (0, (6, 2))},
    "floor": {"color": "0.35", "linewidth": 0.8, "linestyle": (0, (1, 2))},
}
BOUND_LABELS = {"ceiling": "on the originals", "floor": "nothing received"}
OUTAGE = 0.5  # least share of lost images of a marked point
WIDE = (
    10  # ratio of the largest to the smallest CBR above which the axis is logarithmic
)


def draw_all(folder: Path) -> list[Path]:
    """Draw every metric against SNR (per CBR) and against CBR (per SNR).

    Scenarios are drawn against SNR, and against each number in which they differ.

    Output
    ------
    : the PNG files; each has a PDF next to it

    Raises
    ------
    InputError
        The run has no points.
    """
    rows = read_points(folder)
    if not rows:
        raise InputError(f"{folder} has no finished point to draw")
    paths = []
    for metric in read_metrics(folder, [row["metric"] for row in rows]).values():
        chosen = [row for row in rows if row["metric"] == metric.name]
        if metric.headline and any(float(row["count"]) for row in chosen):
            paths += _draw_metric(chosen, metric, folder)
    return paths


def _draw_metric(rows: Sequence[Row], metric: Metric, folder: Path) -> list[Path]:
    drawn = []
    for axis, other in (("snr_db", "cbr_target"), ("cbr_target", "snr_db")):
        if len({row[axis] for row in rows}) > 1:
            along = axis.removesuffix("_db").removesuffix("_target")
            name = f"{metric.name}_against_{along}"
            drawn.append(_draw(rows, metric, axis, other, folder / f"{name}.png"))
    for key, own in by_key(rows).items():
        name = f"{metric.name}_against_{key}"
        drawn.append(_draw(own, metric, key, "snr_db", folder / f"{name}.png"))
    return drawn


def _draw(
    rows: Sequence[Row], metric: Metric, axis: str, other: str, path: Path
) -> Path:
    """One figure: a panel for each channel and a few values of the other axis."""
    channels = len({row["channel"] for row in rows})
    most = min(MOST_PANELS, max(2, MOST_IN_ALL // channels))
    shown = spread(sorted({float(row[other]) for row in rows}), most)
    rows = [row for row in rows if float(row[other]) in shown]
    panels = sorted(
        grouped(rows, "channel", other),
        key=lambda item: (item[0][0], float(item[0][1])),
    )
    lines, references = _lines(panels), read_references(path.parent)
    style, bounds = styles(rows, references), _bounds(metric, path.parent)
    key = _key(rows, references) | _key_of_bounds(bounds)
    columns = max(len(line) for line in lines)
    wide = min(columns, MOST_LEGEND_COLUMNS)
    below = LEGEND_LINE * -(-len(key) // wide)
    figure, axes = _panels(len(lines), columns, below=below)
    for row, (row_axes, own) in enumerate(zip(axes, lines, strict=True)):
        for column in range(len(own), columns):
            row_axes[column].set_axis_off()
            axes[row - 1, column].tick_params(labelbottom=True)  # lowest of its column
        for place, ((channel, value), points) in zip(row_axes, own, strict=False):
            draw_curves(place, points, axis, style)
            _draw_bounds(place, bounds)
            # a fixed position is faster than an automatic one
            has_one = other == "snr_db" or has_target(points)
            at = f", {_named(other, value)}" if has_one else ""
            place.set_title(f"{channel}{at}", fontsize=9, y=1)
    for place in axes[-1]:
        place.set_xlabel(AXES.get(axis, axis))
    for place in axes[:, 0]:
        place.set_ylabel(metric.title)
    where = {"loc": "lower center", "ncols": wide, "fontsize": 8}
    figure.legend(key.values(), key.keys(), **where)
    save(figure, path.with_suffix(".pdf"))
    return save(figure, path)


def _panels(lines: int, columns: int, *, below: float):
    """A figure and its axes, with ``below`` inches for the legend.

    The layout is computed here; automatic layout would draw everything once more.
    """
    bottom = BOTTOM + below
    width = LEFT + columns * PANEL[0] + (columns - 1) * GAP[0] + RIGHT
    height = TOP + lines * PANEL[1] + (lines - 1) * GAP[1] + bottom
    return plt.subplots(
        lines,
        columns,
        figsize=(width, height),
        squeeze=False,
        sharex=True,
        sharey=True,
        dpi=130,
        gridspec_kw={
            "left": LEFT / width,
            "right": 1 - RIGHT / width,
            "top": 1 - TOP / height,
            "bottom": bottom / height,
            "wspace": GAP[0] / PANEL[0],
            "hspace": GAP[1] / PANEL[1],
        },
    )


def _lines(panels: list) -> list[list]:
    """Panels in rows: one row per channel, or several channels of one panel each."""
    own = [list(line) for _, line in groupby(panels, key=lambda item: item[0][0])]
    if len(own) < len(panels):
        return own
    return [panels[i : i + IN_LINE] for i in range(0, len(panels), IN_LINE)]


def draw_curves(place, rows: Sequence[Row], axis: str, styles: dict) -> None:
    by_name: dict[str, list[Row]] = {}
    for row in rows:
        by_name.setdefault(series(row), []).append(row)
    for name, points in by_name.items():
        points = sorted(points, key=lambda row: float(row[axis]))
        measured = "cbr" if axis == "cbr_target" else axis
        x, mean, half, outage = (
            np.array([float(row[c]) for row in points])
            for c in (measured, "mean", "ci95", "outage")
        )
        style = {**styles[name], "markersize": 4}
        every = -(-len(x) // MOST_MARKERS)
        place.plot(x, mean, label=name, markevery=every, **style)
        half = np.nan_to_num(half)
        place.fill_between(
            x, mean - half, mean + half, color=style["color"], alpha=0.12, linewidth=0
        )
        lost = outage >= OUTAGE
        place.plot(x[lost], mean[lost], "x", color="black", markersize=7)
        _mark_infeasible(place, points, axis, style["color"])
    if axis == "cbr_target" and is_wide(rows):
        place.set_xscale("log")
        place.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
        place.xaxis.set_major_formatter("{x:g}")
        place.xaxis.set_minor_formatter(NullFormatter())
        place.ticklabel_format(axis="y", useOffset=False)
    else:
        place.ticklabel_format(useOffset=False)
    place.grid(alpha=0.3)


def is_wide(rows: Sequence[Row]) -> bool:
    """Whether the CBR spans more than a decade."""
    values = [float(row["cbr_target"]) for row in rows]
    return max(values) > WIDE * min(values)


def _bounds(metric: Metric, folder: Path) -> Bounds | None:
    """Floor and ceiling of a metric, if the run has them."""
    return (read_bounds(folder) or {}).get(metric.name)


def _draw_bounds(place, bounds: Bounds | None) -> None:
    """Draw floor and ceiling as thin lines across the panel."""
    for name, value in _defined(bounds).items():
        place.axhline(value, **BOUND_LINES[name])


def _key_of_bounds(bounds: Bounds | None) -> dict[str, object]:
    """Labels and marks of the bounds in the legend."""
    return {
        f"{name}: {BOUND_LABELS[name]}": plt.Line2D([], [], **BOUND_LINES[name])
        for name in _defined(bounds)
    }


def _defined(bounds: Bounds | None) -> dict[str, float]:
    """The bounds that are numbers, the ceiling first."""
    known = bounds._asdict() if bounds else {}
    drawn = (name for name in BOUND_LINES if name in known)
    return {name: known[name] for name in drawn if known[name] == known[name]}


def _mark_infeasible(place, points: Sequence[Row], axis: str, color: str) -> None:
    """Mark infeasible points with a cross on the lower edge."""
    x = [float(row[axis]) for row in points if row["status"].startswith(INFEASIBLE)]
    edge = place.get_xaxis_transform()
    place.plot(x, [0.02] * len(x), "+", color=color, markersize=9, transform=edge)


def _key(rows: Sequence[Row], references: Mapping[str, str]) -> dict[str, object]:
    """Labels and marks of the legend."""
    known: dict[str, object] = {
        _marked(name, references): plt.Line2D([], [], markersize=4, **style)
        for name, style in styles(rows, references).items()
    }
    if any(float(row["outage"]) >= OUTAGE for row in rows):
        what = "images" if has_target(rows) else "frames"
        known[f"half of the {what} lost, or more"] = _marker("x")
    if any(row["status"].startswith(INFEASIBLE) for row in rows):
        known["infeasible: smallest file above budget"] = _marker("+")
    over = "samples" if has_target(rows) else "episodes"
    known[f"band: 95 % interval over {over}"] = plt.Rectangle((0, 0), 1, 1, alpha=0.2)
    return known


def _marked(name: str, references: Mapping[str, str]) -> str:
    """A curve in a legend, with ``bound`` or ``oracle`` if it is not a link."""
    return f"{name} ({references[name]})" if name in references else name


def _marker(shape: str):
    return plt.Line2D([], [], marker=shape, color="black", linestyle="none")


def styles(rows: Sequence[Row], references: Mapping[str, str]) -> dict[str, dict]:
    """A colour and a marker for each curve; bounds and oracles are dashed."""
    names = sorted(set(map(series, rows)))
    return {
        name: {
            "color": f"C{i % 10}",
            "marker": MARKERS[i % len(MARKERS)],
            "linestyle": "--" if name in references else "-",
        }
        for i, name in enumerate(names)
    }


def _named(axis: str, value: str) -> str:
    return {"snr_db": "Es/N0 {:g} dB", "cbr_target": "CBR {:g}"}[axis].format(
        float(value)
    )


def spread(values: list[float], most: int) -> list[float]:
    """An even selection of values, with the first and the last."""
    if len(values) <= most:
        return values
    step = (len(values) - 1) / (most - 1)
    return [values[round(i * step)] for i in range(most)]
