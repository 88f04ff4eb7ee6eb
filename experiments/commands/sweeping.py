"""The sweep command: configuration, manifest, results, figures."""

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from experiments.commands.display import Display
from experiments.commands.manifests import (
    differences,
    manifest,
    read_manifest,
    write_manifest,
)
from experiments.commands.signal_cache import signal_cache
from experiments.compose import sweep_of
from experiments.jobs import job_of
from semlink import config, graph
from semlink.errors import InputError
from semlink.store.results import ResultStore
from semlink.sweeps.sweep import Simulate, Sweep

CONFIGS = Path(__file__).parents[1] / "configs"


class Resources(NamedTuple):
    """What a sweep may use.

    cache, cache_gib : folder and size limit [GiB] of the cache of signals; 0: none
    workers : local processes; 0: only this one
    cluster : instead of them, see ``experiments/commands/workers.py``
    tls : certificate of the cluster, if it has one
    """

    cache: Path
    cache_gib: float = 4.0
    workers: int = 0
    cluster: str = ""
    tls: Path | None = None


def sweep(
    name: str,
    overrides: list[str],
    folder: Path,
    use: Resources,
    more: Sequence[str] = (),
) -> None:
    """Run a sweep into a folder and draw it.

    Parameters
    ----------
    name, overrides : the configuration, empty for the default, and settings that
        replace its own
    folder : for the results
    use : resources of the sweep
    more : metrics of the table beside the usual ones

    Raises
    ------
    InputError
        If the input is invalid.
    """
    settings = config.load(config_path(name or default(overrides)), overrides)
    job = job_of(settings, signal_cache(use.cache, use.cache_gib))
    display = Display(job, folder, more)
    with simulating(job, use) as simulate:
        run(job, folder, simulate, display)
    from experiments.figures.curves import draw_all

    display.summary(draw_all(folder), graph.traces)


@contextlib.contextmanager
def simulating(job: Sweep, use: Resources) -> Iterator[Simulate | None]:
    """What simulates the points of a sweep: workers, or ``None`` for this process."""
    if not (use.workers or use.cluster):
        yield None
        return
    from experiments.commands.workers import connected, elsewhere

    with connected(use.workers, use.cluster, use.tls) as client:
        yield elsewhere(client, job, (use.cache, use.cache_gib))


def run(
    job: Sweep,
    folder: Path,
    elsewhere: Simulate | None = None,
    display: Display | None = None,
) -> Display:
    """Simulate the points of a sweep that a folder does not hold yet.

    Parameters
    ----------
    job, folder : the sweep, and where its results go
    elsewhere : simulates points in other processes
    display : shows the progress; by default a table on standard output

    Raises
    ------
    InputError
        If the folder holds results that these cannot be compared with.
    """
    display = display or Display(job, folder)
    with ResultStore(folder, metrics=job.metrics) as store:
        new = manifest(job)
        if store.finished():
            refuse_other_settings(folder, new)
        job.refuse_conflicts(store)
        write_manifest(store, json.dumps(new, indent=2).encode())
        try:
            with display:
                display.bounds(job.bounds(store))
                job.run(store, display, elsewhere)
        except KeyboardInterrupt:
            display.interrupted()
            raise
    return display


def refuse_other_settings(folder: Path, new: dict) -> None:
    """Keep results that cannot be compared out of one run.

    Raises
    ------
    InputError
        If the run was made with other data, other packages, another task, mode, seed
        or stopping rule, with another component of the same name, or with another
        edition of random numbers.
    """
    try:
        old = read_manifest(folder)
        pairs = differences(old, new)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return
    for key, was, now in pairs:
        if was != now:
            raise InputError(
                f"{folder} was made with {key} {was}; choose another run, got {now}"
            )


def default(overrides: list[str]) -> str:
    """The configuration of a sweep without one: of scenarios if any is named."""
    names_one = any(item.partition("=")[0] == "scenario" for item in overrides)
    return "scenarios" if names_one else "sweep"


def config_path(name: str) -> Path:
    """The YAML file of a name: a path, or a file of ``experiments/configs``.

    Raises
    ------
    InputError
        If there is none.
    """
    known = {path.stem: path for path in sorted(CONFIGS.glob("*.yaml"))}
    if name in known:
        return known[name]
    if Path(name).is_file():
        return Path(name)
    raise InputError(f"no configuration file {name!r}; known: {', '.join(known)}")


def again(folder: Path, cache: tuple[Path, float] | None = None) -> Sweep:
    """The sweep of a run, to send its images again.

    Parameters
    ----------
    folder : of the run
    cache : folder and limit [GiB] of the cache of signals, if any

    Raises
    ------
    InputError
        If there is no manifest, the present code and data differ from it, or it has
        episodes instead of images.
    """
    settings = config.validate(read_manifest(folder)["configuration"])
    if isinstance(settings, config.ScenarioSweepConfig):
        raise InputError(f"a run must be of links to send images again, got {folder}")
    disk = signal_cache(*cache) if cache else None
    job = sweep_of(settings, disk)
    refuse_other_settings(folder, manifest(job))
    return job
