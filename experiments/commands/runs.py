"""Where runs are, and the cache that they share."""

from pathlib import Path
from typing import Annotated

import typer

RUNS = Path("runs")
CACHE = RUNS / ".sent"
Run = Annotated[str, typer.Option(help="Name of the run: its folder is runs/NAME.")]


def run_folder(run: str) -> Path:
    """The folder of a run, which is one below ``runs``.

    Raises
    ------
    InputError
        The name has a slash, or a leading dot as the cache's.
    """
    from semlink.errors import InputError

    if Path(run).name != run or not run or run.startswith("."):
        raise InputError(
            f"a run is a name without slashes or a leading dot, got {run!r}"
        )
    return RUNS / run
