"""``semlink COMMAND``: commands that measure semlink itself."""

from pathlib import Path
from typing import Annotated

import typer

from experiments.commands.outputs import figure_file

measuring = typer.Typer()

Memory = figure_file("memory.png")
Calibration = figure_file("calibration.png")
Settling = figure_file("settling.png")


@measuring.command()
def bench(
    workers: Annotated[
        int, typer.Option(min=0, help="Time only a sweep, by this many workers.")
    ] = 0,
    source: Annotated[str, typer.Option(help="Source of that sweep.")] = "photos",
    images: Annotated[int, typer.Option(min=1, help="Images of that sweep.")] = 75,
) -> None:
    """Print times of the digital chain, the sweep and commands; or of workers."""
    if workers:
        from experiments.bench.workers import bench_workers

        typer.echo(bench_workers(workers, _anywhere(source), images))
        return
    from experiments.bench.bench import bench as command

    command()


@measuring.command()
def memory(
    source: Annotated[str, typer.Option(help="Source of at least 100 images.")],
    transmitter: Annotated[str, typer.Option(help="Transmitters.")],
    output: Memory,
) -> None:
    """Draw the memory use of a sweep as it grows tenfold, into OUTPUT."""
    from experiments.bench.memory import memory as command

    typer.echo(command(_anywhere(source), transmitter.split(), output))


@measuring.command("side-information")
def side_information(
    source: Annotated[str, typer.Option(help="Source of images.")] = "photos",
    images: Annotated[int | None, typer.Option(min=1, help="Maximum number.")] = None,
    transmitter: Annotated[str, typer.Option(help="Learned transmitter.")] = "ntscc",
) -> None:
    """Print the bits of side information, and the savings from more of it."""
    from experiments.studies.side_spending import side_information as command

    typer.echo(command(_anywhere(source), images, transmitter))


@measuring.command()
def interference(
    channel: Annotated[
        str, typer.Option(help="Channels as OFDM (default: those of docs/channels.md).")
    ] = "",
    courses: Annotated[int, typer.Option(min=2, help="Courses of each channel.")] = 400,
) -> None:
    """Print the interference of OFDM channels, as modelled and simulated in time."""
    from experiments.studies.interference.table import table

    for line in table(channel.split(), courses):
        typer.echo(line)


@measuring.command("mcs-table")
def mcs_table(
    blocks: Annotated[int, typer.Option(min=1, help="Code blocks per SNR.")] = 1000,
) -> None:
    """Measure the SNR that each scheme needs, into blocks/phy/mcs.csv (long)."""
    from experiments.fitting.mcs_table import measure

    measure(blocks)


@measuring.command()
def calibration(
    source: Annotated[str, typer.Option(help="Source of images.")],
    output: Calibration,
    transmitter: Annotated[
        str, typer.Option(help="Transmitter that has an inspector.")
    ] = "ntscc",
    channel: Annotated[str, typer.Option(help="Channel.")] = "rayleigh",
    snr_db: Annotated[float, typer.Option(help="Average Es/N0 in dB.")] = 10.0,
    cbr: Annotated[float, typer.Option(min=0, help="Target CBR.")] = 0.03,
    images: Annotated[int, typer.Option(min=2, help="Maximum number.")] = 100,
) -> None:
    """Compare the error that a receiver expects with the true one, into OUTPUT."""
    from experiments.studies.calibration import calibration as command
    from experiments.studies.calibration import report

    link = transmitter, _anywhere(source), channel, snr_db, cbr
    typer.echo(report(command(*link, images), output))


@measuring.command()
def adaptation(
    output: Settling,
    episodes: Annotated[int, typer.Option(min=2, help="Episodes of each adapter.")] = 8,
) -> None:
    """Print how adapters follow steps of the SNR, by delay and loss of reports.

    The figure OUTPUT has what is lost after a step.
    """
    from experiments.studies.adaptation.table import draw, played, table

    found = played(episodes)
    typer.echo(table(found))
    typer.echo(draw(found, output))


@measuring.command()
def abstraction(
    source: Annotated[str, typer.Option(help="Source of pictures with questions.")],
    output: Annotated[
        Path | None,
        typer.Option(help="Table (default: the shipped one; with --quick, in runs)."),
    ] = None,
    run: Annotated[
        str | None, typer.Option(help="Name of the run: abstraction by default.")
    ] = None,
    images: Annotated[int | None, typer.Option(min=4, help="Pictures.")] = None,
    quick: Annotated[bool, typer.Option(help="A coarse grid, in minutes.")] = False,
) -> None:
    """Measure the utility of all transmitters, into OUTPUT, and check the table.

    The sweeps are in runs/RUN_grid, RUN_between and RUN_fading; the same command
    resumes them. With --quick, RUN is abstraction_quick, and OUTPUT is
    runs/abstraction_quick_grid/table.npz.
    """
    from experiments.abstraction.command import abstraction as command

    typer.echo(command(_anywhere(source), run, output, images, quick))


@measuring.command()
def abstraction_errors(
    source: Annotated[str, typer.Option(help="Source of pictures with questions.")],
    transmitter: Annotated[
        list[str] | None, typer.Option(help="Transmitters (default: all of the table).")
    ] = None,
    draws: Annotated[int, typer.Option(min=1, help="Draws of the noise.")] = 4,
    images: Annotated[int, typer.Option(min=4, help="Pictures.")] = 40,
    run: Annotated[str, typer.Option(help="Name of the run.")] = "abstraction_errors",
) -> None:
    """Print the errors of the measured table between its points, over the link.

    The pictures are the last ones of the source, in two halves, in turn. Of the source
    of the table, the first half is that of its fit. The sweep is in runs/RUN; the same
    command resumes it.
    """
    from experiments.abstraction.command import against_link

    of = list(transmitter or [])
    typer.echo(against_link(_anywhere(source), of, draws, images, run))


def _anywhere(source: str) -> str:
    """A source with an absolute path."""
    kind, _, where = source.partition(":")
    return f"{kind}:{Path(where).absolute()}" if where else source
