"""``semlink COMMAND``: commands about training runs."""

from pathlib import Path
from typing import Annotated

import typer

from experiments.commands.outputs import figure_file, writable
from experiments.commands.runs import Run, run_folder

learning = typer.Typer()

Training = figure_file("training.png")


@learning.command()
def promote(
    run: Run,
    note: Annotated[str, typer.Option(help="First text of the model card.")],
) -> None:
    """Copy the weights of a training run beside their owner, with a model card."""
    from experiments.commands.promoting import promote as command

    typer.echo(command(run_folder(run), note))


@learning.command("training-curve")
def training_curve(
    models: Annotated[
        list[str], typer.Argument(help="NAME=RUN[,RUN...], folders of runs.")
    ],
    output: Training,
) -> None:
    """Draw PSNR on validation crops over hours of training, into OUTPUT and a CSV."""
    from experiments.training.curve import curve as command

    last = {epoch.model: epoch for epoch in command(models, output)}
    for model, epoch in last.items():
        typer.echo(f"{model}: {epoch.psnr:.2f} dB after {epoch.hours:.2f} h")
    typer.echo(output)


@learning.command("learning-curve")
def learning_curve(
    runs: Annotated[list[str], typer.Argument(help="Runs, one for each seed.")],
    output: Annotated[Path, typer.Option(help="Figure to write.", callback=writable)],
) -> None:
    """Draw learning curves of the channel knowledge base for several seeds."""
    from experiments.policies.learning import draw_learning

    typer.echo(draw_learning([run_folder(run) for run in runs], output))
