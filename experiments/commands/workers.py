"""Sweeps on all cores, or on many machines, with dask.distributed.

A worker simulates whole points with the same seeds and numbers as one process. Points
of one transmitter and CBR run consecutively on one worker, which then encodes each
image once; a worker without points takes from the longest queue.
"""

import contextlib
import json
import os
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from experiments.commands.cluster import (
    PAGES,
    TIMES_KILLED,
    configure,
    ctrl_c_deferred,
    unreached_loop,
)
from experiments.commands.cluster_access import refuse_other_addresses, security_of
from experiments.commands.signal_cache import code_sha256, signal_cache
from experiments.jobs import job_of
from semlink import config
from semlink.errors import InputError
from semlink.store.rows import series
from semlink.strict_yaml import parse
from semlink.sweeps.listener import Unwatched
from semlink.sweeps.points import Point, where
from semlink.sweeps.sweep import Sweep

IN_FLIGHT = 2  # points that a worker is given at once, so that it never waits
PATIENCE_S = 20  # with a scheduler that does not answer
# dask runs this in a local worker at each start
PIN = """
from experiments.commands.workers import pin

def dask_setup(worker):
    pin(worker.name, {workers})
"""


class Task(NamedTuple):
    """Data of a sweep that a worker needs.

    settings : configuration, JSON
    cache : folder and size of the cache of signals
    code : hash of the code that the main process runs
    """

    settings: str
    cache: tuple[str, float]
    code: str


class Queues:
    """Points by transmitter (or scenario) and CBR, and the queue of each worker."""

    def __init__(self, points: Sequence[Point]):
        self._left: dict[tuple, deque[Point]] = {}
        for point in points:
            key = series(where(point)), point.cbr
            self._left.setdefault(key, deque()).append(point)
        self._at: dict[str, tuple] = {}

    def next_for(self, worker: str) -> Point | None:
        """The next point for a worker; ``None`` if none is left."""
        if not self._left:
            return None
        key = self._at.get(worker)
        if key not in self._left:
            free = [k for k in self._left if k not in self._at.values()]
            key = max(free or self._left, key=lambda k: len(self._left[k]))
            self._at[worker] = key
        point = self._left[key].popleft()
        if not self._left[key]:
            del self._left[key]
        return point


@contextlib.contextmanager
def connected(workers: int, cluster: str, tls: Path | None = None) -> Iterator:
    """A client of local workers, or of a cluster.

    Parameters
    ----------
    workers : number of local workers
    cluster : address of a scheduler, or a YAML file with the arguments of
        dask-jobqueue's ``SLURMCluster`` and ``jobs``; takes precedence
    tls : certificate of the cluster

    Raises
    ------
    InputError
        If there is no such scheduler, or it does not take the certificate.
    """
    remote = "://" in cluster
    if remote:
        refuse_other_addresses(cluster, tls)
    from distributed import Client

    security = security_of(tls)
    configure()
    with contextlib.ExitStack() as stack:
        if remote:
            scheduler = cluster
        elif cluster:
            scheduler = stack.enter_context(_slurm(Path(cluster), security))
        else:
            loop = stack.enter_context(unreached_loop()).loop
            with ctrl_c_deferred():
                scheduler = stack.enter_context(_local(workers, loop, security))
        try:
            client = stack.enter_context(
                Client(scheduler, timeout=PATIENCE_S, security=security)
            )
        except OSError as error:
            raise InputError(f"no scheduler answers at {cluster}: {error}") from None
        client.wait_for_workers(1, timeout=600)
        yield client


def _local(workers: int, loop, security):
    """A cluster of processes on this machine, which nobody beyond it reaches."""
    from distributed import LocalCluster

    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address=None,
        memory_limit=0,
        silence_logs=50,
        preload=[PIN.format(workers=workers)],
        loop=loop,
        security=security,
    )


def pin(worker: int, workers: int) -> None:
    """Keep a worker to its share of the cores, before TensorFlow counts them.

    Two workers that each use all cores take half as long again.
    """
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[worker % len(cores) :: workers])


def _slurm(path: Path, security):
    """A cluster of SLURM jobs, which listens beyond this machine and needs TLS."""
    try:
        with path.open("rb") as file:
            settings = parse(file)
        jobs = settings.pop("jobs")
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise InputError(
            f"a cluster is tcp://HOST:PORT, tls://HOST:PORT or a YAML file with jobs, "
            f"got {path}: {error!r}"
        ) from None
    if security is None:
        raise InputError(
            f"a cluster of SLURM jobs needs TLS certificates (make cluster-keys, then "
            f"TLS=FILE or --tls FILE), got {path} without"
        )
    try:
        from dask_jobqueue import SLURMCluster
    except ImportError:
        raise InputError(f"{path} needs dask-jobqueue: pip install it") from None
    settings["scheduler_options"] = settings.get("scheduler_options", {}) | PAGES
    settings["worker_extra_args"] = [
        *settings.get("worker_extra_args", []),
        *("--no-dashboard", "--dashboard-address", PAGES["dashboard_address"]),
    ]
    cluster = SLURMCluster(**settings | {"security": security})
    cluster.scale(jobs=jobs)
    return cluster


def elsewhere(client, job: Sweep, cache: tuple[str, float]):
    """Return a function that simulates points on the workers of a client.

    Parameters
    ----------
    client : of dask.distributed
    job : the sweep, whose counts of plans and signals are updated
    cache : folder and size [GiB] of the cache of signals
    """
    task = Task(job.config.model_dump_json(), cache, code_sha256())
    task = client.scatter(task, broadcast=True, hash=False)

    def simulate(points: Sequence[Point]):
        from distributed import as_completed

        queues, given = Queues(points), {}
        done = as_completed()

        def give(worker: str) -> None:
            point = queues.next_for(worker)
            if point is not None:
                future = client.submit(
                    simulate_point,
                    task,
                    point.id,
                    key=f"point-{point.id}",
                    workers=[worker],
                    allow_other_workers=True,
                    pure=False,
                )
                given[future.key] = point, worker
                done.add(future)

        known: set[str] = set()
        for worker in _newcomers(client, known) * IN_FLIGHT:
            give(worker)
        for future in done:
            point, worker = given.pop(future.key)
            simulated, made = _result(future)
            job.trial.made.update(made)
            yield point, simulated
            newcomers = _newcomers(client, known)
            for each in [worker if worker in known else None, *newcomers * IN_FLIGHT]:
                if each:
                    give(each)

    return simulate


def _result(future):
    """The result of a worker.

    Raises
    ------
    InputError
        The cluster is gone, or the point kills its workers.
    """
    from distributed import CancelledError, KilledWorker

    try:
        return future.result()
    except KilledWorker as error:
        raise InputError(
            f"a point killed {TIMES_KILLED} workers, perhaps out of memory: {error}"
        ) from None
    except (CancelledError, OSError) as error:
        raise InputError(
            f"the scheduler went away; finished points are kept, and the same command "
            f"resumes: {error!r}"
        ) from None


def _newcomers(client, known: set[str]) -> list[str]:
    """Workers that joined since the last call; those that left are removed."""
    there = set(client.scheduler_info(n_workers=-1)["workers"])
    new = sorted(there - known)
    known &= there
    known |= there
    return new


def simulate_point(task: Task, point_id: str):
    """Simulate one point; runs in a worker.

    Output
    ------
    : the simulated point, and the counts of plans and signals that it made
    """
    job = _job(task)
    point = next(point for point in job.points if point.id == point_id)
    before = Counter(job.trial.made)
    simulated = job.simulate(point, Unwatched())
    return simulated, job.trial.made - before


@lru_cache(maxsize=1)
def _job(task: Task) -> Sweep:
    """The sweep, built once in each worker.

    Raises
    ------
    InputError
        If the worker would give numbers different from the main process.
    """
    if os.environ.get("TF_ENABLE_ONEDNN_OPTS") != "0":
        raise InputError("workers must be started with make worker, got another start")
    if (code := code_sha256()) != task.code:
        raise InputError(
            f"workers must run the code of the sweep, {task.code[:12]}, got {code[:12]}"
        )
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    folder, limit_gib = task.cache
    settings = config.validate(json.loads(task.settings))
    return job_of(settings, signal_cache(Path(folder), limit_gib))
