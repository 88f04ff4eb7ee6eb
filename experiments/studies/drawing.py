"""Draws boxes, bands and the arrows between them into an SVG file."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from experiments.figures.canvas import save
from experiments.studies.layout import (
    AISLE,
    LINE,
    PAD,
    TITLE,
    TYPE,
    Band,
    Box,
    Boxes,
    Node,
    Rect,
    columns_of,
    listed,
    name_of,
    packages,
    placed,
    size,
    title_of,
)

FONT = ["DejaVu Sans Mono", "monospace"]
MARGIN = 6.0
DOWN = 8.0  # least descent of an arrow between neighbours
COLOURS = ("#33658a", "#b5483a", "#4f7942", "#8a5a9e", "#b07d12", "#2f8f8f", "#7a6a58")

Point = tuple[float, float]


class Arrow(NamedTuple):
    """An arrow from a box or band down to another.

    source, target : names
    count : number of imports
    upright : from the bottom of one to the top of the other, not from side to side
    """

    source: str
    target: str
    count: int
    upright: bool

    @property
    def of_bands(self) -> bool:
        """Whether it connects bands, whose names end with a slash."""
        return self.source.endswith("/")


def joined(imports: Counter, rects: Mapping[str, Rect]) -> list[Arrow]:
    """Arrows between packages of one band, and between bands."""
    counts: Counter[tuple[str, str]] = Counter()
    for (source, target), count in imports.items():
        tops = source.partition(".")[0], target.partition(".")[0]
        pair = (source, target) if tops[0] == tops[1] else tuple(f"{t}/" for t in tops)
        counts[pair] += count
    return [
        Arrow(*pair, count, rects[pair[0]].bottom <= rects[pair[1]].y)
        for pair, count in sorted(counts.items())
    ]


def drawn(picture: Node, boxes: Boxes, imports: Counter, path: Path, text: str) -> None:
    """Draw a picture into an SVG file.

    Parameters
    ----------
    picture : boxes and bands in their rows and stacks
    boxes : modules of each package
    imports : number of imports, by importing and imported package
    path : path of the file
    text : description in the file's metadata

    Raises
    ------
    ValueError
        The picture has other packages, or a package is below one that it imports.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    if different := sorted(set(boxes) ^ set(packages(picture))):
        raise ValueError(
            "the picture must have a box for every package and no other, got a "
            f"difference in {', '.join(different)}"
        )
    width, height = (length + 2 * MARGIN for length in size(picture, boxes))
    area = Rect(MARGIN, MARGIN, width - 2 * MARGIN, height - 2 * MARGIN)
    nodes = list(placed(picture, boxes, area))
    rects = {name_of(node): rect for node, rect in nodes}
    with mpl.rc_context({"svg.hashsalt": "semlink", "svg.fonttype": "none"}):
        figure = Figure(figsize=(width / 72, height / 72), dpi=72)
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
        axes.set_axis_off()
        for node, rect in nodes:
            _draw_node(axes, node, rect, boxes)
        _draw_arrows(axes, joined(imports, rects), rects)
        about = {"Description": text, "Date": None, "Creator": None}
        save(figure, path, metadata=about)


def _draw_node(axes, node: Box | Band, rect: Rect, boxes: Boxes) -> None:
    """Draw a box or a band."""
    from matplotlib.patches import FancyBboxPatch

    band = isinstance(node, Band)
    style = {"facecolor": "#eef1f4", "edgecolor": "#c3cad1", "zorder": 0}
    if not band:
        style = {"facecolor": "white", "edgecolor": "#555555", "zorder": 3}
    shape = "round,pad=0,rounding_size=3"
    axes.add_patch(FancyBboxPatch(rect[:2], *rect[2:], boxstyle=shape, lw=0.8, **style))
    font = {"family": FONT, "va": "center", "zorder": 4}
    x, y = rect.x + PAD, rect.y + PAD + LINE / 2
    title = node.folder if band else title_of(node.package)
    size = 1.3 * TITLE if band else TITLE
    axes.text(x, y + 2 * band, title, size=size, weight="bold", **font)
    held = () if band else listed(node, boxes)
    columns = () if band else columns_of(held, node.columns)
    for number, module in enumerate(held):
        line, column = divmod(number, node.columns)
        at = x + columns[column], y + (line + 1) * LINE
        axes.text(*at, module, size=TYPE, color="#222222", **font)


def _draw_arrows(axes, found: Sequence[Arrow], rects: Mapping[str, Rect]) -> None:
    """Draw arrows, in a colour per package, with numbers between bands."""
    ends = _ends([arrow for arrow in found if not arrow.of_bands], rects)
    sources = sorted({arrow.source for arrow in found})
    for arrow in found:
        if arrow.of_bands:
            start, end = _ends_at_bands(arrow, rects)
            right, down = (6, AISLE / 2) if arrow.upright else (AISLE / 4, -LINE)
            at = start[0] + right, start[1] + down
            axes.text(*at, arrow.count, size=TYPE, va="center", family=FONT, zorder=4)
            _draw_arrow(axes, arrow, start, end, "#55606b")
        else:
            colour = COLOURS[sources.index(arrow.source) % len(COLOURS)]
            _draw_arrow(axes, arrow, *_downwards(arrow, ends, rects), colour)


def _draw_arrow(axes, arrow: Arrow, start: Point, end: Point, colour: str) -> None:
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path as Curve

    (x0, y0), (x1, y1) = start, end
    bends = [(x0, (y0 + y1) / 2), (x1, (y0 + y1) / 2)]
    if not arrow.upright:
        bends = [((x0 + x1) / 2, y0), ((x0 + x1) / 2, y1)]
    curve = Curve([start, *bends, end], [1, 4, 4, 4])
    style = {"color": colour, "lw": 0.5 + 0.35 * arrow.count**0.5, "zorder": 2}
    head = "-|>,head_length=3.5,head_width=1.8"
    axes.add_patch(
        FancyArrowPatch(path=curve, arrowstyle=head, mutation_scale=1.6, **style)
    )


def _ends_at_bands(arrow: Arrow, rects: Mapping[str, Rect]) -> tuple[Point, Point]:
    """Ends of an arrow between bands: straight down, past bands in between."""
    a, b = rects[arrow.source], rects[arrow.target]
    if not arrow.upright:  # neighbours
        y = max(a.y, b.y) + min(a.height, b.height) / 2
        return (a.right, y), (b.x, y + DOWN)
    narrow = min(a, b, key=lambda rect: rect.width)
    x = narrow.x + narrow.width / 2
    between = [r for r in rects.values() if a.bottom < r.y and r.bottom < b.y]
    if between:
        x = max(r.right for r in between if r.x < x) + AISLE / 2
    return (x, a.bottom), (x, b.y)


def _ends(found: Sequence[Arrow], rects: Mapping[str, Rect]):
    """Points where each arrow leaves (True) and arrives (False), side by side."""
    sides = defaultdict(list)
    for arrow in found:
        a, b = rects[arrow.source], rects[arrow.target]
        leaves, arrives = ("right", "left") if a.x < b.x else ("left", "right")
        keys = b.y, a.y
        if arrow.upright:
            leaves, arrives = "bottom", "top"
            keys = b.x + b.width / 2, a.x + a.width / 2
        sides[arrow.source, leaves].append((keys[0], arrow, True))
        sides[arrow.target, arrives].append((keys[1], arrow, False))
    return {
        (arrow, out): _point(rects[name], side, (number + 1) / (len(held) + 1))
        for (name, side), held in sides.items()
        for number, (_, arrow, out) in enumerate(sorted(held))
    }


def _point(rect: Rect, side: str, share: float) -> Point:
    """A point on a side of a rectangle."""
    if side in ("top", "bottom"):
        y = rect.y if side == "top" else rect.bottom
        return rect.x + share * rect.width, y
    x = rect.x if side == "left" else rect.right
    return x, rect.y + share * rect.height


def _downwards(arrow: Arrow, ends, rects: Mapping[str, Rect]) -> tuple[Point, Point]:
    """The ends of an arrow, moved so that it points down.

    Raises
    ------
    ValueError
        The imported box is above the importing one.
    """
    (x0, y0), (x1, y1) = ends[arrow, True], ends[arrow, False]
    if y1 < y0 + DOWN:
        y0 = max(rects[arrow.source].y + PAD, y1 - DOWN)
        y1 = min(rects[arrow.target].bottom - PAD, max(y1, y0 + DOWN))
    if y1 <= y0:
        raise ValueError(f"arrows run down, got {arrow.source} below {arrow.target}")
    return (x0, y0), (x1, y1)
