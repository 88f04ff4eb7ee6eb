"""A sweep of small and fast components, and its listeners."""

import pytest

from semlink.catalogue import Catalogue
from semlink.chain import Link
from semlink.config import validate
from semlink.registry import Registry
from semlink.store.results import ResultStore, read_points
from semlink.sweeps.link_trial import LinkTrial
from semlink.sweeps.sweep import Sweep

GRID = {"snr_db": "0:6:3", "cbr": "0.1 0.3"}


class Listener:
    """Watches a sweep; can stop it as Ctrl-C would."""

    def __init__(self, stop_after=None):
        self.points, self.resumed, self.transmissions = [], [], 0
        self._stop_after = stop_after

    def progress(self, point, monitor):
        self.transmissions += 1
        if self.transmissions == self._stop_after:
            raise KeyboardInterrupt

    def finished(self, point, rows, resumed):
        (self.resumed if resumed else self.points).append(point)


@pytest.fixture
def listener():
    return Listener()


@pytest.fixture
def make(components):
    """Build a sweep of the tests' components."""

    def build(disk=None, **changes):
        kinds = ("source", "transmitter", "channel", "task")
        registries = {k: Registry(k, packages=(), group="none") for k in kinds}
        tree = {**components, "cbr_mode": "average", **GRID, **changes}
        return Sweep(LinkTrial(validate(tree), Catalogue(registries), disk))

    return build


@pytest.fixture
def calls(monkeypatch):
    """Every call of the stages of all links: (sample, plan) sent, PSNR measured."""
    made = {"transmit": [], "measure": []}

    def transmit(self, sample, plan, *known, real=Link.transmit):
        made["transmit"].append((sample.index, plan))
        return real(self, sample, plan, *known)

    at = []

    def deliver(self, encode, snr_db, seeds, receiving, real=Link.deliver):
        at.append(snr_db)
        return real(self, encode, snr_db, seeds, receiving)

    def judge(self, sample, delivery, real=Link.judge):
        judgement = real(self, sample, delivery)
        psnr = float(judgement.values["psnr"][0])
        made["measure"].append((sample.index, at[-1], psnr))
        return judgement

    monkeypatch.setattr(Link, "transmit", transmit)
    monkeypatch.setattr(Link, "deliver", deliver)
    monkeypatch.setattr(Link, "judge", judge)
    return made


@pytest.fixture
def run():
    """Run a sweep into a folder; return its listener."""

    def run(job, folder, stop_after=None):
        watching = Listener(stop_after)
        with ResultStore(folder, metrics=job.metrics) as store:
            job.run(store, watching)
        return watching

    return run


@pytest.fixture
def table():
    """The points of a run, but for the time they took."""

    def table(folder):
        return [{**row, "seconds": ""} for row in read_points(folder)]

    return table
