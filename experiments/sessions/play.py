"""The scenario command: one session, its table, its figure and its page."""

from pathlib import Path
from typing import NamedTuple

from experiments.commands.manifests import MANIFEST
from experiments.playing.scenario import scenario
from experiments.playing.stage import Stage
from experiments.sessions.live import LiveTable
from experiments.sessions.manifest import manifest
from experiments.sessions.rows import PURPOSES, columns, row_of
from experiments.sessions.store import STEPS, StepStore
from experiments.sessions.summary import Totals
from semlink.config import ComponentSpec
from semlink.errors import Infeasible, InputError

PAGE, TIMELINE = "session.html", "timeline.png"


class Episode(NamedTuple):
    """Which session is played.

    scenario : name of the scenario
    seed : root of the random numbers
    number : of the episode
    """

    scenario: str
    seed: int
    number: int


def play(
    word: str, overrides: list[str], folder: Path, seed: int, episode: int
) -> None:
    """Play an episode of a scenario into a folder.

    A session whose files are all there is shown again, and not played.

    Parameters
    ----------
    word, overrides : the scenario, and settings that replace its own
    folder : for the results
    seed, episode : root of the random numbers, and number of the episode

    Raises
    ------
    InputError
        The input is invalid, or the folder has another result.
    """
    config = scenario(word, overrides)
    name = Path(ComponentSpec.model_validate(word).name).stem
    which, stage = Episode(name, seed, episode), Stage(config)
    told = manifest(name, stage, seed, episode)
    with StepStore(folder, columns(stage), told) as store:
        table = LiveTable(config, heading(which, stage))
        with table:
            if store.stored == config.world.frames and (folder / PAGE).exists():
                for row in store.rows:
                    table.frame(row, stored=True)
            else:
                _play(which, stage, store, table)
        files = [folder / name for name in (STEPS, MANIFEST, TIMELINE, PAGE)]
        table.summary(store.rows, store.stored, files)


def heading(which: Episode, stage: Stage) -> str:
    """What is played, in a line."""
    config = stage.config
    return (
        f"{which.scenario}: {config.world.frames} frames of {config.source.label} over "
        f"{config.channel.label}, adapter {config.adapter.label}, seed {which.seed}, "
        f"episode {which.number}; Es/N0 in dB, down and up in channel uses"
    )


def _play(which: Episode, stage: Stage, store: StepStore, table: LiveTable) -> None:
    """Play all frames; draw the figure and write the page."""
    from experiments.figures.timeline import draw_timeline
    from experiments.report.session import Album, Shown, write_page

    album = Album(stage)
    table.playing(0)
    try:
        for step in stage.session(which.seed, which.number):
            row = row_of(step, stage)
            table.frame(row, store.add(row))
            album.add(step)
            table.playing(step.frame.number + 1)
    except Infeasible as reason:
        raise InputError(f"what the user says must be possible, got {reason}") from None
    except KeyboardInterrupt:
        table.interrupted(len(store.rows), store.folder)
        raise
    timeline = draw_timeline(store.rows, stage.names, store.folder / TIMELINE)
    write_page(
        store.folder / PAGE,
        Shown(
            heading=heading(which, stage),
            names=stage.names,
            rows=store.rows,
            purposes=PURPOSES,
            totals=Totals(store.rows).lines(),
            manifest=store.manifest,
            album=album,
            timeline=timeline,
        ),
    )
