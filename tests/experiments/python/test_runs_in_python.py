"""Sweeps and runs as tables, and that the command line has the same."""

import json
import logging
import math

import numpy as np
import pytest
from pandas.testing import assert_frame_equal

import semlink
from semlink.store.rows import COLUMNS

GRID = {"snr_db": [4, 8], "cbr": [0.001, 0.5]}


def timeless(table):
    return table.drop(columns="seconds")


@pytest.fixture
def swept(components, photo):
    """Sweep those components at four points, by the keys of the command line."""
    return lambda **more: semlink.sweep(**{**components, **GRID, **more})


def test_the_table_is_that_of_the_command_line(swept, command, photo):
    command("made", "snr_db=4 8", "cbr=0.001 0.5", "stop.draws=2")
    made = semlink.read("runs/made")
    mine = swept(stop={"draws": 2})
    assert_frame_equal(timeless(mine), timeless(made))
    assert mine.attrs["manifest"] == made.attrs["manifest"]
    assert mine.attrs["manifest"]["seed"] == 1
    assert not (photo.parents[1] / "runs" / ".sent").exists()
    # the same call finds all points of a run
    again = swept(stop={"draws": 2}, run="made")
    assert_frame_equal(again, made)


def test_a_link_sweeps_as_the_keys_do(swept, link, components):
    source = components["source"]
    mine = link().sweep(source, **GRID, draws=2, images=2, seed=3)
    assert_frame_equal(
        timeless(mine), timeless(swept(stop={"draws": 2, "images": 2}, seed=3))
    )


def test_numbers_are_numbers_and_infeasible_points_have_none(swept):
    table = swept()
    assert list(table.columns) == list(COLUMNS)
    assert len(table) == 4 * 6
    none = table[table.cbr_target == 0.001]
    assert none["mean"].isna().all()
    assert none.status.str.startswith("infeasible: image 0, needs more than").all()
    good = table[(table.cbr_target == 0.5) & (table.metric == "psnr")]
    assert list(good["count"]) == [3, 3]
    assert good["mean"].is_monotonic_increasing
    assert good["ci95"].gt(0).all()
    assert set(table.status[table.cbr_target == 0.5]) == {"ok"}
    kinds = table.dtypes
    assert kinds[["snr_db", "mean", "outage", "cbr_up"]].eq("float64").all()
    assert kinds[["images", "draws", "count"]].eq("int64").all()


def test_samples_are_those_that_the_means_are_of(swept):
    table = swept(run="kept")
    rows = semlink.read("runs/kept", samples=True)
    assert_frame_equal(rows, swept(samples=True))
    assert list(rows["sample"]) == [0, 1, 2] * 2
    assert list(rows["draw"]) == [0] * 6
    means = rows.groupby("snr_db").psnr.mean()
    wanted = table[(table.metric == "psnr") & (table.cbr_target == 0.5)]
    assert means.to_list() == pytest.approx(wanted["mean"].to_list(), rel=1e-12)


def test_draws_of_several_samples_are_summed_and_those_of_one_are_not(swept, photo):
    rows = swept(samples=True, stop={"draws": 3})
    assert list(rows["sample"]) == [0, 1, 2] * 2
    assert rows["draw"].isna().all()
    rows = swept(samples=True, stop={"draws": 3}, source=photo)
    assert list(rows["sample"]) == [0] * 6
    assert list(rows["draw"]) == [0, 1, 2] * 2
    assert rows.psnr.nunique() == 6


def test_bounds_come_with_the_table(swept, components):
    task = components["task"].replace("distance", "levels")
    bounds = swept(task=task, cbr=0.5).attrs["bounds"]
    assert bounds["level"]["floor"] == 0
    assert math.isnan(bounds["highest"]["floor"])
    json.dumps(bounds)


def test_samples_of_a_list_resume_by_their_pixels(swept, photo, refusal):
    black = np.zeros((16, 16, 3), np.uint8)
    first = swept(source=[photo, black], run="list", cbr=0.5)
    assert_frame_equal(swept(source=[photo, black], run="list", cbr=0.5), first)
    said = refusal(swept, source=[photo, black + 1], run="list", cbr=0.5)
    assert "choose another run" in said


def test_a_sweep_logs_points_and_prints_only_when_asked(swept, caplog, capfd):
    with caplog.at_level(logging.INFO, "semlink"):
        swept(cbr=0.5)
    first, last = (record.message for record in caplog.records)
    assert first.startswith("point 1 of 2: phase over noisy at 4 dB, CBR 0.5: psnr ")
    assert last.endswith(", ok")
    assert capfd.readouterr() == ("", "")
    swept(cbr=0.5, progress=True)
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("2 points, flat_images, 3 images x 1 draws")
    assert len(err.splitlines()) == 4


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"snr": 3}, "unknown configuration key 'snr'; did you mean 'snr_db'?"),
        ({"cbr": -1}, "cbr must be greater than 0, got -1.0"),
        ({"cbr": []}, "cbr: a grid needs at least one number, got []"),
        ({"snr_db": "0:9"}, "snr_db: a grid is numbers or start:stop:step"),
        ({"stop": {"draw": 1}}, "unknown configuration key 'stop.draw'"),
        ({"source": 3}, "what is sent must be a path, a PIL image, an array"),
        ({"source": []}, "samples of a source must be one or more of one modality"),
        ({"source": "no.png"}, "image 'no.png' must be a file"),
        ({"run": "a/b"}, "a run is a name without slashes or a leading dot, got 'a/b'"),
        ({"run": 3}, "run must be a name or None, got 3"),
        ({"workers": -1}, "workers must be a whole number of at least 0, got -1"),
        ({"cbr_mode": "each"}, "got 'each'"),
    ],
)
def test_wrong_settings_of_a_sweep(swept, refusal, given, said):
    assert said in refusal(swept, **given)


def test_what_is_no_run(tmp_path, refusal):
    # in a folder of its own: its neighbours are named
    empty = tmp_path / "runs" / "empty"
    empty.mkdir(parents=True)
    assert refusal(semlink.read, empty).endswith("runs with results: none")
    assert refusal(semlink.read, 3) == "a run is a folder, such as runs/sweep, got 3"


@pytest.mark.slow
def test_workers_give_the_same_numbers(swept):
    one, two = (swept(workers=n, cbr=0.5, run=f"with{n}") for n in (0, 2))
    assert_frame_equal(timeless(one), timeless(two))


@pytest.mark.slow
def test_scenarios_are_swept_by_the_keys_of_the_command_line():
    common = {
        "source": "pan[height=64,width=64]",
        "transmitter": "linear_jscc",
        "uses": 900,
        "pool": 2400,
        "world": {"frames": 2, "period_slots": 12, "shadowing": {"std_db": 0}},
        "task": "reconstruction",
        "says": {
            "verb": "watch",
            "targets": [{"name": "latency", "condition": "at_most", "value": 100}],
        },
    }
    word = "monitor[adapter=fixed]"
    table = semlink.sweep(scenario=word, common=common, snr_db=14, stop={"draws": 2})
    assert set(table.scenario) == {word}
    assert set(table.draws) == {2}
    assert set(table.status) == {"ok"}
