"""``semlink scenario``: play one session."""

from typing import Annotated

import typer

from experiments.commands.runs import Run, run_folder

scenarios = typer.Typer()

MOST_EPISODES = 1_000_000


@scenarios.command()
def scenario(
    name: Annotated[
        str,
        typer.Argument(
            help="A name in experiments/scenarios or a YAML file, with keys in "
            "brackets, as in monitor[adapter=outer_loop]."
        ),
    ],
    overrides: Annotated[
        list[str] | None,
        typer.Argument(help="key=value, such as world.frames=20 or channel=rayleigh."),
    ] = None,
    run: Run = "scenario",
    seed: Annotated[int, typer.Option(min=0, help="Root of all randomness.")] = 1,
    episode: Annotated[
        int, typer.Option(min=0, max=MOST_EPISODES, help="Number of the episode.")
    ] = 0,
) -> None:
    """Play a session of the closed loop, and print its frames.

    runs/NAME has its steps, manifest, timeline and a page to step through. A session
    that was killed is played again and goes on; its rows must come out equal.
    """
    from experiments.sessions.play import play

    play(name, overrides or [], run_folder(run), seed, episode)
