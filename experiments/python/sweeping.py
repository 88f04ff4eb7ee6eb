"""Sweeps from Python: the keys of the command line, in memory or in a run."""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments.commands import sweeping
from experiments.commands.runs import CACHE, run_folder
from experiments.commands.signal_cache import signal_cache
from experiments.environment import settle_late
from experiments.jobs import job_of
from experiments.python.components import KINDS, Components
from experiments.python.progress import Progress
from experiments.python.samples import source_of
from experiments.python.tables import read
from semlink import config
from semlink.contracts.fault import shown
from semlink.errors import InputError
from semlink.reading import merged, read_tree
from semlink.sweeps.link_trial import LinkTrial
from semlink.sweeps.sweep import Sweep

GIB = 4.0  # limit of the cache of signals of a run, as on the command line


class Options(NamedTuple):
    """How a sweep runs, and what it returns.

    run : name of a run, which resumes; ``None`` keeps nothing on disk
    workers : worker processes; 0 for only this one
    samples : one row per sample, as in :func:`experiments.python.tables.read`
    progress : prints a table of finished points; by default in a terminal or notebook
    """

    run: str | None = None
    workers: int = 0
    samples: bool = False
    progress: bool | None = None


def sweep(settings: Mapping[str, Any], options: Options):
    """Sweep settings, above those of the command line's default configuration."""
    default = "scenarios" if "scenario" in settings else "sweep"
    tree = merged(read_tree(sweeping.config_path(default)), settings)
    return swept(tree, Components(), options)


def swept(tree: Mapping[str, Any], components: Components, options: Options):
    """Simulate a configuration whose components may be objects; give its table.

    Parameters
    ----------
    tree : configuration
    components : registries, and the objects that have been given so far
    options : how it runs

    Raises
    ------
    InputError
        A value is invalid, an object stands where a word is needed, or a point failed.
    """
    settle_late()
    settings, objects = _settings(tree, components)
    _check(options, objects)
    use = sweeping.Resources(
        CACHE, GIB if options.run is not None else 0.0, options.workers
    )
    disk = signal_cache(use.cache, use.cache_gib)
    if isinstance(settings, config.SweepConfig):
        job = Sweep(LinkTrial(settings, components, disk))
    else:
        job = job_of(settings)
    with _folder(options.run) as folder, sweeping.simulating(job, use) as elsewhere:
        watch = Progress(job, folder, options.progress, is_kept=options.run is not None)
        sweeping.run(job, folder, elsewhere, watch)
        return read(folder, samples=options.samples)


def plain(value: Any) -> Any:
    """NumPy's numbers and arrays, and what else has ``tolist``, as Python's."""
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | range):
        return [plain(one) for one in value]
    return value.tolist() if hasattr(value, "tolist") else value


def _settings(tree: Mapping[str, Any], components: Components):
    """A configuration, and the objects in it."""
    words = {k: components.worded(k, tree[k]) for k in KINDS if k in tree}
    objects = components.objects
    others = {k: v for k, v in tree.items() if k not in (*KINDS, "source")}
    if "source" in tree:
        source = source_of(tree["source"])
        if not isinstance(source, str | dict | config.ComponentSpec):
            source = components.with_source(source)
            objects = [*objects, "samples"]
        words["source"] = source
    return config.validate(plain(others) | words), objects


def _check(options: Options, objects: list[str]) -> None:
    """Refuse options that do not fit, or that objects cannot have.

    Results of a run resume by the parameters and files of its components, and workers
    build these anew: neither is known of an object. Samples are known by their hash.
    """
    run, workers = options.run, options.workers
    if not isinstance(workers, int | np.integer) or workers < 0:
        must = "workers must be a whole number of at least 0"
        raise InputError(f"{must}, got {shown(workers)}")
    if not isinstance(run, str | None):
        raise InputError(f"run must be a name or None, got {shown(run)}")
    if workers and objects:
        must = "with workers, all components must be words"
        raise InputError(f"{must}, got the object {objects[0]!r}")
    if run is not None and (others := [one for one in objects if one != "samples"]):
        must = "a run that resumes must have words for components (or files.py)"
        raise InputError(f"{must}, got the object {others[0]!r}")


@contextlib.contextmanager
def _folder(run: str | None) -> Iterator[Path]:
    """The folder of a run, or one that is deleted in the end."""
    if run is not None:
        yield run_folder(run)
        return
    with tempfile.TemporaryDirectory(prefix="semlink-") as folder:
        yield Path(folder)
