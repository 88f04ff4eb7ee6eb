"""``semlink scenario``: play one session or rescue."""

from pathlib import Path
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
    """Play a session of the closed loop, or a rescue, and print its steps.

    runs/NAME has its steps, manifest and timeline; of a session a page to step through,
    of a rescue a map. What was killed is played again and goes on; its rows must come
    out equal.
    """
    show(name, overrides or [], run_folder(run), seed, episode)


def show(
    word: str, overrides: list[str], folder: Path, seed: int, episode: int
) -> None:
    """Play an episode of a session or of a rescue into a folder.

    Raises
    ------
    InputError
        The input is invalid, or the folder has another result.
    """
    from experiments.playing.scenario import scenario as read
    from semlink.config import ComponentSpec
    from semlink.loop.rescue.config import RescueScenario

    config = read(word, overrides)
    which = Path(ComponentSpec.model_validate(word).name).stem
    if isinstance(config, RescueScenario):
        from experiments.rescue.play import play as rescue

        return rescue(which, config, folder, seed, episode)
    from experiments.sessions.play import play

    return play(word, overrides, folder, seed, episode)
