"""Reuse in a sweep: signals, plans, finished points."""

import weakref
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from semlink.signals import NO_BLOCKS, TxSignal, ledger
from semlink.store import transmissions
from semlink.store.cache import DiskCache
from semlink.store.transmissions import Transmissions

IMAGES, NUM_METRICS = 3, 6


def by_point(rows):
    return {(r["metric"], r["snr_db"], r["cbr_target"], r["channel"]): r for r in rows}


def test_images_are_sent_once_for_every_snr_and_channel(
    make, components, calls, listener
):
    other = components["channel"] + "[pause_s=1e-6]"
    job = make(channel=[components["channel"], other], stop={"draws": 2})
    calls["transmit"].clear()  # without those of the check at the first use
    for point in job.points:
        job.simulate(point, listener)
    assert len(job.points) == 12
    assert len(calls["measure"]) == 12 * IMAGES * 2
    assert len(calls["transmit"]) == len(set(calls["transmit"])) == 2 * IMAGES


def test_images_are_sent_again_where_the_transmitter_follows_the_snr(
    make, components, calls, listener
):
    job = make(transmitter=components["transmitter"] + "[csi=true]")
    calls["transmit"].clear()
    for point in job.points:
        job.simulate(point, listener)
    assert len(calls["transmit"]) == 2 * 3 * IMAGES


def test_plans_are_made_once_and_see_the_images_of_the_sweep(
    make, monkeypatch, listener
):
    job, seen = make(stop={"images": 2}), []
    kind = type(
        job.trial.signal(job.points[0], 0)[0].transmitter
    )  # plans one CBR of two

    def plan(self, source, budget, real=kind.plan):
        seen.append([sample.index for sample in source])
        return real(self, source, budget)

    monkeypatch.setattr(kind, "plan", plan)
    for point in job.points:
        job.simulate(point, listener)
    assert seen == [[0, 1]]


def test_resumed_points_are_not_simulated_again(make, calls, tmp_path, run, table):
    run(make(), tmp_path)
    before, sent = table(tmp_path), len(calls["measure"])
    again = run(make(), tmp_path)
    assert (len(again.points), len(again.resumed)) == (0, 6)
    assert len(calls["measure"]) == sent
    assert table(tmp_path) == before


@pytest.mark.parametrize("stop_after", [1, IMAGES + 1, 4 * IMAGES, 6 * IMAGES])
def test_an_interrupted_sweep_ends_as_a_straight_one(
    make, tmp_path, stop_after, run, table
):
    run(make(), tmp_path / "straight")
    with pytest.raises(KeyboardInterrupt):
        run(make(), tmp_path / "resumed", stop_after)
    kept = (stop_after - 1) // IMAGES
    again = run(make(), tmp_path / "resumed")
    assert (len(again.resumed), len(again.points)) == (kept, 6 - kept)
    assert table(tmp_path / "resumed") == table(tmp_path / "straight")


def test_a_grid_grows(make, tmp_path, run, table):
    run(make(), tmp_path)
    before = by_point(table(tmp_path))
    recorder = run(make(snr_db="0:9:3"), tmp_path)
    assert (len(recorder.points), len(recorder.resumed)) == (2, 6)
    after = by_point(table(tmp_path))
    assert len(after) == 8 * NUM_METRICS
    assert {where: after[where] for where in before} == before


def test_infeasible_points_are_resumed_too(make, tmp_path, run):
    run(make(cbr="0.001"), tmp_path)
    again = run(make(cbr="0.001"), tmp_path)
    assert (len(again.points), len(again.resumed)) == (0, 3)


@pytest.mark.parametrize(
    "change",
    [
        {"stop": {"images": 2}},
        {"stop": {"draws": 2}},
        {"stop": {"ci95": 0.1, "max_draws": 3}},
        {"seed": 5},
        {"cbr_mode": "per_image"},
        {"feedback": {"bits_per_use": 1.0}},
    ],
)
def test_what_identifies_a_point(make, change):
    pairs = zip(make().points, make(**change).points, strict=True)
    assert all(a.id != b.id for a, b in pairs)


def test_random_numbers_of_another_edition_are_another_point(make, monkeypatch):
    before = {point.id for point in make().points}
    monkeypatch.setattr("semlink.sweeps.sweep.EDITION", 99)
    assert not before & {point.id for point in make().points}


def test_point_ids_all_differ_and_stay(make, components):
    def ids(**changes):
        return [point.id for point in make(**changes).points]

    source, transmitter = components["source"], components["transmitter"]
    several = ids() + ids(source=f"{source}[count=2]") + ids(source=f"{source}:4")
    several += ids(transmitter=f"{transmitter}[csi=true]")
    assert len(set(several)) == 4 * 6
    assert ids() == ids()
    assert ids(source=f"{source}[count={IMAGES}]") == ids()


def test_a_point_is_another_where_its_file_is(make, components, tmp_path):
    path = tmp_path / "noisy.py"
    path.write_bytes(Path(components["channel"]).read_bytes())
    copied = [p.id for p in make(channel=str(path)).points]
    assert copied == [p.id for p in make().points]
    path.write_text(path.read_text() + "# changed\n")
    assert not set(copied) & {p.id for p in make(channel=str(path)).points}


class Sender:
    """Makes signals, and counts how many."""

    def __init__(self, size):
        self._size = size
        self.calls = 0

    def __call__(self):
        self.calls += 1
        x = np.zeros(self._size, np.complex64)
        return TxSignal(x, ledger(payload=self._size), NO_BLOCKS), None


def test_transmit_signals_are_bounded(monkeypatch):
    sender, cache = Sender(1000), Transmissions()
    monkeypatch.setattr(transmissions, "MEMORY_BYTES", 4 * 8000)

    def send(image):
        return cache.signal(("tx", image), sender, dict)[0]

    alive = [weakref.ref(send(image).x) for image in range(10)]
    assert [ref() is not None for ref in alive] == [False] * 6 + [True] * 4
    send(6)  # used last, so that 7 is the next to go
    send(10)
    assert sender.calls == 11
    send(6)
    assert sender.calls == 11
    send(7)
    assert sender.calls == 12


def test_a_signal_larger_than_the_cache_is_kept_while_it_is_used(monkeypatch):
    sender, cache = Sender(1000), Transmissions()
    monkeypatch.setattr(transmissions, "MEMORY_BYTES", 10)
    for image in (0, 0, 1, 1, 0):
        cache.signal(("tx", image), sender, dict)
    assert sender.calls == 3


def test_plans_are_bounded(monkeypatch):
    monkeypatch.setattr(transmissions, "MOST_PLANS", 3)
    searched = []

    link = SimpleNamespace(plan=lambda samples, budget: searched.append(budget))
    cache = Transmissions()
    for budget in (0, 1, 2, 3, 1, 4, 1, 0):
        cache.plan("tx", link, (), budget, dict)
    assert searched == [0, 1, 2, 3, 4, 0]


def test_a_small_cache_changes_no_number(
    make, calls, tmp_path, monkeypatch, run, table
):
    run(make(), tmp_path / "large")
    sent = len(calls["transmit"])
    monkeypatch.setattr(transmissions, "MEMORY_BYTES", 1)
    run(make(), tmp_path / "small")
    assert len(calls["transmit"]) > 2 * sent
    assert table(tmp_path / "small") == table(tmp_path / "large")


def test_a_second_sweep_finds_what_the_first_one_sent(
    make, calls, tmp_path, run, table, components
):
    def sweep(folder, **more):
        job = make(disk=DiskCache(tmp_path / "disk", 2**30), **more)
        run(job, tmp_path / folder)
        return dict(job.trial.transmissions.made)

    assert sweep("first") == {"searched": 2, "encoded": 2 * IMAGES}
    before = len(calls["transmit"])
    other = [components["channel"], components["channel"] + "[pause_s=1e-6]"]
    more = sweep("more", snr_db="3 5 9 13 17", channel=other)
    assert more == {"searched before": 2, "encoded before": 2 * IMAGES}
    assert len(calls["transmit"]) == before
    assert sweep("again") == more
    assert table(tmp_path / "again") == table(tmp_path / "first")
    # another CBR, fewer images: other plans
    assert sweep("cbr", cbr="0.7") == {"searched": 1, "encoded": IMAGES}
    fewer = sweep("fewer", stop={"images": 2})
    assert fewer["searched"] == 2
