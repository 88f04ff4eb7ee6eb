"""``semlink table`` and ``semlink bd``: tables of a run for papers."""

from pathlib import Path
from typing import Annotated

import typer

from experiments.commands.runs import Run, run_folder

tables = typer.Typer()

Format = Annotated[
    str, typer.Option(help="latex, markdown or csv (default: by OUTPUT, or latex).")
]
Output = Annotated[
    Path | None, typer.Option(help="File to write (default: in runs/NAME).")
]
Metric = Annotated[str, typer.Option(help="Metric; the first of the run by default.")]
Only = Annotated[str, typer.Option(help="Transmitters, in the order of the rows.")]
Labels = Annotated[str, typer.Option(help='NAME=LABEL NAME="TWO WORDS" for rows.')]
SnrDb = Annotated[str, typer.Option(help="Es/N0 in dB: numbers or start:stop:step.")]
Cbr = Annotated[str, typer.Option(help="CBR: numbers or start:stop:step.")]
Against = Annotated[str, typer.Option(help="Transmitter to compare with.")]


@tables.command()
def table(
    run: Run = "sweep",
    format: Format = "",
    metric: Metric = "",
    against: Against = "",
    only: Only = "",
    labels: Labels = "",
    snr_db: SnrDb = "",
    cbr: Cbr = "",
    output: Output = None,
) -> None:
    """Write means with intervals, best in bold, into a file of runs/NAME.

    With --against, differences to one transmitter over the same images. Below each row
    with losses are the means over what was received.
    """
    from experiments.tables.selection import Asked
    from experiments.tables.written import write_means

    asked = Asked(metric, only, labels, snr_db, cbr, against)
    typer.echo(write_means(run_folder(run), asked, format, output))


@tables.command()
def bd(
    run: Run = "sweep",
    format: Format = "",
    metric: Metric = "",
    against: Against = "",
    only: Only = "",
    labels: Labels = "",
    snr_db: SnrDb = "",
    cbr: Cbr = "",
    output: Output = None,
) -> None:
    """Write BD-PSNR and BD-rate between all transmitters into a file of runs/NAME.

    With --against, of all transmitters to one.
    """
    from experiments.tables.selection import Asked
    from experiments.tables.written import write_deltas

    asked = Asked(metric, only, labels, snr_db, cbr, against)
    typer.echo(write_deltas(run_folder(run), asked, format, output))
