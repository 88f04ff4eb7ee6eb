"""``python -m experiments.allocation STUDY --output FOLDER``."""

from pathlib import Path
from typing import Annotated

from experiments.__main__ import run_app  # first, for threads and rounding

# isort: split
import typer

from semlink.errors import InputError

WIDTH = 100  # least width of a table

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False
)

Output = Annotated[Path, typer.Option(help="Folder for the CSV file and the figure.")]
Quick = Annotated[
    bool, typer.Option("--quick", help="Two seeds and little training, about a minute.")
]
Seeds = Annotated[
    int | None,
    typer.Option(min=2, help="Seeds, each with training and test draws (default: 5)."),
]
Steps = Annotated[
    int | None,
    typer.Option(min=1, help="Gradient steps of the network (default: 3000)."),
]
SacSteps = Annotated[
    int | None,
    typer.Option(min=0, help="Gradient steps of SAC, 0 without (default: 3000)."),
]
AgentSteps = Annotated[
    int | None, typer.Option(min=1, help="Gradient steps of an agent (default: 2500).")
]
Draws = Annotated[
    int | None, typer.Option(min=16, help="Test draws of each seed and point.")
]


@app.callback()
def allocation() -> None:
    """Compare allocations, learned ones among them, with the optimum."""


@app.command()
def power(
    output: Output,
    quick: Quick = False,
    seeds: Seeds = None,
    steps: Steps = None,
    sac_steps: SacSteps = None,
    draws: Draws = None,
) -> None:
    """Power of users with different importance, against distortion water-filling."""
    folder = _folder(output)
    from experiments.allocation import importance as study
    from experiments.allocation.results import power_table

    setup = study.QUICK if quick else study.Setup()
    setup = _changed(setup, seeds=seeds, steps=steps, sac_steps=sac_steps, draws=draws)
    _answer(study, setup, folder, power_table)


@app.command()
def joint(
    output: Output,
    quick: Quick = False,
    seeds: Seeds = None,
    steps: AgentSteps = None,
    draws: Draws = None,
) -> None:
    """Subchannels, bits, power and bandwidth of a downlink, against exact optima."""
    folder = _folder(output)
    from experiments.allocation import joint as study
    from experiments.allocation.results import joint_table

    setup = study.QUICK if quick else study.Setup()
    setup = _changed(setup, seeds=seeds, steps=steps, draws=draws)
    _answer(study, setup, folder, joint_table)


def _folder(path: Path) -> Path:
    """The folder of the results; it is made if it does not exist.

    Raises
    ------
    InputError
        A file has this name, or the folder cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror
        raise InputError(
            f"the output must be a folder ({reason}), got '{path}'"
        ) from None
    return path


def _changed(setup, **given):
    return setup._replace(**{key: v for key, v in given.items() if v is not None})


def _answer(study, setup, folder: Path, table) -> None:
    """Run a study, print its table and the files."""
    from rich.console import Console

    rows, paths = study.run(setup, folder)
    console = Console()
    console.width = max(console.width, WIDTH)
    console.print(table(rows))
    for path in paths:
        typer.echo(path)


def main() -> None:
    """Run a study."""
    run_app(app, "python -m experiments.allocation")


if __name__ == "__main__":
    main()
