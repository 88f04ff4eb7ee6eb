"""``semlink figure``: figures of a run."""

from typing import Annotated

import typer

from experiments.commands.runs import Run, run_folder

plots = typer.Typer()


@plots.command()
def figure(
    run: Run = "sweep",
    metric: Annotated[
        str, typer.Option(help="Metrics; headline: those that a sweep draws.")
    ] = "all",
    width: Annotated[
        str, typer.Option(help="ieee, ieee2, a4, or points (default: as needed).")
    ] = "",
    style: Annotated[str, typer.Option(help="Style file of matplotlib.")] = "",
    labels: Annotated[
        str, typer.Option(help='NAME=TEXT NAME="TWO WORDS", with TeX between dollars.')
    ] = "",
    only: Annotated[
        str, typer.Option(help="Transmitters, in the legend's order, and channels.")
    ] = "",
    bands: Annotated[str, typer.Option(help="on, or off: no intervals.")] = "on",
    format: Annotated[
        str, typer.Option(help="Some of png, pdf, svg and pgf.")
    ] = "png pdf",
    against: Annotated[
        str, typer.Option(help="Draw paired differences to this transmitter.")
    ] = "",
    published: Annotated[
        str, typer.Option(help="Published curves to draw, by name, or all.")
    ] = "",
    snr_db: Annotated[
        str, typer.Option(help="Es/N0 in dB: numbers or start:stop:step.")
    ] = "",
    cbr: Annotated[str, typer.Option(help="CBR: numbers or start:stop:step.")] = "",
) -> None:
    """Draw the figures of a run from its CSV, for a paper or a screen, into runs/NAME.

    One for each metric against Es/N0 and against CBR; error rates are logarithmic.
    """
    from experiments.figures.curves import draw_all
    from experiments.plots.asked import choice, paper

    folder = run_folder(run)
    chosen = choice(folder, metric, only, (snr_db, cbr), against, published)
    look = paper(width, style, format, labels, bands)
    paths = draw_all(folder, chosen, look)
    for path in paths or ["nothing to draw: one SNR and one CBR, or no result"]:
        suffixes = look.formats if paths else [""]
        for kind in suffixes:
            typer.echo(path.with_suffix(f".{kind}") if paths else path)
