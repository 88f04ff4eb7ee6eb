"""Plays episodes of many systems in several processes; all of it resumes."""

import hashlib
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from experiments.closed_loop.systems import System
from experiments.closed_loop.workers import pool
from experiments.playing.scenario import scenario
from experiments.playing.stage import Stage, Workshop
from experiments.sessions.manifest import manifest
from experiments.sessions.rows import Row, columns, row_of
from experiments.sessions.store import StepStore
from semlink.ends.kept import Kept

SCENARIO = "steps"


class Episode(NamedTuple):
    """An episode: seed and number."""

    seed: int
    number: int


class Job(NamedTuple):
    """An episode, played by several systems in turn, so that they share its frames.

    folder : of the results, with a folder for each system and episode
    keys : of the scenario, for all systems
    scenario : its name
    """

    episode: Episode
    systems: tuple[System, ...]
    folder: Path
    keys: tuple[str, ...]
    scenario: str


Rows = dict[str, list[list[Row]]]  # rows by name of the system, then by episode


def play(
    systems: Sequence[System],
    episodes: Iterable[Episode],
    folder: Path,
    keys: tuple[str, ...],
    workers: int,
    name: str = SCENARIO,
) -> Rows:
    """Rows of all episodes of all systems, in the scenario of a name."""
    jobs = [Job(episode, tuple(systems), folder, keys, name) for episode in episodes]
    with pool(workers) as processes:
        by_episode = list(processes.map(_played, jobs))
    names = [system.name for system in systems]
    return {n: [rows[k] for rows in by_episode] for k, n in enumerate(names)}


def _played(job: Job) -> list[list[Row]]:
    return [_rows(system, job) for system in job.systems]


def _rows(system: System, job: Job) -> list[Row]:
    """Rows of one episode of one system; those that are there are not played."""
    seed, number = job.episode
    config = scenario(job.scenario, [*job.keys, *system.keys])
    stage = Stage(config, _workshop())
    folder = job.folder / _folder(system) / f"{seed}-{number}"
    told = manifest(job.scenario, stage, seed, number)
    with StepStore(folder, columns(stage), told) as store:
        if store.stored < config.world.frames * max(len(stage.users), 1):
            for step in stage.session(seed, number):
                store.add(row_of(step, stage))
            mean = sum(float(row["utility"]) for row in store.rows) / len(store.rows)
            print(f"{system.name} {seed}-{number}: {mean:.3f}", file=sys.stderr)
        return store.rows


@cache
def _workshop() -> Workshop:
    """Components and signals of this process."""
    return Workshop(Kept())


def _folder(system: System) -> str:
    """Name of a system's folder; systems of other keys have another one."""
    keys = hashlib.sha256(" ".join(system.keys).encode()).hexdigest()[:8]
    return f"{system.name.replace(', ', '_').replace(' ', '_')}-{keys}"
