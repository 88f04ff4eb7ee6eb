"""``make profile``: time of a sweep by stage."""

import tempfile
import time
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from experiments.commands.sweeping import config_path, default
from experiments.jobs import job_of
from semlink import config, graph, stages
from semlink.store.results import ResultStore
from semlink.sweeps.listener import Unwatched
from semlink.sweeps.sweep import Sweep


def profile(name: str, overrides: list[str]) -> None:
    """Simulate a sweep without keeping results, and print the time of each stage.

    Parameters
    ----------
    name, overrides : the configuration, empty for the default, and its overrides
    """
    settings = config.load(config_path(name or default(overrides)), overrides)
    job = job_of(settings)
    whole = simulated(job)
    console = Console(highlight=False)
    console.print(_table(stages.seconds, stages.calls, whole))
    staged = stages.seconds.total()
    building = graph.building_seconds.total()
    console.print(
        f"{len(job.points)} points of {job.trial.num_samples} images in {whole:.1f} s"
    )
    console.print(f"  {whole / staged:.3f} x the sum of its stages")
    console.print(f"  {building:.1f} s of them went into building graphs, once each:")
    for graph_name, spent in graph.building_seconds.most_common():
        console.print(f"    {graph_name} {spent:.1f} s, {graph.traces[graph_name]}")


def simulated(job: Sweep) -> float:
    """Simulate a sweep, storage included, and count its stages from zero.

    Output
    ------
    : seconds of the sweep
    """
    for counter in (stages.seconds, stages.calls, graph.building_seconds):
        counter.clear()
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        with ResultStore(Path(folder), metrics=job.metrics) as store:
            job.run(store, Unwatched())
        return time.perf_counter() - start


def _table(seconds: Counter, calls: Counter, whole: float) -> Table:
    table = Table("stage", "calls", "seconds", r"each \[ms]", "share", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, spent in seconds.most_common():
        each = f"{1e3 * spent / calls[name]:.1f}"
        table.add_row(
            name, str(calls[name]), f"{spent:.1f}", each, f"{spent / whole:.1%}"
        )
    rest = whole - seconds.total()
    table.add_row("the sweep itself", "", f"{rest:.1f}", "", f"{rest / whole:.1%}")
    return table
