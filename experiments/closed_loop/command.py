"""``semlink closed-loop``: what closing the loop is worth."""

from typing import Annotated

import typer

closed_loops = typer.Typer()


@closed_loops.command(name="closed-loop")
def closed_loop(
    source: Annotated[str, typer.Option(help="Frames of the camera, with instances.")],
    run: Annotated[str, typer.Option(help="Name of the run.")] = "closed_loop",
    seeds: Annotated[int, typer.Option(min=2, help="Test seeds.")] = 5,
    episodes: Annotated[int, typer.Option(min=1, help="Of each seed.")] = 1,
    price: Annotated[
        float, typer.Option(min=0, help="Utility that 1000 channel uses must be worth.")
    ] = 0.01,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
) -> None:
    """Compare the closed loop with open ones at equal channel uses (hours).

    All frames are in runs/RUN; the same command resumes.
    """
    from experiments.closed_loop.study import closed_loop as command

    typer.echo(command(source, run, seeds, episodes, price, workers))
