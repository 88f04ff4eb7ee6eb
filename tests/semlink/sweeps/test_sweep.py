"""A sweep over a grid: simulated points, and their rows."""

import csv
import shutil
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from semlink.chain import Link
from semlink.errors import InputError
from semlink.metrics import if_received
from semlink.store.results import read_sums
from semlink.units import psnr_db

IMAGES = 3
METRICS = ("psnr", "differing", "ber", "bler", "outage", "goodput")


def by_point(rows):
    return {(r["metric"], r["snr_db"], r["cbr_target"], r["channel"]): r for r in rows}


def test_a_point_has_a_row_for_each_metric(make, tmp_path, run, table):
    run(make(), tmp_path)
    rows = table(tmp_path)
    assert len(rows) == 3 * 2 * len(METRICS)
    for start in range(0, len(rows), len(METRICS)):
        point = rows[start : start + len(METRICS)]
        assert tuple(row["metric"] for row in point) == METRICS
        assert len({row["point_id"] for row in point}) == 1
    assert {(r["transmitter"], r["channel"]) for r in rows} == {("phase", "noisy")}
    assert {(r["images"], r["draws"], r["status"]) for r in rows} == {("3", "1", "ok")}


def test_a_row_says_what_was_spent(make, tmp_path, run, table):
    run(make(cbr="0.3", snr_db="9"), tmp_path)
    row, uses = table(tmp_path)[0], int(0.3 * 768)
    assert float(row["cbr"]) == pytest.approx(uses / 768)
    assert float(row["cbr_header"]) == pytest.approx(2 / 768)
    assert float(row["cbr_payload"]) == pytest.approx((uses - 2) / 768)
    for unused in ("cbr_side", "cbr_pilots", "cbr_retransmission"):
        assert float(row[unused]) == 0


def test_a_row_says_what_was_measured(make, calls, tmp_path, run, table):
    run(make(cbr="0.3", snr_db="9", stop={"draws": 2}), tmp_path)
    psnr = [value for _, _, value in calls["measure"]]
    row = table(tmp_path)[0]
    assert (row["metric"], row["count"], row["draws"]) == ("psnr", "6", "2")
    assert float(row["mean"]) == pytest.approx(np.mean(psnr))


def test_samples_keep_the_cbr_and_what_was_received(make, tmp_path, run):
    job = make(cbr="0.3", snr_db="0", stop={"draws": 6})
    run(job, tmp_path)
    (point,) = job.points
    sums, lost = read_sums(tmp_path, point.id), 0
    for image in range(IMAGES):
        values = [job.trial.replay(point, image, draw).values for draw in range(6)]
        arrived = [v["psnr"] for v in values if not v["outage"]]
        lost += len(values) - len(arrived)
        found = sums[if_received("psnr")].get(image, (0, 0))
        assert found == (pytest.approx(sum(arrived)), len(arrived))
        assert sums["cbr"][image] == (pytest.approx(sum(v["cbr"] for v in values)), 6)
    assert 0 < lost < 6 * IMAGES
    assert not any(if_received(name) in sums for name in ("outage", "goodput"))


def test_same_seed_same_file_in_any_order(make, tmp_path, run, table):
    run(make(), tmp_path / "up")
    run(make(snr_db="6:0:-3", cbr="0.3 0.1"), tmp_path / "down")
    assert table(tmp_path / "up") == table(tmp_path / "down")
    with (tmp_path / "up" / "points.csv").open() as file:
        assert "seconds" in next(csv.reader(file))


def test_another_seed_gives_other_numbers(make, tmp_path, run, table):
    run(make(), tmp_path / "1")
    run(make(seed=2), tmp_path / "2")
    pairs = list(zip(table(tmp_path / "1"), table(tmp_path / "2"), strict=True))
    assert all(a["point_id"] != b["point_id"] for a, b in pairs)
    assert all(a["mean"] != b["mean"] for a, b in pairs if a["metric"] == "psnr")


@pytest.fixture
def noises(monkeypatch):
    """Give the noise of unit power that each point of a sweep meets."""
    met = []

    def propagate(self, tx, snr_db, seed, real=Link.propagate):
        rx = real(self, tx, snr_db, seed)
        met.append((rx.x_hat[:64] - tx.x[:64]) / np.sqrt(rx.no[:64]))
        return rx

    monkeypatch.setattr(Link, "propagate", propagate)

    def noises(job, image=0, draw=0):
        met.clear()
        for point in job.points:
            job.trial.replay(point, image, draw)
        return np.array(met)

    return noises


def test_every_transmitter_snr_and_cbr_meets_the_same_course(make, noises, components):
    phase = components["transmitter"]
    job = make(transmitter=[phase, phase + "[csi=true]"], cbr="0.1 0.3", snr_db="0 10")
    met = noises(job)
    assert len(met) == 8
    np.testing.assert_allclose(met, np.broadcast_to(met[0], met.shape), atol=1e-5)


def test_sample_draw_seed_and_channel_each_have_another_course(
    make, noises, components
):
    grid = {"snr_db": "3", "cbr": "0.3"}
    job = make(**grid)
    met = [*noises(job), *noises(job, image=1), *noises(job, draw=1)]
    met += [*noises(make(seed=2, **grid))]
    met += [*noises(make(channel=components["channel"] + "[pause_s=1e-6]", **grid))]
    assert len(met) == 5
    for one, other in combinations(met, 2):
        assert not np.any(one == other)


def test_a_channel_that_is_moved_keeps_its_course(make, noises, components, tmp_path):
    moved = Path(shutil.copy(components["channel"], tmp_path))
    moved.write_text(moved.read_text() + "# a comment\n")
    one, other = (make(channel=str(c)) for c in (components["channel"], moved))
    np.testing.assert_array_equal(noises(one), noises(other))
    assert not {p.id for p in one.points} & {p.id for p in other.points}


def test_replay_is_what_the_sweep_measured(make, calls, listener):
    job = make(stop={"draws": 2})
    point = job.points[-1]
    job.simulate(point, listener)
    draws = [0] * IMAGES + [1] * IMAGES
    measured = list(calls["measure"])
    for (image, _, psnr), draw in zip(measured, draws, strict=True):
        replay = job.trial.replay(point, image, draw)
        sample, estimate, values = replay[:3]
        assert replay.ledger.total == values["cbr"] * sample.values
        assert psnr_db(sample.data, estimate.data) == psnr
        assert values["psnr"] == pytest.approx(psnr)


def test_any_point_reproduces_alone(make, tmp_path, run, table):
    run(make(), tmp_path / "all")
    run(make(snr_db="3", cbr="0.3"), tmp_path / "one")
    everything = by_point(table(tmp_path / "all"))
    for where, row in by_point(table(tmp_path / "one")).items():
        assert everything[where] == row


@pytest.mark.parametrize("mode", ["average", "per_image"])
def test_infeasible_points_are_rows_and_the_sweep_goes_on(
    make, tmp_path, mode, run, table
):
    recorder = run(make(cbr="0.001 0.3", cbr_mode=mode), tmp_path)
    assert len(recorder.points) == 6
    rows = by_point(table(tmp_path))
    assert len(rows) == 6 * len(METRICS)
    reason = "infeasible: image 0, needs more than 2 symbols"
    for (_, _, cbr, _), row in rows.items():
        assert row["status"] == (reason if cbr == "0.001" else "ok")
    row = rows["psnr", "0.0", "0.001", "noisy"]
    assert (row["mean"], row["ci95"]) == ("nan", "nan")
    assert (row["count"], row["images"]) == ("0", "0")


def test_more_images_or_draws_keep_the_noise_of_the_first(make, calls, listener):
    def measured(**stop):
        calls["measure"].clear()
        job = make(snr_db="3", cbr="0.3", stop=stop)
        job.simulate(job.points[0], listener)
        return list(calls["measure"])

    few, all_images, draws = measured(images=2), measured(), measured(draws=2)
    assert few == all_images[:2]
    assert all_images == draws[:IMAGES]
    assert len(set(draws)) == 2 * IMAGES


def test_interval_asks_for_more_draws_of_all_images(make, components, listener):
    source = components["source"] + "[count=4]"
    job = make(source=source, snr_db="3", cbr="0.3", stop={"ci95": 1e-6})
    rows = job.simulate(job.points[0], listener).rows
    assert (rows[0]["images"], rows[0]["draws"]) == (4, 10)


def test_interval_of_a_metric_that_there_is_not(make):
    stop = {"ci95": 0.2, "metric": "psnrr"}
    message = (
        "^stop.metric: unknown metric 'psnrr'; did you mean 'psnr'[?] known: psnr, "
    )
    with pytest.raises(InputError, match=message):
        make(stop=stop)
    make(stop={"metric": "psnrr"})


def test_transmitters_have_their_own_signals(make, components, tmp_path, run, table):
    path = components["transmitter"]
    pair = [path, f"{path}[error_free=true]"]
    run(make(transmitter=pair), tmp_path)
    rows = [row for row in table(tmp_path) if row["metric"] == "psnr"]
    noisy, clean = (
        [float(row["mean"]) for row in rows if row["transmitter"] == name]
        for name in ("phase", "phase[error_free=True]")
    )
    assert len(noisy) == len(clean) == 6
    assert np.all(np.subtract(clean, noisy) > 0)


def test_components_are_told_with_all_their_parameters(make, components):
    tree = make(transmitter=components["transmitter"] + "[csi=true]").trial.components()
    told = tree["transmitter"]["phase[csi=True]"]
    assert told.pop("sha256")
    assert told == {"name": "phase", "csi": True, "error_free": False}
    assert set(tree) == {"source", "transmitter", "channel", "task"}


@pytest.mark.parametrize(
    ("kind", "spec", "message"),
    [
        ("channel", "nosy", "^unknown channel 'nosy'; known: none$"),
        ("source", "{source}[cuont=3]", "did you mean 'count'"),
        (
            "transmitter",
            "{transmitter}[csi=maybe]",
            "csi must be true or false, got 'maybe'",
        ),
        ("task", "{task}:3", "takes no argument, got '3'"),
    ],
)
def test_components_are_built_before_anything_runs(
    make, components, kind, spec, message
):
    with pytest.raises(InputError, match=message):
        make(**{kind: spec.format(**components)})
