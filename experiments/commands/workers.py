"""Sweeps on all cores, or on many machines, with dask.distributed.

A worker simulates whole points with the same seeds and numbers as one process. Points
of one transmitter and CBR run consecutively on one worker, which then encodes each
image once; a worker without points takes from the longest queue.
"""

import contextlib
import json
import logging
import os
import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from experiments.commands.signal_cache import code_sha256, signal_cache
from experiments.compose import sweep_of
from semlink import config
from semlink.errors import InputError
from semlink.sweeps.listener import Unwatched
from semlink.sweeps.points import Point
from semlink.sweeps.sweep import Sweep

IN_FLIGHT = 2  # points that a worker is given at once, so that it never waits
PATIENCE_S = 20  # with a scheduler that does not answer
TIMES_KILLED = 10  # that a point is tried again
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
    """Points by transmitter and CBR, and the queue of each worker."""

    def __init__(self, points: Sequence[Point]):
        self._left: dict[tuple, deque[Point]] = {}
        for point in points:
            key = point.link.transmitter.label, point.cbr
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
def connected(workers: int, cluster: str) -> Iterator:
    """A client of local workers, or of a cluster.

    Parameters
    ----------
    workers : number of local workers
    cluster : ``tcp://HOST:PORT`` of a scheduler, or a YAML file with the arguments of
        dask-jobqueue's ``SLURMCluster`` and ``jobs``; takes precedence

    Raises
    ------
    InputError
        If there is no such scheduler.
    """
    if cluster.startswith("tcp://"):
        refuse_other_addresses(cluster)
    from distributed import Client, LocalCluster

    _configure()
    # errors of the cluster are raised as InputError
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with contextlib.ExitStack() as stack:
        if cluster.startswith("tcp://"):
            scheduler = cluster
        elif cluster:
            scheduler = stack.enter_context(_slurm(Path(cluster)))
        else:
            scheduler = stack.enter_context(
                LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    dashboard_address=None,
                    memory_limit=0,
                    silence_logs=50,
                    preload=[PIN.format(workers=workers)],
                )
            )
        try:
            client = stack.enter_context(Client(scheduler, timeout=PATIENCE_S))
        except OSError as error:
            raise InputError(f"no scheduler answers at {cluster}: {error}") from None
        client.wait_for_workers(1, timeout=600)
        yield client


def refuse_other_addresses(scheduler: str) -> None:
    """Accept the address of a scheduler only.

    Raises
    ------
    InputError
        If it is no address of a scheduler.
    """
    if not re.fullmatch(r"tcp://[^\s/]+:\d+", scheduler):
        raise InputError(f"a scheduler is tcp://HOST:PORT, got {scheduler!r}")


def pin(worker: int, workers: int) -> None:
    """Keep a worker to its share of the cores, before TensorFlow counts them.

    Two workers that each use all cores take half as long again.
    """
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[worker % len(cores) :: workers])


def _configure() -> None:
    """Configure dask for simulations."""
    import dask

    dask.config.set(
        {
            # a worker that is killed is not the fault of its point
            "distributed.scheduler.allowed-failures": TIMES_KILLED,
            # dask gives every freed page back at once: tensors would be paged in
            # anew at each step, and networks take twice as long
            "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": 2**30,
            "distributed.nanny.pre-spawn-environ.MALLOC_MMAP_THRESHOLD_": 2**25,
        }
    )


def _slurm(path: Path):
    """A cluster of SLURM jobs."""
    import yaml

    try:
        settings = yaml.safe_load(path.read_text())
        jobs = settings.pop("jobs")
    except (OSError, yaml.YAMLError, AttributeError, KeyError) as error:
        raise InputError(
            f"a cluster is tcp://HOST:PORT or a YAML file with jobs, got {path}: "
            f"{error!r}"
        ) from None
    try:
        from dask_jobqueue import SLURMCluster
    except ImportError:
        raise InputError(f"{path} needs dask-jobqueue: pip install it") from None
    cluster = SLURMCluster(**settings)
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
            job.trial.transmissions.made.update(made)
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
    before = Counter(job.trial.transmissions.made)
    simulated = job.simulate(point, Unwatched())
    return simulated, job.trial.transmissions.made - before


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
    return sweep_of(settings, signal_cache(Path(folder), limit_gib))


def work_for(scheduler: str) -> None:
    """Work for a scheduler until it ends.

    Raises
    ------
    InputError
        If there is no such scheduler.
    """
    refuse_other_addresses(scheduler)
    import asyncio

    from distributed import Nanny

    _configure()
    # a killed scheduler ends this worker; its log adds nothing
    silent = {"silence_logs": logging.CRITICAL}

    async def work() -> None:
        async with Nanny(scheduler, nthreads=1, memory_limit=0, **silent) as nanny:
            print(f"working for {scheduler}", flush=True)
            await nanny.finished()

    try:
        asyncio.run(work())
    except OSError as error:
        raise InputError(f"no scheduler answers at {scheduler}: {error}") from None
