"""Panels of a figure, laid out by the measured sizes of their texts.

Lengths are points of 1/72 inch. The page has the width that was asked for; nothing is
cropped afterwards.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from experiments.figures.canvas import in_tex
from experiments.labels import Label

POINTS = 72  # in an inch
PANEL = 230.0, 180.0  # width and height, where no width of the page is asked for
LEAST_WIDTH, LEAST_NARROW = 108.0, 80.0  # of a panel; with many panels
MOST_ROWS = 4  # before panels become narrow
RATIO, LOWEST, HIGHEST = 0.72, 72.0, 190.0  # height of a panel on paper
MARGIN, GAP = 4.0, 8.0
LABEL_GAP, AXIS_GAP = 3.0, 1.5
LINE = 1.3  # height of a line of text over the size of its letters
HANDLE, COLUMN_GAP = 2.8, 1.6  # of a legend, in heights of its letters
MOST_LEGEND_COLUMNS = 4
# where a line may end: in a name after a comma and before a bracket; never in a formula
NAME_PARTS = re.compile(r"\[?[^\s,\[]*[\s,]*")
FORMULA_PARTS = re.compile(r"(?:\$[^$]*\$|[^\s$])+\s*|\$|\s+")


class Sheet(NamedTuple):
    """A figure and its panels in reading order, in rows of ``columns``."""

    figure: Figure
    panels: list
    columns: int
    panel_pt: tuple[float, float]
    width_pt: float | None


def sheet(count: int, columns: int, width_pt: float | None) -> Sheet:
    """An empty figure.

    Parameters
    ----------
    count : panels
    columns : panels in a row, where no width is asked for; on paper, as many as fit
    width_pt : width of the page; ``None``: as wide as the panels need
    """
    if width_pt:
        columns = _fitting(count, width_pt)
        wide = (width_pt - 4 * GAP - 2 * MARGIN - (columns - 1) * GAP) / columns
        panel = wide, float(np.clip(RATIO * wide, LOWEST, HIGHEST))
    else:
        panel = PANEL
    rows = -(-count // columns)
    figure = Figure(layout="none", figsize=(width_pt / 72 if width_pt else 6, 4))
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for place in axes.flat[count:]:
        place.remove()
    for place in axes.flat[max(count - columns, 0) : count]:
        place.tick_params(labelbottom=True)  # the lowest of its column
    return Sheet(figure, list(axes.flat[:count]), columns, panel, width_pt)


def _fitting(count: int, width_pt: float) -> int:
    """Panels in a row on paper; narrow ones, if there would be many rows."""
    room = width_pt - 4 * GAP
    columns = max(1, int(room // LEAST_WIDTH))
    if count > MOST_ROWS * columns:
        columns = max(columns, int(room // LEAST_NARROW))
    return min(columns, count)


class _Ruler:
    """Measures texts and parts of a figure, in points."""

    def __init__(self, figure):
        self.renderer = FigureCanvasAgg(figure).get_renderer()
        self.scale = POINTS / figure.dpi

    def text(self, label: Label, size: float) -> float:
        """Width of one line."""
        font = FontProperties(size=size)
        measure = self.renderer.get_text_width_height_descent
        return measure(label.text, font, label.math)[0] * self.scale

    def box(self, artist):
        """Left, bottom, right and top of what is drawn."""
        return artist.get_tightbbox(self.renderer).extents * self.scale

    def fitted(self, label: Label, size: float, width: float) -> Label:
        """A label in lines that are no wider, where it can be broken."""
        parts = (FORMULA_PARTS if label.math else NAME_PARTS).findall(label.text)
        lines = [""]
        for part in parts:
            longer = label._replace(text=(lines[-1] + part).rstrip())
            if lines[-1].strip() and self.text(longer, size) > width:
                lines.append("")
            lines[-1] += part
        return label._replace(text="\n".join(line.strip() for line in lines))


def arrange(
    drawn: Sheet,
    titles: Sequence[Label],
    axes: tuple[Label, Label],
    key: Sequence[tuple[Label, object]],
) -> None:
    """Put panels, titles, labels of the axes, and the legend in their places.

    Parameters
    ----------
    drawn : a figure with its curves
    titles : of each panel
    axes : labels of the horizontal and the vertical axis
    key : labels and marks of the legend
    """
    ruler, size = _Ruler(drawn.figure), _size_pt("axes.labelsize")
    _with_formulas_as_ticks(drawn.panels)
    ticks, rows = _ticks(drawn, ruler), -(-len(drawn.panels) // drawn.columns)
    upright = ruler.fitted(axes[1], size, rows * drawn.panel_pt[1])
    left = MARGIN + LINE * size * (1 + upright.text.count("\n")) + ticks.left
    gap = max(GAP, ticks.over + LABEL_GAP)
    right = max(ticks.right, 0) + MARGIN
    wide, high = _panel(drawn, left + right + (drawn.columns - 1) * gap)
    width = drawn.width_pt or left + drawn.columns * (wide + gap) - gap + right
    legend = _legend(drawn.figure, key, ruler, width - 2 * MARGIN)
    under = ticks.below + LINE * size + LABEL_GAP + legend
    tops = MARGIN + np.cumsum(_heads(drawn, titles, ruler, wide))
    tops += np.arange(rows) * (high + GAP)
    if rows > 1 and len(drawn.panels) % drawn.columns:
        tops[-1] += ticks.below  # of panels above it that are the lowest of a column
    height = tops[-1] + high + under
    drawn.figure.set_size_inches(width / POINTS, height / POINTS)
    for number, place in enumerate(drawn.panels):
        row, column = divmod(number, drawn.columns)
        x, y = left + column * (wide + gap), height - tops[row] - high
        place.set_position([x / width, y / height, wide / width, high / height])
    _write(drawn, axes[0], ((left + width - right) / 2, under - ticks.below), "top")
    middle = (under + height - tops[0]) / 2
    _write(drawn, upright, (MARGIN, middle), "center", rotation="vertical")


def _write(drawn: Sheet, label: Label, at: tuple[float, float], va: str, **how) -> None:
    """Write the label of an axis at a place of the page."""
    x, y = np.array(at) / (drawn.figure.get_size_inches() * POINTS)
    how |= {"va": va, "ha": "left" if how else "center", "multialignment": "center"}
    size = _size_pt("axes.labelsize")
    text = drawn.figure.text(x, y, _source(label), fontsize=size, **how)
    text.set_parse_math(label.math)


def _source(label: Label) -> str:
    """Text for matplotlib; with its ``text.usetex``, TeX reads all of it."""
    is_tex = plt.rcParams["text.usetex"]
    return in_tex(label.text, math=label.math) if is_tex else label.text


def _size_pt(parameter: str) -> float:
    """Size of the letters of some texts, which a style may have as a word."""
    return FontProperties(size=plt.rcParams[parameter]).get_size_in_points()


def _with_formulas_as_ticks(panels: Sequence) -> None:
    """Read powers of ten in tick labels as formulas; names are none."""
    for place in panels:
        for axis in (place.xaxis, place.yaxis):
            for text in (*axis.get_ticklabels(which="both"), axis.get_offset_text()):
                text.set_parse_math(True)


class _Ticks(NamedTuple):
    """Room that ticks and their labels need around a panel, and between two."""

    left: float
    right: float
    below: float
    over: float


def _ticks(drawn: Sheet, ruler: _Ruler) -> _Ticks:
    first, last = drawn.panels[0], drawn.panels[-1]
    page = np.tile(drawn.figure.get_size_inches() * POINTS, 2)
    for place in (first, last):  # roughly there
        place.set_position([100, 100, *drawn.panel_pt] / page)
    inner = first.get_window_extent(ruler.renderer).extents * ruler.scale
    beside, under = ruler.box(first.yaxis), ruler.box(last.xaxis)
    right, left = under[2] - inner[2], inner[0] - under[0]
    return _Ticks(
        inner[0] - beside[0] + LABEL_GAP,
        right,
        inner[1] - under[1] + AXIS_GAP,
        left + right,
    )


def _panel(drawn: Sheet, margins: float) -> tuple[float, float]:
    """Width and height of a panel, with these margins and gaps in a row."""
    if not drawn.width_pt:
        return drawn.panel_pt
    return (drawn.width_pt - margins) / drawn.columns, drawn.panel_pt[1]


def _heads(
    drawn: Sheet, titles: Sequence[Label], ruler: _Ruler, wide: float
) -> list[float]:
    """Write the titles, and give the height that they need in each row."""
    size = _size_pt("axes.titlesize")
    lines = [1] * -(-len(titles) // drawn.columns)
    for number, (place, label) in enumerate(zip(drawn.panels, titles, strict=True)):
        fitted = ruler.fitted(label, size, wide)
        place.set_title(_source(fitted), y=1).set_parse_math(label.math)
        row = number // drawn.columns
        lines[row] = max(lines[row], 1 + fitted.text.count("\n"))
    return [LINE * size * count + plt.rcParams["axes.titlepad"] for count in lines]


def _legend(
    figure, key: Sequence[tuple[Label, object]], ruler: _Ruler, width: float
) -> float:
    """Draw the legend on the lower edge, and give its height."""
    size = _size_pt("legend.fontsize")
    fitted = [ruler.fitted(label, size, width - HANDLE * size) for label, _ in key]
    longest = max(
        ruler.text(label._replace(text=line), size)
        for label in fitted
        for line in label.text.split("\n")
    )
    column = longest + (HANDLE + COLUMN_GAP) * size
    legend = figure.legend(
        [mark for _, mark in key],
        list(map(_source, fitted)),
        loc="lower center",
        ncols=int(
            np.clip((width + COLUMN_GAP * size) // column, 1, MOST_LEGEND_COLUMNS)
        ),
        borderaxespad=0.3,
        borderpad=0.1,
        handlelength=2.0,
        handletextpad=HANDLE - 2.0,
        columnspacing=COLUMN_GAP,
        labelspacing=0.3,
    )
    for text, label in zip(legend.get_texts(), fitted, strict=True):
        text.set_parse_math(label.math)
    box = ruler.box(legend)
    return box[3] - box[1] + LABEL_GAP
