"""Fixtures for all tests: small and fast components."""

# First of all, before NumPy, for what it sets in the environment: tests and the
# processes that they start compute as the command line does, to the bit.
import experiments.__main__  # noqa: F401

# isort: split
import contextlib
import resource
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from blocks.phy.mcs import SCHEMES, bler
from experiments.compose import catalogue
from semlink.chain import Link
from semlink.config import ComponentSpec
from semlink.loop.exchange import Delivery
from semlink.signals import IMAGE, Sample

LONG_S = 5.0  # from which a test belongs among the slow ones
COMPONENTS = Path(__file__).parent / "semlink" / "components"


@pytest.fixture
def components():
    """Specs of components that need nothing but numpy, by kind."""
    files = {
        "source": "flat_images",
        "transmitter": "phase",
        "channel": "noisy",
        "task": "distance",
    }
    return {kind: str(COMPONENTS / f"{name}.py") for kind, name in files.items()}


@pytest.fixture(scope="session")
def disk_of():
    """Let no file grow beyond a size: the kernel cuts the write, then refuses."""

    @contextlib.contextmanager
    def limited(num_bytes: int):
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limited


@pytest.fixture(scope="session")
def klt():
    """Give an orthonormal transform of 16x16 blocks."""
    basis, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(768, 64)))
    return {"basis": basis}


@pytest.fixture(scope="session")
def noise_pictures():
    """Give pictures whose latents have falling deviations : [4, 64, 96, 3]."""
    rng = np.random.default_rng(1)
    coarse = rng.normal(0, 0.2, (4, 16, 24, 3)).repeat(4, axis=1).repeat(4, axis=2)
    fine = rng.normal(0, 0.05, (4, 64, 96, 3))
    return (0.5 + coarse + fine).astype(np.float32)


@pytest.fixture
def tiny_codec(klt, noise_pictures):
    """Give NTSCC's networks at their smallest, where training starts."""
    import keras

    from blocks.nn.profiles import make_codec, start_at_klt

    keras.utils.set_random_seed(1)
    codec = make_codec("tiny")
    start_at_klt(codec, klt, noise_pictures)
    return codec


@pytest.fixture
def trained_codec(tiny_codec):
    """Give those networks where every variable counts, as after some training."""
    rng = np.random.default_rng(2)
    for variable in tiny_codec.trainable_variables:
        value = np.asarray(variable)
        spread = 0.1 * rng.normal(size=value.shape)
        variable.assign(value + spread.astype(np.float32))
    return tiny_codec


@cache
def _built(kind: str, word: str):
    """A component that all tests share: graphs of networks take long to build."""
    return catalogue().build(kind, ComponentSpec.model_validate(word))


@cache
def _link(transmitter: str, channel: str = "awgn") -> Link:
    tasks = {"reconstruction": _built("task", "reconstruction")}
    return Link(_built("transmitter", transmitter), _built("channel", channel), tasks)


@pytest.fixture(scope="session")
def link_of():
    """Give the link of a transmitter over a channel, by their words.

    It is one for all tests: what needs a fresh one, or changes it, builds its own.
    """
    return _link


@pytest.fixture(scope="session")
def lost_share():
    """Give a function for the share of lost streams of code blocks over AWGN.

    From the measured waterfall of the blocks, all of which must arrive.
    """

    def share(mcs: int, num_blocks: int, k: int, snr_db: float) -> float:
        return 1 - (1 - bler(SCHEMES[mcs], k, snr_db)) ** num_blocks

    return share


@cache
def _photo(number: int) -> np.ndarray:
    return _built("source", "photos")[number].data


@pytest.fixture(scope="session")
def photo_of():
    """Give a photo as [H, W, 3], by its number."""
    return _photo


@pytest.fixture(scope="session")
def sample_of():
    """Wrap pixels, or other data, as samples of a source."""

    def made(data: np.ndarray, index: int = 0, name: str = "sample", **more) -> Sample:
        modality = IMAGE if data.dtype == np.uint8 else "signal"
        return Sample(data, modality, data.size, index, name, **more)

    return made


@pytest.fixture(scope="session")
def planned():
    """Plan and transmit samples at a CBR; return the plan and each signal."""

    def send(link: Link, samples, cbr, snr_db=10.0, mode="average"):
        plan = link.transmitter.plan(samples, link.budget(cbr, mode, snr_db))
        return plan, [link.transmit(sample, plan)[0] for sample in samples]

    return send


@pytest.fixture(scope="session")
def received():
    """Estimate of a receiver without memory, for a signal sent over a link."""

    def receive(link: Link, tx, snr_db=10.0, seed=1):
        return link.receive(link.propagate(tx, snr_db, seed))[0]

    return receive


@pytest.fixture(scope="session")
def measured():
    """Give the metrics of a signal that crossed a link : (sum, count), by name."""

    def measure(link: Link, sample: Sample, tx, snr_db=10.0, seed=1):
        rx = link.propagate(tx, snr_db, seed)
        estimate, _ = link.receive(rx)
        return link.judge(sample, Delivery((tx,), estimate, 0)).values

    return measure


def pytest_terminal_summary(terminalreporter):
    """List long tests that are not marked slow; none fails, for machines differ."""
    reports = (
        r for kind in ("passed", "failed") for r in terminalreporter.getreports(kind)
    )
    long = [
        (report.duration, report.nodeid)
        for report in reports
        if report.when == "call"
        and report.duration > LONG_S
        and "slow" not in report.keywords
    ]
    if long:
        terminalreporter.section(f"over {LONG_S:g} s and not marked slow")
        for seconds, test in sorted(long, reverse=True):
            terminalreporter.write_line(f"{seconds:6.1f} s  {test}")
