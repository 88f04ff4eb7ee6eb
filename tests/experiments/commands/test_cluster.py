"""A cluster is open to this machine, or with TLS to whoever has its certificate."""

import contextlib
import gc
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from experiments.commands import cluster_access
from experiments.commands.cluster import ctrl_c_deferred, serve
from experiments.commands.cluster_access import (
    is_loopback,
    refuse_other_addresses,
    security_of,
    write_keys,
)
from experiments.commands.workers import connected
from semlink.errors import InputError

psutil = pytest.importorskip("psutil")
distributed = pytest.importorskip("distributed")
ROOT = Path(__file__).parents[3]


@contextlib.contextmanager
def started(*command):
    """Start a command; give its process, and the first line that it prints."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(
        [sys.executable, "-m", "experiments", *map(str, command)],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(30)


def hosts(process):
    """Hosts that a process listens on."""
    ends = process.net_connections(kind="inet")
    return {end.laddr.ip for end in ends if end.status == psutil.CONN_LISTEN}


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """A certificate, and another."""
    both = [
        tmp_path_factory.mktemp("keys") / f"{name}.pem" for name in ("own", "other")
    ]
    for path in both:
        write_keys(path)
    return both


@pytest.fixture(scope="module")
def tls_cluster(keys):
    """A scheduler with TLS and its worker: the address, and both processes."""
    where = ("--host", "127.0.0.2", "--port", 0, "--tls", keys[0])
    with started("scheduler", *where) as (scheduler, line):
        address, whom = line.split(", ")
        assert whom == f"open to whoever has {keys[0]} on this machine"
        with started("worker", address, "--tls", keys[0]) as (worker, line):
            assert line == f"working for {address}"
            yield address, psutil.Process(scheduler.pid), psutil.Process(worker.pid)


@pytest.fixture
def no_lost_client():
    """A refused client that the next one's thread collects would deadlock with it."""
    gc.collect()


def test_a_scheduler_listens_on_this_machine_alone():
    with started("scheduler", "--port", 0) as (process, line):
        address, whom = line.split(", ")
        assert address.startswith("tcp://127.0.0.1:")
        assert whom == "open to every user of this machine"
        assert hosts(psutil.Process(process.pid)) == {"127.0.0.1"}


@pytest.mark.slow
@pytest.mark.usefixtures("no_lost_client")
def test_a_cluster_with_tls_computes_and_listens_where_it_was_told(tls_cluster, keys):
    address, scheduler, worker = tls_cluster
    assert address.startswith("tls://127.0.0.2:")
    with connected(0, address, keys[0]) as client:
        assert client.submit(sum, [1, 2]).result(timeout=30) == 3
        assert all(w.startswith("tls://") for w in client.scheduler_info()["workers"])
    # its pages, which are served without TLS, stay on this machine
    assert hosts(scheduler) == {"127.0.0.2", "127.0.0.1"}
    nanny_and_worker = [worker, *worker.children()]
    assert set.union(*map(hosts, nanny_and_worker)) == {"127.0.0.1"}


@pytest.mark.usefixtures("no_lost_client")
def test_another_certificate_is_refused(tls_cluster, keys):
    told = f"no scheduler answers at {tls_cluster[0]}: TLS certificate does not match"
    with pytest.raises(InputError, match=told), connected(0, tls_cluster[0], keys[1]):
        pass


@pytest.mark.usefixtures("no_lost_client")
@pytest.mark.parametrize("protocol", ["tcp", "tls"])
def test_a_client_without_a_certificate_is_refused(tls_cluster, protocol):
    address = tls_cluster[0].replace("tls", protocol)
    with pytest.raises((OSError, TypeError)):  # dask's own, of a client without ours
        distributed.Client(address, timeout=1)


@pytest.mark.usefixtures("no_lost_client")
def test_local_workers_listen_on_this_machine_alone_and_ignore_ctrl_c(capfd):
    main = psutil.Process()
    others = main.children()
    with connected(1, "") as client:
        started = [child for child in main.children() if child not in others]
        assert set.union(*map(hosts, [main, *started])) == {"127.0.0.1"}
        for process in started:
            process.send_signal(signal.SIGINT)
        assert client.submit(sum, [1, 2]).result(timeout=30) == 3
        assert all(process.is_running() for process in started)
    assert "Traceback" not in capfd.readouterr().err


@pytest.fixture
def interruptible():
    """Ctrl-C as in a terminal; a shell that runs tests in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_waits_for_the_end_of_a_start():
    reached = []

    def start():
        with ctrl_c_deferred():
            signal.raise_signal(signal.SIGINT)
            reached.append("end")

    with pytest.raises(KeyboardInterrupt):
        start()
    assert reached == ["end"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.0.2.1"])
def test_a_scheduler_that_others_reach_needs_tls(host):
    told = rf"needs TLS certificates \(make cluster-keys, .*, got host '{host}' without"
    with pytest.raises(InputError, match=told):
        serve(host, 0, None)


def test_a_port_that_is_taken_is_said():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = f"no scheduler at 127.0.0.1:{port}: .*in use"
        with pytest.raises(InputError, match=told):
            serve("127.0.0.1", port, None)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2", "::1"])
def test_a_host_of_this_machine_alone(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["a b", "127.0.0.1:80", "tcp://127.0.0.1"])
def test_a_host_that_is_none_is_said(host):
    with pytest.raises(InputError, match=f"no such host, got '{host}'"):
        is_loopback(host)


@pytest.mark.parametrize(
    ("scheduler", "tls", "message"),
    [
        ("udp://a:1", None, "tcp://HOST:PORT or tls://HOST:PORT, got 'udp://a:1'"),
        ("tls://a:1", None, "tls://a:1 needs the TLS certificate of the scheduler"),
        ("tcp://127.0.0.1:1", "x.pem", "with TLS a scheduler is tls://HOST:PORT, got "),
        ("tcp://192.0.2.1:1", None, "on another machine is tls://HOST:PORT, with its"),
        ("tcp://0.0.0.0:1", None, "on another machine is tls://HOST:PORT, with its"),
    ],
)
def test_an_address_that_does_not_agree_with_tls_is_refused(scheduler, tls, message):
    with pytest.raises(InputError, match=message):
        refuse_other_addresses(scheduler, tls)


@pytest.mark.parametrize(
    ("scheduler", "tls"),
    [
        ("tcp://localhost:1", None),
        ("tcp://[::1]:1", None),
        ("tls://any.name:1", "x.pem"),
    ],
)
def test_an_address_that_agrees_with_tls_is_accepted(scheduler, tls):
    refuse_other_addresses(scheduler, tls)


def test_keys_are_for_their_owner_alone_and_kept(keys):
    before = keys[0].read_bytes()
    assert stat.S_IMODE(keys[0].stat().st_mode) == 0o600
    with pytest.raises(InputError, match="must not exist, got .*own.pem"):
        write_keys(keys[0])
    assert keys[0].read_bytes() == before


def test_keys_without_openssl_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="need the program openssl, got none"):
        write_keys(tmp_path / "new.pem")
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_certificate_is_refused(keys, tmp_path):
    half = tmp_path / "half.pem"
    half.write_bytes(keys[0].read_bytes()[:300])
    for path in (tmp_path / "gone.pem", tmp_path, half):
        with pytest.raises(InputError, match=f"make cluster-keys, got {path}: "):
            security_of(path)


def test_a_certificate_that_has_expired_is_refused(keys, monkeypatch):
    late = time.time() + (cluster_access.VALID_DAYS + 1) * 24 * 3600
    monkeypatch.setattr(cluster_access, "time", SimpleNamespace(time=lambda: late))
    with pytest.raises(InputError, match="own.pem, which expired on "):
        security_of(keys[0])


class SlurmCluster(contextlib.nullcontext):
    """Stands in for dask-jobqueue's."""

    def __init__(self, **settings):
        super().__init__(self)
        self.settings = settings

    def scale(self, jobs):
        self.jobs = jobs


def test_slurm_needs_tls_and_hands_it_on(keys, tmp_path, monkeypatch):
    from experiments.commands.workers import _slurm

    made = SimpleNamespace(SLURMCluster=SlurmCluster)
    monkeypatch.setitem(sys.modules, "dask_jobqueue", made)
    path = tmp_path / "slurm.yaml"
    path.write_text("jobs: 3\ncores: 1\nworker_extra_args: [--resources, a=1]\n")
    with (
        pytest.raises(InputError, match="SLURM jobs needs TLS .*slurm.yaml without"),
        connected(0, str(path)),
    ):
        pass
    security = security_of(keys[0])
    cluster = _slurm(path, security)
    assert (cluster.jobs, cluster.settings["security"]) == (3, security)
    pages = {"dashboard_address": "127.0.0.1:0", "dashboard": False}
    assert cluster.settings["scheduler_options"] == pages
    assert cluster.settings["worker_extra_args"][:2] == ["--resources", "a=1"]
