"""What a user asks of a figure, from the words of the command line."""

from pathlib import Path

from experiments.figures.canvas import VECTORS
from experiments.figures.curves import Choice, Reference
from experiments.figures.overlays import Point
from experiments.figures.paper import Paper
from experiments.labels import read_labels, word_of, words_of
from experiments.plots.differences import differences
from experiments.report.published import published_by_name
from semlink.config import parse_grid
from semlink.errors import InputError
from semlink.registry import unknown

# points of 1/72 inch: a column and two columns of the IEEE; A4 with margins of 25 mm
WIDTHS_PT = {"ieee": 252.0, "ieee2": 516.0, "a4": 453.5}
LEAST_PT, MOST_PT = 120.0, 2000.0
FORMATS = tuple(suffix[1:] for suffix in VECTORS)


def paper(
    width: str = "",
    style: str = "",
    formats: str = "",
    labels: str = "",
    bands: str = "on",
) -> Paper:
    """Paper, by the words of the command line; empty: the default.

    Raises
    ------
    InputError
        A word is not one of those that are allowed.
    """
    return Paper(
        _width_pt(width),
        Path(style) if style.strip() else None,
        _formats(formats) or Paper().formats,
        read_labels(labels),
        _switch("BANDS", bands),
    )


def _width_pt(word: str) -> float | None:
    word = word.strip()
    if not word or word in WIDTHS_PT:
        return WIDTHS_PT.get(word)
    try:
        width = float(word.removesuffix("pt"))
    except ValueError:
        width = float("nan")
    if LEAST_PT <= width <= MOST_PT:
        return width
    names = ", ".join(f"{name} ({pt:g})" for name, pt in WIDTHS_PT.items())
    raise InputError(
        f"a width is {names} or from {LEAST_PT:g} to {MOST_PT:g} points, got {word!r}"
    )


def _formats(text: str) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(text.split()))
    for word in words:
        if word not in FORMATS:
            raise InputError(unknown("format of figures", word, list(FORMATS)))
    return words


def _switch(name: str, word: str) -> bool:
    if word.strip() not in ("on", "off", ""):
        raise InputError(f"{name} is on or off, got {word!r}")
    return word.strip() != "off"


def choice(
    folder: Path,
    metric: str = "",
    only: str = "",
    grid: tuple[str, str] = ("", ""),
    against: str = "",
    published: str = "",
) -> Choice:
    """What is drawn, by the words of the command line; empty: everything.

    Parameters
    ----------
    folder : of the run, whose samples differences are of
    metric, only, against, published : names
    grid : Es/N0 [dB] and CBR, as numbers or ``start:stop:step``

    Raises
    ------
    InputError
        There is no published curve of a name, or a grid has another form.
    """
    reference = None
    if name := against.strip():
        name = word_of(name)
        reference = Reference(
            name, lambda rows, metric: differences(folder, rows, metric, name)
        )
    snr_db, cbr = map(_numbers, grid)
    points = _published(published.split())
    return Choice(metric.split(), words_of(only), snr_db, cbr, reference, points)


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return parse_grid(text) if text.strip() else ()
    except ValueError as error:
        raise InputError(str(error)) from None


def _published(words: list[str]) -> list[Point]:
    """Published points by the names of their files; ``all``: every one."""
    files = published_by_name()
    for word in words:
        if word != "all" and word not in files:
            raise InputError(unknown("published curve", word, ["all", *files]))
    names = files if "all" in words else words
    return [point for name in names for point in files[name]]
