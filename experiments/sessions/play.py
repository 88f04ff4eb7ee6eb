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
from semlink.loop.traffic.scenario import TrafficScenario

PAGE, TIMELINE, CELL = "session.html", "timeline.png", "cell.png"


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
    if isinstance(config, TrafficScenario):
        must = "of sessions or a rescue; make sweep SCENARIO= plays cells with traffic"
        raise InputError(f"a scenario to show must be {must}, got {word}")
    name = Path(ComponentSpec.model_validate(word).name).stem
    which, stage = Episode(name, seed, episode), Stage(config)
    told = manifest(name, stage, seed, episode)
    with StepStore(folder, columns(stage), told) as store:
        table = LiveTable(config, heading(which, stage))
        with table:
            whole = store.stored == config.world.frames * max(len(stage.users), 1)
            if whole and all((folder / name).exists() for name in drawn(stage)):
                for row in store.rows:
                    table.frame(row, stored=True)
            else:
                _play(which, stage, store, table)
        files = [folder / name for name in (STEPS, MANIFEST, *drawn(stage))]
        table.summary(store.rows, store.stored, files)


def drawn(stage: Stage) -> list[str]:
    """Names of the figures and pages of a session, or of each user of a cell."""
    if not stage.users:
        return [TIMELINE, PAGE]
    users = range(len(stage.users))
    return [CELL, *(of_user(name, user) for user in users for name in (TIMELINE, PAGE))]


def of_user(name: str, user: int) -> str:
    """Name of the file of a user."""
    path = Path(name)
    return f"{path.stem}_{user}{path.suffix}"


def heading(which: Episode, stage: Stage) -> str:
    """What is played, in a line."""
    config = stage.config
    users = f"{len(stage.users)} users, each " if stage.users else ""
    frames = f"{users}{config.world.frames} frames of {config.source.label}"
    return (
        f"{which.scenario}: {frames} over {config.channel.label}, adapter "
        f"{config.adapter.label}, seed {which.seed}, episode {which.number}; Es/N0 in "
        "dB, down and up in channel uses"
    )


def _play(which: Episode, stage: Stage, store: StepStore, table: LiveTable) -> None:
    """Play all frames; draw the figure and write the page."""
    from experiments.report.session import Album

    albums = [Album(own) for own in stage.users or (stage,)]
    table.playing(0)
    try:
        for step in stage.session(which.seed, which.number):
            row = row_of(step, stage)
            table.frame(row, store.add(row))
            albums[step.user].add(step)
            table.playing(step.frame.number + 1)
    except Infeasible as reason:
        raise InputError(f"what the user says must be possible, got {reason}") from None
    except KeyboardInterrupt:
        table.interrupted(len(store.rows), store.folder)
        raise
    if not stage.users:
        _show(which, stage, store, (TIMELINE, PAGE), store.rows, albums[0])
        return
    from experiments.figures.cell import draw_cell

    draw_cell(store.rows, store.folder / CELL)
    for user, album in enumerate(albums):
        rows = [row for row in store.rows if row["user"] == str(user)]
        names = of_user(TIMELINE, user), of_user(PAGE, user)
        _show(which, stage, store, names, rows, album)


def _show(which, stage, store, names: tuple[str, str], rows, album) -> None:
    """Draw the figure of a user's frames, and write their page."""
    from experiments.figures.timeline import draw_timeline
    from experiments.report.session import Shown, write_page

    timeline, page = (store.folder / name for name in names)
    write_page(
        page,
        Shown(
            heading=heading(which, stage),
            names=stage.names,
            rows=rows,
            purposes=PURPOSES,
            totals=Totals(rows).lines(),
            manifest=store.manifest,
            album=album,
            timeline=draw_timeline(rows, stage.names, timeline),
        ),
    )
