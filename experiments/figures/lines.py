"""Lines of a figure: the curves of a run with their intervals, and what marks them."""

from collections.abc import Mapping, Sequence
from itertools import cycle, islice

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import LogLocator, NullFormatter, NullLocator
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

from semlink.store.rows import INFEASIBLE, Row, series

MOST_MARKERS = 30  # on a curve
MARKERS = "osD^vPX*"
# a figure in grey is still told apart; plain dashes are those of bounds and oracles
LINES = ("-", "-.", (0, (1, 1)), (0, (6, 1, 1, 1, 1, 1)))
OUTAGE = 0.5  # least share of lost images of a marked point
# ratio of the largest to the smallest CBR above which the axis is logarithmic
WIDE = 10
ROOM = 1.3  # above and below the points of a logarithmic axis, as a ratio
GAP_PT = 1.2  # between the marks on the lower edge
MOST_TICKS = 6  # of a logarithmic axis


def styles(names: Sequence[str], references: Mapping[str, str]) -> dict[str, dict]:
    """Colour, marker and line of each curve; bounds and oracles are dashed.

    What the cycle of the present style has is taken from there.
    """
    own = plt.rcParams["axes.prop_cycle"].by_key()
    parts = (own["color"], own.get("marker", MARKERS), own.get("linestyle", LINES))
    rows = zip(*(islice(cycle(part), len(names)) for part in parts), strict=True)
    made = {
        name: {"color": color, "marker": marker, "linestyle": line}
        for name, (color, marker, line) in zip(names, rows, strict=True)
    }
    dashed = {"linestyle": "--", "markerfacecolor": "white"}
    return {
        name: style | (dashed if name in references else {})
        for name, style in made.items()
    }


def draw_curves(
    place,
    rows: Sequence[Row],
    axis: str,
    styles: Mapping[str, dict],
    *,
    bands: bool = True,
    log: bool = False,
) -> None:
    """Draw the curves of a panel.

    Parameters
    ----------
    place : axes
    rows : of one metric, channel and value of the other axis
    axis : column along which they are drawn
    styles : of each curve, by its name
    bands : whether intervals are drawn
    log : whether the metric has a logarithmic axis; zeros then lie below it
    """
    by_name: dict[str, list[Row]] = {}
    for row in rows:
        by_name.setdefault(series(row), []).append(row)
    for name in (name for name in styles if name in by_name):
        points = sorted(by_name[name], key=lambda row: float(row[axis]))
        measured = "cbr" if axis == "cbr_target" else axis
        x, mean, half, outage = (
            np.array([float(row[c]) for row in points])
            for c in (measured, "mean", "ci95", "outage")
        )
        style, every = styles[name], -(-len(x) // MOST_MARKERS)
        shown = np.where(mean > 0, mean, np.nan) if log else mean
        place.plot(x, shown, label=name, markevery=every, **style)
        if bands:
            _draw_band(place, x, mean, np.nan_to_num(half), style["color"])
        lost = (outage >= OUTAGE) & (not log)  # error rates show it themselves
        place.plot(x[lost], shown[lost], "x", color="black", markersize=_cross_pt())
        _mark_infeasible(place, points, axis, style["color"])
        if log and np.any(mean == 0):
            _mark_zeros(place, x[mean == 0], list(styles).index(name), style)
    _scale_x(place, rows, axis)


def _draw_band(place, x, mean, half, color: str) -> None:
    band = {"color": color, "alpha": 0.12, "linewidth": 0}
    place.fill_between(x, mean - half, mean + half, **band)


def _scale_x(place, rows: Sequence[Row], axis: str) -> None:
    if axis == "cbr_target" and is_wide(rows):
        place.set_xscale("log")
        place.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
        place.xaxis.set_major_formatter("{x:g}")
        place.xaxis.set_minor_formatter(NullFormatter())
        place.ticklabel_format(axis="y", useOffset=False)
    else:
        place.ticklabel_format(useOffset=False)


def is_wide(rows: Sequence[Row]) -> bool:
    """Whether the CBR spans more than a decade."""
    values = [float(row["cbr_target"]) for row in rows]
    return max(values) > WIDE * min(values)


def _mark_infeasible(place, points: Sequence[Row], axis: str, color: str) -> None:
    """Mark infeasible points with a cross in the lowest line."""
    x = [float(row[axis]) for row in points if row["status"].startswith(INFEASIBLE)]
    look = {"color": color, "markersize": _cross_pt()}
    place.plot(x, [0] * len(x), "+", **look, transform=_line(place, 0))


def _mark_zeros(place, x: np.ndarray, number: int, style: dict) -> None:
    """Mark zeros, which a logarithmic axis lacks, in a line of the curve's own."""
    marks = {"color": style["color"], "marker": style["marker"], "linestyle": "none"}
    lower = _line(place, number + 1)
    place.plot(x, 0 * x, **marks, markerfacecolor="white", transform=lower)


def _cross_pt() -> float:
    """Size of a cross, which is seen around a marker."""
    return 1.6 * plt.rcParams["lines.markersize"]


def _step_pt() -> float:
    """Height of a line of marks on the lower edge."""
    return plt.rcParams["lines.markersize"] + GAP_PT


def _line(place, number: int):
    """Transform of a line of marks, from the lowest."""
    up = (number + 0.75) * _step_pt() / 72
    move = ScaledTranslation(0, up, place.figure.dpi_scale_trans)
    return blended_transform_factory(place.transData, place.transAxes) + move


def scale_y(place, rows: Sequence[Row], height_pt: float) -> None:
    """Make the vertical axis logarithmic: whole decades, and room for zeros below.

    Parameters
    ----------
    place : axes, whose scale those of all panels share
    rows : of all panels; a mean is above zero
    height_pt : of a panel
    """
    bottom, top = decades([float(row["mean"]) for row in rows])
    place.set_yscale("log")
    exponents = np.arange(np.log10(bottom).round(), np.log10(top))
    ticks = 10.0 ** exponents[:: -(-len(exponents) // MOST_TICKS)]
    place.set_yticks(ticks)
    place.yaxis.set_minor_locator(NullLocator())
    share = 0.0
    if any(float(row["mean"]) == 0 for row in rows):
        lines = len(set(map(series, rows))) + 1.5
        share = min(lines * _step_pt() / height_pt, 0.5)
    place.set_ylim(bottom * (bottom / top) ** (share / (1 - share)), top)


def decades(means: Sequence[float]) -> tuple[float, float]:
    """Ends of a logarithmic axis, around whole decades; zeros lie below it."""
    found = [mean for mean in means if mean > 0]
    top = 10 ** np.ceil(np.log10(max(found) / ROOM))
    bottom = 10 ** np.floor(np.log10(min(found) / ROOM))
    return min(bottom, top / 10), top * ROOM
