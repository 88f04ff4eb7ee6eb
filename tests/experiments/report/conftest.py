"""A small run with photos, and its report."""

import pytest

from experiments import compose
from experiments.commands.sweeping import config_path, run
from experiments.report.write import write_report
from semlink import config

SMALL = (
    "transmitter=jpeg2000_ldpc jpeg_ldpc",
    "channel=awgn rayleigh",
    "snr_db=4 10",
    "cbr=0.03 0.06",
    "stop.images=2",
)


@pytest.fixture(scope="session")
def sweep_of():
    """Makes a sweep of the default configuration and what is said beside."""
    return lambda said: compose.sweep_of(config.load(config_path("sweep"), said))


@pytest.fixture(scope="session")
def photo_run(sweep_of, tmp_path_factory):
    """The folder of a run over photos."""
    folder = tmp_path_factory.mktemp("runs") / "photo run"
    run(sweep_of(SMALL), folder)
    return folder


@pytest.fixture(scope="session")
def report(photo_run, tmp_path_factory):
    """Its report, with all that can be shown."""
    write_report(photo_run, None, 32, (tmp_path_factory.mktemp("cache"), 1.0))
    return photo_run / "report.html"
