"""The scenario command of a rescue: one episode, its events, its map and timeline."""

from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from experiments.commands.manifests import MANIFEST, provenance
from experiments.playing.rescue import RescueStage
from experiments.rescue.course import Moment, after, before
from experiments.rescue.events import COLUMNS, Watch
from experiments.sessions.store import STEPS, StepStore
from semlink.contracts.schedulers import check_shares
from semlink.loop.rescue.config import RescueScenario
from semlink.loop.traffic.environment import Tally
from semlink.rng import seed_of
from semlink.store.rows import Row
from semlink.sweeps.rescue_trial import CELL, CONVENTIONS, METRICS, values_of

MAP, TIMELINE = "map.png", "timeline.png"
WIDTHS = 5, 6, 18, 5  # of the first columns
ROUTES = "route"  # events that are stored and not printed


def play(
    name: str, config: RescueScenario, folder: Path, seed: int, episode: int
) -> None:
    """Play an episode of a rescue into a folder.

    Parameters
    ----------
    name : of the scenario
    config : what happens
    folder : for the results
    seed, episode : root of the random numbers, and number of the episode

    Raises
    ------
    InputError
        The input is invalid, or the folder has another result.
    """
    stage, console = RescueStage(config), Console(highlight=False, markup=False)
    console.print(config.about, soft_wrap=True)
    with StepStore(folder, COLUMNS, manifest(name, stage, seed, episode)) as store:
        console.print(_line(dict(zip(COLUMNS, COLUMNS, strict=True))))
        course, total = _played(stage, seed_of(seed, CELL, episode), store, console)
        _draw(stage, course, folder)
        for line in summary(stage, total):
            console.print(line)
        for file in (STEPS, MANIFEST, MAP, TIMELINE):
            console.print(f"{Path(file).stem:<8} {folder / file}", soft_wrap=True)


def manifest(name: str, stage: RescueStage, seed: int, episode: int) -> dict[str, Any]:
    """Everything needed to repeat a rescue and to interpret its numbers."""
    identity = stage.identity()
    return {
        "scenario": name,
        "configuration": stage.config.model_dump(mode="json"),
        "seed": seed,
        "episode": episode,
        "components": {kind: identity[kind] for kind in ("scheduler", "dispatcher")}
        | stage.components(),
        "work": {},
        "source_sha256": stage.fingerprint(),
        "conventions": CONVENTIONS,
        **provenance(),
    }


def _played(stage: RescueStage, seed: int, store: StepStore, console: Console):
    """Play all slots: their course, and the sums of what came of them."""
    environment, memory, course = stage.environment, None, []
    demands, total = environment.reset([seed]), None
    draws = np.random.default_rng([seed_of(seed, "scheduler")])
    watch = Watch(environment)
    for slot in range(environment.config.slots):
        moment, pool = before(environment), environment.pool
        shares, memory = stage.scheduler(demands, pool, memory, draws)
        check_shares("scheduler", demands, pool, shares)
        tally = environment.step(shares)
        course.append(after(moment, tally))
        total = tally if total is None else total + tally
        demands = environment.demands
        for row in watch(slot):
            stored = store.add(row)
            if row["event"] != ROUTES:
                console.print(_line(row), style="dim" if stored else None)
    return course, total


def summary(stage: RescueStage, total: Tally) -> list[str]:
    """The metrics of an episode, a line each."""
    environment = stage.environment
    values = values_of(total, environment, 0)
    lines = []
    for metric in (metric for metric in METRICS if metric.kind != "set"):
        of, count = values[metric.name]
        shown = f"{of / count:.{metric.digits}f}" if count else "n/a"
        lines.append(f"{metric.title}: {shown}")
    profiles, requests, orders, lost = environment.messages[0].astype(int)
    lines.append(
        f"the centre signalled {profiles} profiles, {requests} requests and {orders} "
        f"orders; {lost} attempts were lost"
    )
    return lines


def _draw(stage: RescueStage, course: list[Moment], folder: Path) -> None:
    from experiments.rescue.map import draw_map
    from experiments.rescue.timeline import draw_timeline

    draw_map(stage.environment, course, folder / MAP)
    draw_timeline(stage.environment, course, folder / TIMELINE)


def _line(row: Row) -> str:
    """A row as a line of the table."""
    *cells, detail = (row[name] for name in COLUMNS)
    texts = [
        f"{cell:<{width}}" if name == "event" else f"{cell:>{width}}"
        for name, cell, width in zip(COLUMNS, cells, WIDTHS, strict=False)
    ]
    return "  ".join([*texts, detail]).rstrip()
