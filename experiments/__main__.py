"""``semlink COMMAND``, or ``python -m experiments COMMAND``: the command line.

The environment is settled here, before anything else is imported, and every command
imports what it needs when it runs: ``--help`` is instant.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from experiments import environment
from experiments.checking.command import checking
from experiments.closed_loop.command import closed_loops
from experiments.commands.clustering import Tls, clustering
from experiments.commands.knowledge_bases import kb
from experiments.commands.learning import learning
from experiments.commands.measuring import measuring
from experiments.commands.outputs import figure_file
from experiments.commands.runs import CACHE, Run, run_folder
from experiments.plots.command import plots
from experiments.showing.command import scenarios
from experiments.tables.command import tables

environment.settle(environment.NUMBERS | environment.COMMANDS)

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog="make TARGET runs most of these with its variables; make lists both.",
)

app.add_typer(kb, name="kb")
app.add_typer(checking)
app.add_typer(clustering)
app.add_typer(learning)
app.add_typer(measuring)
app.add_typer(plots)
app.add_typer(scenarios)
app.add_typer(closed_loops)
app.add_typer(tables)

Shown = Annotated[
    str | None, typer.Option(help="Which images, by number (default: 0 1).")
]


Cbr = Annotated[float, typer.Option(min=1e-6, max=1e3, help="Target CBR.")]
SnrDb = Annotated[float, typer.Option(min=-30, max=60, help="Es/N0 in dB.")]
Channels = figure_file("channels.png")
Modules = figure_file("architecture.svg")


def _print_version(asked: bool) -> None:
    if asked:
        from semlink import __version__

        typer.echo(f"semlink {__version__}")
        raise typer.Exit


@app.callback()
def semlink(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Version."
        ),
    ] = False,
) -> None:
    """semlink: semantic and separated transmitters over simulated links."""


@app.command()
def sweep(
    overrides: Annotated[
        list[str] | None,
        typer.Argument(help="key=value, such as snr_db=0:20:2 or stop.draws=4."),
    ] = None,
    run: Run = "sweep",
    config: Annotated[
        str,
        typer.Option(
            help="YAML file, or the name of one in experiments/configs "
            "(default: sweep, or scenarios with scenario=...)."
        ),
    ] = "",
    cache_gib: Annotated[
        float, typer.Option(min=0, help="Limit of the cache of signals [GiB].")
    ] = 4.0,
    workers: Annotated[
        int, typer.Option(min=0, help="Worker processes; 0: only this one.")
    ] = 0,
    cluster: Annotated[
        str, typer.Option(help="Address of a scheduler, or a YAML for SLURM.")
    ] = "",
    tls: Tls = None,
    show_metrics: Annotated[
        str, typer.Option(help="More metrics in the table, by name, or all.")
    ] = "",
) -> None:
    """Simulate a grid of links or scenarios; table and figures are in runs/NAME.

    Points that are already there are skipped: the same command resumes.
    """
    from experiments.commands.sweeping import Resources
    from experiments.commands.sweeping import sweep as command

    use = Resources(CACHE, cache_gib, workers, cluster, tls)
    command(config, overrides or [], run_folder(run), use, show_metrics.split())


@app.command()
def profile(
    overrides: Annotated[
        list[str] | None, typer.Argument(help="key=value, as for sweep.")
    ] = None,
    config: Annotated[str, typer.Option(help="As for sweep.")] = "",
) -> None:
    """Print where the time of a sweep goes, by stage; nothing is kept."""
    from experiments.bench.profile import profile as command

    command(config, overrides or [])


@app.command("clean-cache")
def clean_cache() -> None:
    """Delete runs/.sent, the cache of transmitted signals of sweeps."""
    import shutil

    shutil.rmtree(CACHE, ignore_errors=True)


@app.command()
def panel(
    run: Run = "sweep",
    images: Shown = None,
    cbr: Annotated[
        float | None, typer.Option(help="CBR (default: the lowest).")
    ] = None,
) -> None:
    """Draw photos side by side, per transmitter and SNR, into runs/NAME."""
    from experiments.figures.panel import draw_panel

    for path in draw_panel(run_folder(run), images, cbr):
        typer.echo(path)


@app.command()
def report(
    run: Run = "sweep",
    images: Shown = None,
    pictures: Annotated[int, typer.Option(min=1, help="Received images to show.")] = 12,
    cache_gib: Annotated[float, typer.Option(min=0, help="As for sweep.")] = 4.0,
) -> None:
    """Write runs/NAME/report.html: curves, table, pictures, provenance."""
    from experiments.report.write import write_report

    typer.echo(write_report(run_folder(run), images, pictures, (CACHE, cache_gib)))


@app.command()
def fig4(
    run: Annotated[
        str | None,
        typer.Option(help="Name of the run: fig4 by default, or fig4_paper."),
    ] = None,
    source: Annotated[str, typer.Option(help="Source of images.")] = "photos",
    images: Annotated[int | None, typer.Option(min=1, help="Maximum number.")] = None,
    quick: Annotated[bool, typer.Option(help="A coarse grid, in minutes.")] = False,
    protocol: Annotated[
        str, typer.Option(help="adaptive, or paper: codecs designed for 10 dB.")
    ] = "adaptive",
) -> None:
    """Draw AKB-JSCC against all others, the case study's figure, into runs/NAME."""
    from experiments.figures.fig4 import fig4 as command
    from experiments.figures.fig4 import protocol_of

    use = protocol_of(protocol)
    folder = run_folder(use.folder if run is None else run)
    command(source, images, quick, folder, (CACHE, 4.0), use)


@app.command()
def compare(
    against: Annotated[
        str, typer.Option(help="Transmitter to compare with.")
    ] = "jpeg2000_ldpc",
    run: Run = "sweep",
    metric: Annotated[
        str, typer.Option(help="Metric to compare; the first of the run by default.")
    ] = "",
    a: Annotated[str, typer.Option(help="Reference run, instead of --run.")] = "",
    b: Annotated[str, typer.Option(help="Run compared with --a.")] = "",
) -> None:
    """Print differences of transmitters, or of two runs, over the same images."""
    if a or b:
        from experiments.studies.compare_runs import compare_runs
        from semlink.errors import InputError

        if not (a and b):
            raise InputError(f"two runs must be given, --a and --b, got {a or b!r}")
        typer.echo(compare_runs(run_folder(a), run_folder(b), metric or None))
        return
    from experiments.studies.compare import compare as command

    typer.echo(command(run_folder(run), against, metric or None))


@app.command("channel-gallery")
def channel_gallery(output: Channels) -> None:
    """Draw fading distributions and delay profiles of channels, into OUTPUT."""
    from experiments.figures.channel_gallery import gallery

    typer.echo(gallery(output))


@app.command()
def architecture(output: Modules) -> None:
    """Draw the modules of semlink and the imports between them, into OUTPUT."""
    from experiments.studies.architecture import draw

    typer.echo(draw(output))


@app.command()
def papr(
    transmitter: Annotated[str, typer.Option(help="Transmitters.")],
    source: Annotated[str, typer.Option(help="Source of images.")] = "photos",
    images: Annotated[int | None, typer.Option(min=1, help="Maximum number.")] = None,
    cbr: Cbr = 0.03,
    snr_db: SnrDb = 10.0,
) -> None:
    """Print the peak power of transmitted signals as OFDM."""
    from experiments.studies.papr import papr as command

    typer.echo(command(transmitter.split(), source, images, cbr, snr_db))


@app.command("list")
def list_components() -> None:
    """Print every component with its parameters."""
    from experiments.commands.listing import print_components

    print_components()


@app.command()
def schemas(
    output: Annotated[Path, typer.Option(help="Folder to write.")],
) -> None:
    """Write the JSON Schema of every message of the loop, into OUTPUT."""
    from experiments.commands.listing import write_schemas

    for path in write_schemas(output):
        typer.echo(path)


@app.command("channel-kb")
def channel_kb(
    source: Annotated[str, typer.Option(help="Source of images.")] = "photos",
    images: Annotated[int | None, typer.Option(min=1, help="Maximum number.")] = None,
    weights: Annotated[str, typer.Option(help="Weights of akb_jscc.")] = "base",
    policy: Annotated[str, typer.Option(help="Policy of rate=channel_kb.")] = "base",
) -> None:
    """Print gains of the channel knowledge base and of others, at equal CBR."""
    from experiments.policies.ablation import ablation

    typer.echo(ablation(source, images, weights, policy))


@app.command()
def meaning(
    source: Annotated[str, typer.Option(help="Source with annotated objects.")],
    images: Annotated[int | None, typer.Option(min=1, help="Maximum number.")] = None,
    cbr: Cbr = 0.03,
    snr_db: SnrDb = 10.0,
    transmitter: Annotated[str, typer.Option(help="Variant of AKB-JSCC.")] = "akb_jscc",
) -> None:
    """Print rates inside and outside annotated objects, before and after actions."""
    from experiments.studies.meaning import meaning as command

    typer.echo(command(source, images, cbr, snr_db, transmitter))


def main() -> None:
    """Run a command of this command line."""
    run_app(app, "semlink")


def run_app(app: typer.Typer, name: str) -> None:
    """Run a command; a user's error gives one line and status 2."""
    try:
        if hasattr(sys.stdout, "reconfigure"):  # replace signs that it lacks
            sys.stdout.reconfigure(errors="replace")
        sys.exit(app(prog_name=name, standalone_mode=False))
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    except Exception as error:
        message = _one_line(error)
        if message is None or "SEMLINK_DEBUG" in os.environ:
            raise
        print(f"error: {message}", file=sys.stderr)
        sys.exit(2)


def _one_line(error: Exception) -> str | None:
    """The message of an error that a user can fix; ``None`` for any other."""
    from pydantic import ValidationError

    from semlink.errors import InputError, refusal

    if isinstance(error.__cause__, ValidationError) and hasattr(error, "param"):
        error = refusal(error.__cause__.errors()[0], error.param.opts[0])
    elif hasattr(error, "format_message"):  # raised by the command line's parser
        error = error.format_message()
        if error.startswith(("Invalid value", "Missing option")):
            error += f", got {' '.join(sys.argv[1:])!r}"
    elif isinstance(error, OSError) and error.errno:  # such as a full disk
        error = ": ".join(map(str, filter(None, [error.strerror, error.filename])))
    elif not isinstance(error, InputError):
        return None
    return " ".join(str(error).split())


if __name__ == "__main__":
    main()
