"""A scheduler, and workers that are started for it one by one.

Processes that a thread starts inherit its mask of signals: those of ``unreached_loop``
do not see Ctrl-C, which a terminal sends to all. Their parent ends them.
"""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Iterator
from multiprocessing import resource_tracker
from pathlib import Path

from experiments.commands.cluster_access import (
    is_loopback,
    refuse_open_host,
    refuse_other_addresses,
    security_of,
)
from semlink.errors import InputError

TIMES_KILLED = 10  # that a point is tried again
# of pages of each process's state, which dask serves without TLS
PAGES = {"dashboard_address": "127.0.0.1:0", "dashboard": False}


def serve(host: str, port: int, tls: Path | None) -> None:
    """Let workers and sweeps meet, until the process ends.

    Parameters
    ----------
    host : name or IP address to listen on
    port : to listen on; 0: any that is free
    tls : certificate of the cluster; optional if only this machine reaches the host

    Raises
    ------
    InputError
        If the scheduler would be open to others without TLS, or cannot listen there.
    """
    refuse_open_host(host, tls)
    from distributed import Scheduler

    security = security_of(tls)
    where = {"host": host, "port": port, "protocol": "tls" if tls else "tcp"}
    configure()
    logging.getLogger("distributed.comm").setLevel(logging.WARNING)  # who is refused

    async def run() -> None:
        async with Scheduler(**where, security=security, **PAGES) as scheduler:
            print(f"{scheduler.address}, open to {_whom(host, tls)}", flush=True)
            await scheduler.finished()

    try:
        asyncio.run(run())
    except (RuntimeError, OSError) as error:
        raise InputError(f"no scheduler at {host}:{port}: {_cause(error)}") from None


def _whom(host: str, tls: Path | None) -> str:
    """Who can run code through a scheduler."""
    if tls is None:
        return "every user of this machine"
    if is_loopback(host):
        return f"whoever has {tls} on this machine"
    return f"whoever has {tls} and reaches this machine"


def work_for(scheduler: str, tls: Path | None) -> None:
    """Work for a scheduler until it ends.

    Parameters
    ----------
    scheduler : its address
    tls : certificate of the cluster, if the scheduler has one

    Raises
    ------
    InputError
        If there is no such scheduler.
    """
    refuse_other_addresses(scheduler, tls)
    from distributed import Nanny
    from distributed.comm import get_address_host
    from distributed.utils import get_ip

    security = security_of(tls)
    configure()
    # a killed scheduler ends this worker; its log adds nothing
    quiet = {"silence_logs": logging.CRITICAL, "nthreads": 1, "memory_limit": 0}
    # of the interface that faces the scheduler; dask would take all of them
    own = get_ip(get_address_host(scheduler))

    async def work() -> None:
        async with Nanny(
            scheduler, host=own, security=security, **quiet, **PAGES
        ) as nanny:
            print(f"working for {scheduler}", flush=True)
            await nanny.finished()

    try:
        with unreached_loop() as loop:
            loop.run_sync(work)
    except (RuntimeError, OSError) as error:
        raise InputError(
            f"no scheduler answers at {scheduler}: {_cause(error)}"
        ) from None


def _cause(error: BaseException) -> BaseException:
    """The error that dask wraps."""
    return error.__cause__ or error


@contextlib.contextmanager
def unreached_loop() -> Iterator:
    """An event loop in a thread that Ctrl-C does not reach, nor what it starts."""
    from distributed.utils import LoopRunner

    # which would start with the first process, and then unblock Ctrl-C in the thread
    resource_tracker.ensure_running()
    runner = LoopRunner()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        runner.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    try:
        yield runner
    finally:
        runner.stop()


@contextlib.contextmanager
def ctrl_c_deferred() -> Iterator:
    """Let a start end before Ctrl-C: dask cannot close a cluster half started."""
    pressed = []
    before = signal.signal(signal.SIGINT, lambda *pair: pressed.append(pair))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed and callable(before):
        before(*pressed[0])


def configure() -> None:
    """Configure dask, once imported, for simulations; its errors become InputError."""
    import dask

    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
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
