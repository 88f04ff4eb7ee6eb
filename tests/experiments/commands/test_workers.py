"""Workers give the results of one process, also when they fail."""

import contextlib
import csv
import os
import pickle
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from experiments.commands.cluster_access import write_keys
from experiments.commands.signal_cache import code_sha256
from experiments.commands.sweeping import config_path
from experiments.commands.workers import Queues, Task, connected, simulate_point
from experiments.compose import sweep_of
from semlink import config
from semlink.errors import InputError
from semlink.store.rows import series
from semlink.sweeps.listener import Unwatched
from semlink.sweeps.points import where

pytest.importorskip("distributed")
ROOT = Path(__file__).parents[3]
SMALL = (
    "transmitter=jpeg_ldpc[code=regular] uncoded",
    "channel=awgn rayleigh",
    "snr_db=6 12",
    "cbr=0.06 1.1",
    "source=photos[limit=2]",
    "task=reconstruction",
)


LONG = (*SMALL, "channel=awgn", "transmitter=uncoded", "snr_db=0:29.8:0.2", "cbr=1.1")
LONG += ("stop.draws=2",)
TWO = ("--workers", "2")


def points(folder):
    """Rows of a run but for seconds."""
    with open(folder / "points.csv", newline="") as file:
        return [{**row, "seconds": ""} for row in csv.DictReader(file)]


def start(where, run, *options, grid=SMALL, **process):
    command = [sys.executable, "-m", "experiments", "sweep", "--run", run]
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [*command, "--cache-gib", "0", *options, "--", *grid],
        cwd=where,
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **process,
    )


def sweep(where, run, *options, grid=SMALL):
    process = start(where, run, *options, grid=grid)
    output, _ = process.communicate(timeout=900)
    assert process.returncode == 0, output
    return points(where / "runs" / run)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("workers")


@pytest.fixture(scope="module")
def alone(place):
    return sweep(place, "alone")


@pytest.mark.slow
def test_two_workers_give_what_one_process_gives(place, alone):
    assert sweep(place, "two", "--workers", "2") == alone


def test_a_worker_gives_what_the_main_process_gives(monkeypatch):
    """Without the processes: what a worker is sent, and what it sends back."""
    import tensorflow as tf

    for name in ("intra", "inter"):  # which cannot be set in a process that runs
        setting = f"set_{name}_op_parallelism_threads"
        monkeypatch.setattr(tf.config.threading, setting, lambda count: None)
    said = ("transmitter=uncoded", "channel=awgn", "snr_db=6 12", "cbr=1.1")
    settings = config.load(config_path("sweep"), [*said, "source=photos[limit=2]"])
    job = sweep_of(settings)
    task = Task(settings.model_dump_json(), ("unused", 0.0), code_sha256())
    for point in job.points:
        here = job.simulate(point, Unwatched())
        there, made = pickle.loads(
            pickle.dumps(simulate_point(pickle.loads(pickle.dumps(task)), point.id))
        )
        assert made["encoded"] + made["encoded before"] <= 2
        for own, other in zip(here.rows, there.rows, strict=True):
            assert str({**own, "seconds": 0}) == str({**other, "seconds": 0})
        assert str(here.samples) == str(there.samples)


def test_a_worker_with_other_code_is_refused():
    settings = config.load(config_path("sweep"), ["transmitter=uncoded", "cbr=1.1"])
    task = Task(settings.model_dump_json(), ("unused", 0.0), "another")
    with pytest.raises(InputError, match="must run the code of the sweep, another, "):
        simulate_point(task, "any")


@contextlib.contextmanager
def scheduler_and_workers(where, port, protocol="tcp", tls=()):
    """A scheduler and two workers, each started on its own; gives the scheduler."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    semlink = [sys.executable, "-m", "experiments"]
    worker = [*semlink, "worker", f"{protocol}://127.0.0.1:{port}", *tls]
    scheduler = [*semlink, "scheduler", "--port", str(port), *tls]
    running = [
        subprocess.Popen(
            command,
            cwd=where,
            env={**os.environ, "PYTHONPATH": path},
            stderr=subprocess.DEVNULL,
        )
        for command in (scheduler, worker, worker)
    ]
    try:
        yield running[0]
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait(60)


@pytest.mark.slow
def test_workers_of_a_scheduler_do_too(place, alone):
    with scheduler_and_workers(place, 18786):
        joined = sweep(place, "joined", "--cluster", "tcp://127.0.0.1:18786")
    assert joined == alone


@pytest.mark.slow
def test_workers_of_a_scheduler_with_tls_do_too(place, alone):
    write_keys(place / "cluster.pem")
    tls = ("--tls", "cluster.pem")
    with scheduler_and_workers(place, 18788, "tls", tls):
        joined = sweep(place, "tls", "--cluster", "tls://127.0.0.1:18788", *tls)
    assert joined == alone


@pytest.mark.slow
def test_a_scheduler_that_goes_away_leaves_what_was_finished(place, alone):
    with scheduler_and_workers(place, 18787) as scheduler:
        process = start(place, "left", "--cluster", "tcp://127.0.0.1:18787")
        csv_file = place / "runs" / "left" / "points.csv"
        until = time.time() + 120
        while time.time() < until:
            if csv_file.exists() and len(points(csv_file.parent)) > 0:
                break
            time.sleep(0.2)
        scheduler.kill()
        output, _ = process.communicate(timeout=120)
    assert process.returncode == 2
    assert output.splitlines()[-1].startswith("error: the scheduler went away")
    assert "Traceback" not in output
    assert 0 < len(points(csv_file.parent)) < len(alone)
    assert sweep(place, "left") == alone


def children(pid):
    """Processes below one, all the way down, whichever of its threads started them."""
    direct = []
    for path in Path("/proc").glob(f"{pid}/task/*/children"):
        with contextlib.suppress(OSError):  # the thread, or the process, has ended
            direct += [int(child) for child in path.read_text().split()]
    return direct + [below for child in direct for below in children(child)]


def is_worker(pid):
    try:
        return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def workers_of(process):
    return [pid for pid in children(process.pid) if is_worker(pid)]


def wait_until(condition, process, seconds=120):
    """Wait for something to be so; say whether the process goes on."""
    until = time.monotonic() + seconds
    while process.poll() is None and not condition():
        assert time.monotonic() < until
        time.sleep(0.05)
    return process.poll() is None


def lines(folder):
    path = folder / "points.csv"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def heed_ctrl_c():
    """Be a foreground job of a terminal, even where a shell has told us not to."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["starting", "running"])
def test_ctrl_c_ends_a_sweep_and_its_workers_without_a_traceback(place, moment):
    run = f"ctrl_c_{moment}"
    process = start(place, run, *TWO, grid=LONG, preexec_fn=heed_ctrl_c)
    is_reached = {
        "starting": lambda: workers_of(process),
        "running": lambda: lines(place / "runs" / run) > 1,
    }
    assert wait_until(is_reached[moment], process)
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in output
    assert ("interrupted: " in output) == (moment == "running")


@pytest.mark.slow
def test_killed_workers_and_mains_change_nothing(place):
    """Ten mains and twenty workers are killed, in as many runs as last long enough."""
    straight, chance = sweep(place, "straight", grid=LONG), random.Random(1)
    mains, killed, runs = 0, 0, ["killed0"]
    while mains < 10 or killed < 20:
        process, folder = start(place, runs[-1], *TWO, grid=LONG), place / "runs"
        killed += kill_workers(process, folder / runs[-1], chance)
        if process.poll() is None:
            process.kill()
            mains += 1
        else:
            runs.append(f"killed{len(runs)}")
        process.communicate()
    for run in runs:
        assert sweep(place, run, *TWO, grid=LONG) == straight


def kill_workers(process, folder, chance):
    """Kill two workers of a main that has got further; how many it came to."""
    before = lines(folder)
    goes_on = wait_until(lambda: lines(folder) > before, process)
    for killed in range(2):
        time.sleep(chance.uniform(0, 1))
        if not (goes_on and wait_until(lambda: workers_of(process), process)):
            return killed
        with contextlib.suppress(ProcessLookupError, IndexError):
            os.kill(chance.choice(workers_of(process)), signal.SIGKILL)
    return 2


class Setup:
    def __init__(self, label):
        self.columns = {"scenario": "", "transmitter": label}


class Point:
    def __init__(self, label, cbr, number):
        self.setup, self.cbr, self.number = Setup(label), cbr, number
        self.snr_db = 0.0


def test_a_worker_stays_with_a_transmitter_and_then_helps_where_most_is_left():
    grid = [Point("a", 1, n) for n in range(3)] + [Point("b", 1, n) for n in range(6)]
    queues = Queues(grid)
    taken = [queues.next_for(worker) for worker in "xyxyxyxyxx"]
    assert [(series(where(p)), p.number) for p in taken[:9]] == [
        ("b", 0), ("a", 0), ("b", 1), ("a", 1), ("b", 2), ("a", 2), ("b", 3), ("b", 4),
        ("b", 5),
    ]  # fmt: skip
    assert taken[9] is None


@pytest.mark.parametrize(("cluster", "message"), [
    ("tcp://127.0.0.1:1", "no scheduler answers at tcp://127.0.0.1:1"),
    ("gone.yaml", "a cluster is tcp://HOST:PORT, tls://HOST:PORT or a YAML file with "
     "jobs, got gone"),
])  # fmt: skip
def test_a_cluster_that_is_not_there_is_said(cluster, message, monkeypatch):
    monkeypatch.setattr("experiments.commands.workers.PATIENCE_S", 1)
    with pytest.raises(InputError, match=message), connected(0, cluster):
        pass
