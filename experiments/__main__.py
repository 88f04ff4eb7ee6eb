"""``python -m experiments COMMAND``: the command line.

This is the entry point, so environment variables are set here and nowhere else, and
every command imports what it needs when it runs: ``--help`` is instant.
"""

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from experiments.commands.knowledge_bases import kb
from experiments.commands.measuring import measuring

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # the same rounding everywhere
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")  # on any number of cores
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
# traces are counted and reported; TensorFlow's warnings about them are not needed
logging.getLogger("tensorflow").addFilter(lambda r: r.levelno >= logging.ERROR)

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="semlink: semantic and separated transmitters over simulated links.",
)

app.add_typer(kb, name="kb")
app.add_typer(measuring)

RUNS = Path("runs")
CACHE = RUNS / ".sent"
Shown = Annotated[
    str | None, typer.Option(help="Which images, by number (default: 0 1).")
]
Run = Annotated[str, typer.Option(help="Name of the run: results in runs/NAME.")]


@app.command()
def sweep(
    overrides: Annotated[
        list[str] | None,
        typer.Argument(help="key=value, such as snr_db=0:20:2 or stop.draws=4."),
    ] = None,
    run: Run = "sweep",
    config: Annotated[
        str, typer.Option(help="YAML file, or the name of one in experiments/configs.")
    ] = "sweep",
    cache_gib: Annotated[
        float, typer.Option(min=0, help="Most that is kept of what was sent.")
    ] = 4.0,
    workers: Annotated[
        int, typer.Option(min=0, help="Processes; 0: this one alone.")
    ] = 0,
    cluster: Annotated[
        str, typer.Option(help="tcp://HOST:PORT of a scheduler, or a YAML for SLURM.")
    ] = "",
) -> None:
    """Simulate a grid of links; skips what is already in the run."""
    from experiments.commands.sweeping import Resources
    from experiments.commands.sweeping import sweep as command

    use = Resources(CACHE, cache_gib, workers, cluster)
    command(config, overrides or [], _folder(run), use)


@app.command()
def profile(
    overrides: Annotated[
        list[str] | None, typer.Argument(help="key=value, as of a sweep.")
    ] = None,
    config: Annotated[str, typer.Option(help="As of a sweep.")] = "sweep",
) -> None:
    """Show where the time of a sweep goes, stage by stage; keeps nothing."""
    from experiments.bench.profile import profile as command

    command(config, overrides or [])


@app.command()
def worker(scheduler: str) -> None:
    """Simulate points for a scheduler (tcp://HOST:PORT) until it goes away."""
    from experiments.commands.workers import work_for

    work_for(scheduler)


@app.command("clean-cache")
def clean_cache() -> None:
    """Delete what sweeps kept of what they sent."""
    import shutil

    shutil.rmtree(CACHE, ignore_errors=True)


@app.command()
def figure(run: Run = "sweep") -> None:
    """Draw a run's results again, from its CSV alone."""
    from experiments.figures.curves import draw_all

    paths = draw_all(_folder(run))
    for path in paths or ["nothing to draw: one SNR and one CBR, or no result"]:
        typer.echo(path)


@app.command()
def panel(
    run: Run = "sweep",
    images: Shown = None,
    cbr: Annotated[
        float | None, typer.Option(help="CBR (default: the lowest).")
    ] = None,
) -> None:
    """Show photos side by side, per transmitter and SNR."""
    from experiments.figures.panel import draw_panel

    for path in draw_panel(_folder(run), images, cbr):
        typer.echo(path)


@app.command()
def report(
    run: Run = "sweep",
    images: Shown = None,
    pictures: Annotated[int, typer.Option(min=1, help="Received ones to show.")] = 12,
    cache_gib: Annotated[float, typer.Option(min=0, help="As of the sweep.")] = 4.0,
) -> None:
    """Write one HTML file: curves, table, pictures, and how they were made."""
    from experiments.report.write import write_report

    typer.echo(write_report(_folder(run), images, pictures, (CACHE, cache_gib)))


@app.command()
def fig4(
    run: Run = "fig4",
    source: Annotated[str, typer.Option(help="Pictures.")] = "photos",
    images: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    quick: Annotated[bool, typer.Option(help="A coarse grid, in minutes.")] = False,
) -> None:
    """Draw the case study's figure: AKB-JSCC, without channel KB, NTSCC, JPEGs."""
    from experiments.figures.fig4 import fig4 as command

    command(source, images, quick, _folder(run), (CACHE, 4.0))


@app.command()
def compare(
    against: Annotated[
        str, typer.Option(help="Transmitter to compare with.")
    ] = "jpeg2000_ldpc",
    run: Run = "sweep",
    metric: Annotated[str, typer.Option(help="Metric to compare.")] = "psnr",
    a: Annotated[str, typer.Option(help="Instead: a run,")] = "",
    b: Annotated[str, typer.Option(help="and another, whose gain is shown.")] = "",
) -> None:
    """Compare transmitters of a run, or two runs, image by image, in Markdown."""
    if a or b:
        from experiments.studies.compare_runs import compare_runs
        from semlink.errors import InputError

        if not (a and b):
            raise InputError(f"two runs are compared, got {a or b!r} alone")
        typer.echo(compare_runs(_folder(a), _folder(b), metric))
        return
    from experiments.studies.compare import compare as command

    typer.echo(command(_folder(run), against, metric))


@app.command("channel-gallery")
def channel_gallery(
    output: Annotated[Path, typer.Option(help="Figure to write.")] = Path(
        "docs/figures/channels.png"
    ),
) -> None:
    """Draw how channels fade, and their delay profiles."""
    from experiments.figures.channel_gallery import gallery

    typer.echo(gallery(output))


@app.command()
def papr(
    transmitter: Annotated[str, typer.Option(help="Transmitters.")],
    source: Annotated[str, typer.Option(help="Pictures.")] = "photos",
    images: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    cbr: Annotated[float, typer.Option(help="At which they are sent.")] = 0.03,
    snr_db: Annotated[float, typer.Option(help="Es/N0 [dB].")] = 10.0,
) -> None:
    """Compare the peaks of what transmitters send, as OFDM."""
    from experiments.studies.papr import papr as command

    typer.echo(command(transmitter.split(), source, images, cbr, snr_db))


@app.command("list")
def list_components() -> None:
    """List every component with its parameters."""
    from experiments.commands.listing import print_components

    print_components()


@app.command()
def promote(
    run: Run,
    note: Annotated[str, typer.Option(help="What a reader of the card should know.")],
) -> None:
    """Ship the weights of a training run: copy them beside their owner, with a card."""
    from experiments.commands.promoting import promote as command

    typer.echo(command(_folder(run), note))


@app.command("training-curve")
def training_curve(
    models: Annotated[
        list[str], typer.Argument(help="NAME=RUN[,RUN...], folders of runs.")
    ],
    output: Annotated[
        Path, typer.Option(help="Figure to write, with its table beside it.")
    ] = Path("docs/figures/training.png"),
) -> None:
    """Draw PSNR on validation crops over hours of training."""
    from experiments.training.curve import curve as command

    last = {epoch.model: epoch for epoch in command(models, output)}
    for model, epoch in last.items():
        typer.echo(f"{model}: {epoch.psnr:.2f} dB after {epoch.hours:.2f} h")
    typer.echo(output)


@app.command("channel-kb")
def channel_kb(
    source: Annotated[str, typer.Option(help="Pictures.")] = "photos",
    images: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    weights: Annotated[str, typer.Option(help="Of akb_jscc.")] = "base",
    policy: Annotated[str, typer.Option(help="Its channel_kb.")] = "base",
) -> None:
    """Compare ways to correct presets: uniform, PPO, greedy oracle, at equal CBR."""
    from experiments.policies.ablation import ablation

    typer.echo(ablation(source, images, weights, policy))


@app.command()
def meaning(
    source: Annotated[str, typer.Option(help="Pictures with annotated objects.")],
    images: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    cbr: Annotated[float, typer.Option(help="At which they are sent.")] = 0.03,
    snr_db: Annotated[float, typer.Option(help="Es/N0 [dB].")] = 10.0,
    transmitter: Annotated[str, typer.Option(help="AKB-JSCC.")] = "akb_jscc",
) -> None:
    """Compare rates inside annotated objects and outside, before and after actions."""
    from experiments.studies.meaning import meaning as command

    typer.echo(command(source, images, cbr, snr_db, transmitter))


@app.command("learning-curve")
def learning_curve(
    runs: list[str],
    output: Annotated[Path, typer.Option(help="File to write.")],
) -> None:
    """Draw learning curves of the channel knowledge base, of several seeds."""
    from experiments.policies.learning import draw_learning

    typer.echo(draw_learning([_folder(run) for run in runs], output))


def _folder(run: str) -> Path:
    """The folder of a run, which is one below ``runs``."""
    from semlink.errors import InputError

    if Path(run).name != run or run in (".", ".."):
        raise InputError(f"a run is a name without slashes, got {run!r}")
    return RUNS / run


def main() -> None:
    """Run a command; what a user got wrong ends in one line and status 2."""
    try:
        sys.exit(app(prog_name="python -m experiments", standalone_mode=False))
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    except Exception as error:
        message = _one_line(error)
        if message is None or "SEMLINK_DEBUG" in os.environ:
            raise
        print(f"error: {message}", file=sys.stderr)
        sys.exit(2)


def _one_line(error: Exception) -> str | None:
    """The message of an error that a user can mend; ``None`` for any other."""
    from semlink.errors import InputError

    if hasattr(error, "format_message"):  # what the command line does not understand
        error = error.format_message()
    elif isinstance(error, OSError) and error.filename:
        error = f"{error.strerror}: {error.filename}"
    elif not isinstance(error, InputError):
        return None
    return " ".join(str(error).split())


if __name__ == "__main__":
    main()
