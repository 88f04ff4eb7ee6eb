"""Bjontegaard deltas of a run: as the package has them, with paired intervals."""

import csv
import io
import shutil

import numpy as np
import pytest
from bjontegaard import bd_psnr, bd_rate

from experiments.studies.bjontegaard_delta import delta
from experiments.tables.deltas import against_one, matrices
from experiments.tables.selection import Asked, select
from experiments.tables.tidy import of_deltas
from semlink.errors import InputError

HOW = {"method": "pchip", "require_matching_points": False, "min_overlap": 0}
CBRS = (0.01, 0.02, 0.03, 0.0625)


def curve(rng, cbrs=CBRS, images=12, gain=0.0):
    """CBR and PSNR [points, images] of a code."""
    hard = rng.normal(size=images)
    spent = np.array(cbrs)[:, None] * np.exp(0.2 * hard + 0.1 * rng.normal(size=images))
    level = 30 + gain + 4 * np.log(np.array(cbrs)[:, None] / 0.03) - 2 * hard
    return spent, level + 0.05 * rng.normal(size=level.shape)


def fill(store, name, spent, level, cbrs=CBRS, **more):
    for cbr, own, psnr in zip(cbrs, spent, level, strict=True):
        at = more.get("snr_db", 10.0), cbr
        store.add(name, psnr, at=at, spent=own)


def rows_of(folder, **asked):
    return list(csv.DictReader(io.StringIO(of_deltas(select(folder, Asked(**asked))))))


def test_random_curves_have_the_deltas_of_the_package():
    rng, compared = np.random.default_rng(1), 0
    for _ in range(30):
        sizes = rng.integers(4, 8, 2)
        steps = [rng.exponential(size=(2, size)) for size in sizes]
        points = [np.cumsum(step, axis=1) * [[0.02], [1]] for step in steps]
        (cbr, level), (other_cbr, other_level) = points
        found = delta(*(p.T.tolist() for p in points))
        if isinstance(found, str):
            continue
        values = cbr, level, other_cbr, other_level
        assert found.gain == pytest.approx(bd_psnr(*values, **HOW), abs=1e-8)
        assert 100 * found.rate == pytest.approx(bd_rate(*values, **HOW), rel=1e-8)
        compared += 1
    assert compared > 15


def test_the_table_of_a_run_has_the_deltas_of_the_package(store):
    rng = np.random.default_rng(2)
    curves = {
        "a": curve(rng),
        "b": curve(rng, gain=0.5),
        "c": curve(rng, cbrs=(0.015, 0.025, 0.05, 0.06, 0.09)),
    }
    for name, (spent, level) in curves.items():
        cbrs = CBRS if len(spent) == 4 else (0.015, 0.025, 0.05, 0.06, 0.09)
        fill(store, name, spent, level, cbrs)
    rows = rows_of(store.folder)
    assert [(r["test"], r["anchor"]) for r in rows] == [
        *(("b", "a"), ("a", "b"), ("c", "a"), ("a", "c"), ("c", "b"), ("b", "c"))
    ]
    for row in rows:
        pair = curves[row["anchor"]], curves[row["test"]]
        means = [[axis.mean(axis=1) for axis in curve] for curve in pair]
        (cbr, level), (other_cbr, other_level) = means
        values = cbr, level, other_cbr, other_level
        assert float(row["bd"]) == pytest.approx(bd_psnr(*values, **HOW), abs=1e-8)
        percent = bd_rate(*values, **HOW)
        assert 100 * float(row["bd_rate"]) == pytest.approx(percent, rel=1e-8)
        assert float(row["cbr_low"]) == max(cbr[0], other_cbr[0])
        assert float(row["metric_high"]) == min(level[-1], other_level[-1])
        for name in ("bd", "bd_rate"):
            low, high = (float(row[f"{name}_{end}"]) for end in ("low", "high"))
            assert low < float(row[name]) < high
        assert row["images"] == "12"


def test_a_pair_reversed_is_the_inverse(store):
    rng = np.random.default_rng(3)
    fill(store, "a", *curve(rng))
    fill(store, "b", *curve(rng, gain=1.0))
    one, other = rows_of(store.folder)
    for end, opposite in (("", ""), ("_low", "_high"), ("_high", "_low")):
        assert float(one["bd" + end]) == -float(other["bd" + opposite])
        product = (1 + float(one[f"bd_rate{end}"])) * (
            1 + float(other[f"bd_rate{opposite}"])
        )
        assert product == pytest.approx(1)


def test_a_constant_difference_is_paired_and_known_exactly(store):
    """What images add to both curves leaves the interval of their difference."""
    spent, level = curve(np.random.default_rng(4))
    fill(store, "a", spent, level)
    fill(store, "b", spent, level + 0.7)
    row = rows_of(store.folder, against="a")[0]
    assert float(row["bd"]) == pytest.approx(0.7)
    assert float(row["bd_high"]) - float(row["bd_low"]) < 1e-6


def test_the_spread_of_the_cbr_over_images_widens_the_interval(store):
    rng = np.random.default_rng(5)
    spent, level = curve(rng)
    fill(store, "a", np.broadcast_to(spent.mean(axis=1)[:, None], spent.shape), level)
    spread = spent * np.exp(rng.normal(scale=0.5, size=spent.shape[1]))
    fill(store, "b", spread, level)
    fill(store, "c", np.broadcast_to(spread.mean(axis=1)[:, None], spent.shape), level)
    wide, narrow = (
        next(r for r in rows_of(store.folder, against="a") if r["test"] == name)
        for name in "bc"
    )
    assert float(wide["bd"]) == pytest.approx(float(narrow["bd"]))
    assert float(narrow["bd_high"]) - float(narrow["bd_low"]) < 0.05
    assert float(wide["bd_high"]) - float(wide["bd_low"]) > 0.5


def cells(table):
    return [
        [cell.text for cell in line.cells] for b in table.blocks for line in b.lines
    ]


def test_a_matrix_says_why_a_cell_is_empty(store):
    rng = np.random.default_rng(6)
    spent, level = curve(rng)
    fill(store, "a", spent, level)
    fill(store, "few", spent[:3], level[:3], CBRS[:3])
    fill(store, "falling", spent, level[::-1])
    fill(store, "far", 50 * spent, level, tuple(50 * cbr for cbr in CBRS))
    (table,) = matrices(select(store.folder, Asked()))
    assert all(text in ("", "–") for line in cells(table) for text in line)
    assert [note[3:] for note in table.notes[-3:]] == [
        *("fewer than 4 CBRs.", "a curve does not rise.", "no overlap.")
    ]
    row = next(r for r in rows_of(store.folder) if r["test"] == "far")
    assert (row["bd"], row["status"], row["interval"]) == ("", "no overlap", "")


def test_an_infeasible_cbr_is_not_a_point_of_a_curve(store):
    rng = np.random.default_rng(7)
    fill(store, "a", *curve(rng))
    spent, level = curve(rng)
    fill(store, "b", spent[1:], level[1:], CBRS[1:])
    store.add("b", at=(10.0, CBRS[0]), status="infeasible: file above budget")
    assert {row["status"] for row in rows_of(store.folder)} == {"fewer than 4 CBRs"}


def test_a_wrong_reference_is_answered_with_the_systems_of_the_run(store):
    rng = np.random.default_rng(8)
    for name in ("a_capacity", "b", "c"):
        fill(store, name, *curve(rng))
    store.manifest(references={"a_capacity": "bound"})
    with pytest.raises(InputError, match="of this run 'x'; known: b, c$"):
        select(store.folder, Asked(against="x"))
    assert select(store.folder, Asked(against="a_capacity")).against == "a_capacity"


def test_against_one_has_a_column_for_each_snr(store):
    rng = np.random.default_rng(8)
    for snr_db in (4.0, 10.0):
        for name in "ab":
            fill(store, name, *curve(rng), snr_db=snr_db)
    (table,) = against_one(select(store.folder, Asked(against="b")))
    assert table.heads == ["4 dB", "10 dB"]
    assert [block.title for block in table.blocks] == [
        "BD-PSNR [dB]",
        "BD-rate [%]",
        "common range of CBR",
        "common range of PSNR [dB]",
    ]
    assert [[line.label for line in block.lines] for block in table.blocks] == [
        ["a"]
    ] * 4


def test_a_run_without_its_samples_has_deltas_without_intervals(store):
    rng = np.random.default_rng(9)
    fill(store, "a", *curve(rng))
    fill(store, "b", *curve(rng))
    with_samples = rows_of(store.folder)[0]
    shutil.rmtree(store.folder / "samples")
    row = rows_of(store.folder)[0]
    assert (row["bd"], row["bd_low"]) == (with_samples["bd"], "")
    assert row["interval"] == "images have no values of their own"


def test_no_interval_where_many_resamples_do_not_rise(store):
    rng = np.random.default_rng(10)
    fill(store, "a", *curve(rng))
    spent, level = curve(rng)
    noise = 8 * rng.normal(size=level.shape)
    noise -= noise.mean(axis=1, keepdims=True)  # the means still rise
    fill(store, "b", spent, level + noise)
    row = rows_of(store.folder)[0]
    assert (row["status"], row["bd_low"]) == ("ok", "")
    assert row["interval"] == "over 5% of the resamples do not rise or overlap"


@pytest.mark.parametrize(("asked", "message"), [
    ({"metric": "mse"}, "unknown metric 'mse'"),
    ({"only": "a"}, "two transmitters are needed to compare, got a"),
    ({"against": "x"}, "unknown transmitter of this run 'x'"),
    ({"snr_db": "3"}, "the run has Es/N0 10, got 3"),
    ({"cbr": "0.01:x"}, "got '0.01:x'"),
])  # fmt: skip
def test_refusals(store, asked, message):
    rng = np.random.default_rng(11)
    fill(store, "a", *curve(rng))
    fill(store, "b", *curve(rng))
    with pytest.raises(InputError) as refused:
        rows_of(store.folder, **asked)
    assert message in str(refused.value)


def test_a_metric_of_which_less_is_better_is_refused(store):
    rng = np.random.default_rng(12)
    fill(store, "a", *curve(rng))
    less = {"psnr": {**select(store.folder, Asked()).metric._asdict()}}
    less["psnr"]["higher_is_better"] = False
    store.manifest(metrics=less)
    with pytest.raises(InputError, match="of which higher is better, got psnr"):
        rows_of(store.folder)
