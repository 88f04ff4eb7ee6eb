"""Options for the figure that a command writes."""

from pathlib import Path
from typing import Annotated

import typer

FIGURES = Path("docs/figures")  # of a checkout


def writable(path: Path) -> Path:
    """A path for a figure, checked before anything is computed.

    Raises
    ------
    InputError
        Its folder does not exist, or no figure is written with its suffix.
    """
    from experiments.figures.canvas import CANVASES
    from semlink.errors import InputError

    if path.suffix not in CANVASES:
        raise InputError(f"a figure ends with {', '.join(CANVASES)}, got '{path}'")
    if not path.parent.is_dir():
        raise InputError(f"the folder of a figure must exist, got '{path}'")
    return path


def figure_file(name: str):
    """The option for a figure, with a default: in docs/figures, or here without one."""

    def default() -> Path:
        return (FIGURES if FIGURES.is_dir() else Path()) / name

    option = typer.Option(
        help=f"Figure to write (default: {name}, in docs/figures if that exists).",
        default_factory=default,
        show_default=False,
        callback=writable,
    )
    return Annotated[Path, option]
