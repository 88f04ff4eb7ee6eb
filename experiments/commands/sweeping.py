"""The sweep command: configuration, manifest, results, figures."""

import contextlib
import json
import platform
import subprocess
from pathlib import Path
from typing import NamedTuple

from experiments.commands.display import Display
from experiments.commands.signal_cache import package_versions, signal_cache
from experiments.compose import catalogue
from semlink import __version__, config, graph
from semlink.errors import InputError
from semlink.rng import EDITION
from semlink.store.files import sha256
from semlink.store.results import ResultStore
from semlink.sweep import Simulate, Sweep
from semlink.units import CONVENTIONS

MANIFEST = "manifest.json"
NEEDED = {"configuration", "components", "conventions", "packages", "source_sha256"}
FIRST_EDITION = 1  # of random numbers; its manifests have no entry
ONE_PER_RUN = ("source", "task", "cbr_mode", "seed", "stop")
CONFIGS = Path(__file__).parents[1] / "configs"


class Resources(NamedTuple):
    """What a sweep may use.

    cache, cache_gib : folder and size limit [GiB] of the cache of signals; 0: none
    workers : local processes; 0: only this one
    cluster : instead of them, see ``experiments/commands/workers.py``
    """

    cache: Path
    cache_gib: float = 4.0
    workers: int = 0
    cluster: str = ""


def sweep(name: str, overrides: list[str], folder: Path, use: Resources) -> None:
    """Run a sweep into a folder and draw it.

    Parameters
    ----------
    name, overrides : the configuration, and settings that replace its own
    folder : for the results
    use : resources of the sweep

    Raises
    ------
    InputError
        If the input is invalid.
    """
    cache = use.cache, use.cache_gib
    settings = config.load(config_path(name), overrides)
    job = Sweep(settings, catalogue(), signal_cache(*cache))
    with contextlib.ExitStack() as stack:
        simulate = None
        if use.workers or use.cluster:
            from experiments.commands.workers import connected, elsewhere

            client = stack.enter_context(connected(use.workers, use.cluster))
            simulate = elsewhere(client, job, cache)
        display = run(job, folder, simulate)
    from experiments.figures.curves import draw_all

    display.summary(draw_all(folder), graph.traces)


def run(job: Sweep, folder: Path, elsewhere: Simulate | None = None) -> Display:
    """Simulate the points of a sweep that a folder does not hold yet.

    Raises
    ------
    InputError
        If the folder holds results that these cannot be compared with.
    """
    with ResultStore(folder, metrics=job.metrics) as store:
        new = manifest(job)
        if store.finished():
            refuse_other_settings(folder, new)
        job.refuse_conflicts(store)
        write_manifest(store, json.dumps(new, indent=2).encode())
        display = Display(job, folder)
        try:
            with display:
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
        pairs = _comparable(old, new)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return
    for key, was, now in pairs:
        if was != now:
            raise InputError(
                f"{folder} was made with {key} {was}; choose another run, got {now}"
            )


def _comparable(old: dict, new: dict) -> list[tuple[str, object, object]]:
    """Entries that must agree in the manifests of one run: (name, was, is)."""
    edition = "random numbers of edition"
    pairs = [(edition, old.get("randomness", FIRST_EDITION), new["randomness"])]
    pairs += [
        (key, old["configuration"][key], new["configuration"][key])
        for key in ONE_PER_RUN
    ]
    pairs += [(key, old[key], new[key]) for key in ("source_sha256", "packages")]
    for kind, components in new["components"].items():
        known = old["components"].get(kind, {})
        shared = components.keys() & known.keys()
        pairs += [(f"{kind} {k}", known[k], _plain(components[k])) for k in shared]
    return pairs


def _plain(tree: dict) -> dict:
    """A tree as JSON returns it."""
    return json.loads(json.dumps(tree))


def write_manifest(store: ResultStore, data: bytes) -> None:
    """Write the manifest; rename that of another sweep into this run."""
    path = store.folder / MANIFEST
    if path.exists() and path.read_bytes() != data:
        path.rename(store.folder / f"manifest-{sha256(path)[:8]}.json")
    store.write(MANIFEST, data)


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
        If there is no manifest, or the present code and data differ from it.
    """
    settings = read_manifest(folder)["configuration"]
    disk = signal_cache(*cache) if cache else None
    job = Sweep(config.validate(settings), catalogue(), disk)
    refuse_other_settings(folder, manifest(job))
    return job


def read_manifest(folder: Path) -> dict:
    """The manifest of a run.

    Raises
    ------
    InputError
        If there is none.
    """
    try:
        tree = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError):
        tree = None
    if not isinstance(tree, dict) or not tree.keys() >= NEEDED:
        raise InputError(f"no manifest of a run in {folder}")
    return tree


def manifest(job: Sweep) -> dict:
    """Everything needed to repeat the sweep and to interpret its numbers."""
    settings = job.config.model_dump(mode="json")
    return {
        "semlink": __version__,
        "configuration": settings,
        "components": job.components(),
        "seed": job.config.seed,
        "randomness": EDITION,
        "images": job.num_images,
        "images_skipped": list(getattr(job.source, "skipped", ())),
        "source_sha256": job.source.fingerprint(),
        "conventions": {**CONVENTIONS, "cbr_mode": job.config.cbr_mode},
        "git_commit": _git_commit(),
        "python": platform.python_version(),
        "device": f"CPU {platform.machine()}",
        "packages": package_versions(),
    }


def _git_commit() -> str:
    """The commit of the code, marked if files differ from it."""
    command = [
        "git",
        "-C",
        str(Path(__file__).parents[1]),
        "describe",
        "--always",
        "--dirty",
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return done.stdout.strip() or "unknown"
