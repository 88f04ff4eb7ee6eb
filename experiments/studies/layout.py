"""Layout of boxes in rows, stacks and bands.

Lengths are in points from the upper left corner of the figure; y points down.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Literal, NamedTuple

LINE, TITLE, TYPE = 10.5, 8.5, 8.0  # line height, and font sizes of title and module
LETTER = 0.602  # width of a letter of DejaVu Sans Mono, over its size
PAD, GAP, AISLE = 5.0, 10.0, 32.0  # spaces in a box, in a band, between nodes


class Box(NamedTuple):
    """A package, its modules in columns."""

    package: str
    columns: int = 1


class Space(NamedTuple):
    """Empty space of a height."""

    height: float


class Row(NamedTuple):
    """Nodes side by side, an aisle between them."""

    nodes: Sequence["Node"]


class Stack(NamedTuple):
    """Nodes one above the other, an aisle between them."""

    nodes: Sequence["Node"]
    align: Literal["left", "centre", "right"] = "centre"


class Band(NamedTuple):
    """A layer: a frame around the boxes of one folder."""

    folder: str
    node: "Node"


Node = Box | Space | Row | Stack | Band
Boxes = Mapping[str, Sequence[str]]


class Rect(NamedTuple):
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height


def packages(node: Node) -> Iterator[str]:
    """Packages of all boxes within a node."""
    if isinstance(node, Box):
        yield node.package
    elif isinstance(node, Band):
        yield from packages(node.node)
    elif isinstance(node, Row | Stack):
        for inner in node.nodes:
            yield from packages(inner)


def title_of(package: str) -> str:
    """Title of a box within its band."""
    return package.partition(".")[2] or f"{package}/*.py"


def size(node: Node, boxes: Boxes) -> tuple[float, float]:
    """Width and height of a node."""
    if isinstance(node, Box):
        return _size_of_box(node, listed(node, boxes))
    if isinstance(node, Space):
        return 0.0, node.height
    if isinstance(node, Band):
        width, height = size(node.node, boxes)
        return width + 2 * GAP, height + 2 * GAP + 1.5 * LINE
    sizes = [size(inner, boxes) for inner in node.nodes]
    widths, heights = zip(*sizes, strict=True)
    aisles = AISLE * (len(sizes) - 1)
    if isinstance(node, Row):
        return sum(widths) + aisles, max(heights)
    return max(widths), sum(heights) + aisles


def listed(box: Box, boxes: Boxes) -> Sequence[str]:
    """The modules that a box lists; none if its title is its only module."""
    held = boxes[box.package]
    return () if list(held) == [title_of(box.package)] else held


def _size_of_box(box: Box, held: Sequence[str]) -> tuple[float, float]:
    columns = columns_of(held, box.columns)[-1] - TYPE * LETTER
    title = TITLE * LETTER * len(title_of(box.package))
    lines = -(-len(held) // box.columns)
    return max(columns, title) + 2 * PAD, LINE * (lines + 1) + 2 * PAD


def columns_of(held: Sequence[str], count: int) -> list[float]:
    """Positions of columns of modules, and the end of the last one."""
    letters = [max(map(len, held[i::count]), default=-2) + 2 for i in range(count)]
    return [0.0, *accumulate(TYPE * LETTER * width for width in letters)]


def placed(node: Node, boxes: Boxes, area: Rect) -> Iterator[tuple[Node, Rect]]:
    """All boxes and bands within a node, and their rectangles.

    Parameters
    ----------
    node : node to place
    boxes : modules of each package
    area : area for the node, at least of its size
    """
    width, height = size(node, boxes)
    if isinstance(node, Box):
        yield node, Rect(area.x, area.y, width, height)
    elif isinstance(node, Band):
        yield node, area
        x = area.x + (area.width - width) / 2 + GAP
        inner = Rect(x, area.y + GAP + 1.5 * LINE, *size(node.node, boxes))
        yield from placed(node.node, boxes, inner)
    elif isinstance(node, Row):
        yield from _placed_in_row(node, boxes, area)
    elif isinstance(node, Stack):
        yield from _placed_in_stack(node, boxes, area)


def _placed_in_row(node: Row, boxes: Boxes, area: Rect):
    """Side by side over the whole width; bands are as high as the row."""
    width, height = size(node, boxes)
    x, spare = area.x, (area.width - width) / max(1, len(node.nodes) - 1)
    for inner in node.nodes:
        its_width, its_height = size(inner, boxes)
        high = height if isinstance(inner, Band) else its_height
        yield from placed(inner, boxes, Rect(x, area.y, its_width, high))
        x += its_width + AISLE + spare


def _placed_in_stack(node: Stack, boxes: Boxes, area: Rect):
    """One above the other; bands and rows are as wide as the stack."""
    y, shift = area.y, {"left": 0.0, "centre": 0.5, "right": 1.0}[node.align]
    for inner in node.nodes:
        width, height = size(inner, boxes)
        if isinstance(inner, Band | Row):
            width = area.width
        x = area.x + shift * (area.width - width)
        yield from placed(inner, boxes, Rect(x, y, width, height))
        y += height + AISLE


def name_of(node: Box | Band) -> str:
    """Name of a box or band, for arrows."""
    return f"{node.folder}/" if isinstance(node, Band) else node.package
