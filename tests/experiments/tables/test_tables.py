"""Tables of means: what is best, what is lost, and what is not there."""

import csv
import io
import shutil

import numpy as np
import pytest
from scipy import stats

from experiments.tables.layout import DAGGER, decimals
from experiments.tables.means import means
from experiments.tables.selection import Asked, select
from experiments.tables.tidy import of_means
from experiments.tables.written import write_means
from semlink.errors import InputError
from semlink.store.results import read_points
from semlink.sweeps.received import received


def tables_of(store, **asked):
    return list(means(select(store.folder, Asked(**asked))))


def line_of(table, label):
    """Cells of a row, and those of the row of what was received below it, if any."""
    lines = [line for block in table.blocks for line in block.lines]
    place = [line.label for line in lines].index(label)
    below = lines[place + 1 :][:1]
    return lines[place].cells, below[0].cells if below and below[0].is_part else None


def test_the_best_is_bold_and_who_is_not_separate_from_it_has_a_dagger(store):
    rng = np.random.default_rng(1)
    hard = 5 * rng.normal(size=20)
    level = {
        "best": 30 + hard,
        "near": 29.9 + hard + rng.normal(size=20),
        "far": 29 + hard + 0.5 * rng.normal(size=20),
    }
    for name, own in level.items():
        store.add(name, own)
    (table,) = tables_of(store)
    for name, own in level.items():
        ((cell,), _) = line_of(table, name)
        low, high = stats.ttest_rel(own, level["best"]).confidence_interval(0.95)
        assert cell.bold == (name == "best")
        assert (cell.mark == DAGGER) == (name != "best" and low <= 0 <= high)
        half = stats.t.ppf(0.975, 19) * stats.sem(own)
        assert (cell.text, cell.interval) == (f"{own.mean():.1f}", (f"{half:.1f}",))
    assert line_of(table, "near")[0][0].mark == DAGGER  # the margins overlap all three
    assert line_of(table, "far")[0][0].mark == ""


def test_the_lowest_is_best_of_a_metric_of_which_less_is_better(store):
    store.add("a", [1.0, 2.0])
    store.add("b", [3.0, 4.0])
    metric = select(store.folder, Asked()).metric._asdict()
    store.manifest(metrics={"psnr": metric | {"higher_is_better": False}})
    (table,) = tables_of(store)
    assert [line_of(table, name)[0][0].bold for name in "ab"] == [True, False]
    assert "Bold: the lowest mean of a column." in table.notes


def test_equal_means_are_all_bold(store):
    for name in "ab":
        store.add(name, [30.0, 31.0])
    (table,) = tables_of(store)
    assert [line_of(table, name)[0][0].bold for name in "ab"] == [True, True]


def test_bounds_are_below_and_never_the_best(store):
    store.add("link", [30.0, 31.0])
    store.add("other", [29.0, 30.5])
    store.add("capacity", [33.0, 34.0])
    store.manifest(references={"capacity": "bound"})
    (table,) = tables_of(store)
    assert [len(block.lines) for block in table.blocks] == [2, 1]
    assert not line_of(table, "capacity (bound)")[0][0].bold
    assert line_of(table, "link")[0][0].bold


def test_one_transmitter_has_nothing_to_be_better_than(store):
    store.add("a", [30.0, 31.0])
    (table,) = tables_of(store)
    assert not line_of(table, "a")[0][0].bold


LEVEL = np.array([[30.0, 14.0], [31.0, 32.0], [12.0, 13.0], [28.0, 28.5]])
LOST = np.array([[0, 1], [0, 0], [1, 1], [0, 0]])


def test_what_was_received_has_its_own_mean_interval_and_count(store):
    store.add("a", LEVEL, lost=LOST)
    store.add("b", LEVEL + 1)
    (table,) = tables_of(store)
    (cell,), (below,) = line_of(table, "a")
    assert cell.text == f"{LEVEL.mean():.0f}"
    arrived = np.ma.masked_array(LEVEL, LOST == 1)
    sums, counts = arrived.sum(axis=1)[[0, 1, 3]], arrived.count(axis=1)[[0, 1, 3]]
    mean = sums.sum() / 5
    # Cochran's interval of a ratio, the images being independent
    error = np.sqrt(3 / 2 * ((sums - mean * counts) ** 2).sum()) / 5
    row = next(csv.DictReader(io.StringIO(of_means(select(store.folder, Asked())))))
    assert float(row["mean_received"]) == pytest.approx(mean)
    half = stats.t.ppf(0.975, 2) * error
    assert float(row["ci95_received"]) == pytest.approx(half)
    assert (row["count_received"], below.count) == ("5", "5/8")
    assert below.text == f"{mean:.0f}"
    assert line_of(table, "b")[1] is None
    assert any(note.startswith("Received: ") for note in table.notes)


def test_all_lost_is_a_mean_of_nothing(store):
    store.add("a", [14.0, 13.0], lost=[1, 1])
    store.add("b", [30.0, 31.0])
    (table,) = tables_of(store)
    (below,) = line_of(table, "a")[1]
    assert (below.text, below.count) == ("–", "0/2")


def test_an_older_run_has_what_was_received_only_if_its_draws_agree(store):
    """Its samples have no sums of deliveries that were not lost."""
    store.add("agree", [[30.0, 31.0], [14.0, 13.0]], lost=[[0, 0], [1, 1]])
    store.add("differ", LEVEL, lost=LOST)
    for path in (store.folder / "samples").iterdir():
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(line for line in lines if "received" not in line))
    metric = select(store.folder, Asked()).metric
    agree, differ = (
        received(store.folder, row, metric) for row in read_points(store.folder)
    )
    assert (agree.mean, agree.count) == (30.5, 2)
    assert differ is None


def test_differences_to_one_are_paired(store):
    rng = np.random.default_rng(2)
    hard = 5 * rng.normal(size=12)
    first, second = 30 + hard, 30.4 + hard + 0.3 * rng.normal(size=12)
    store.add("a", first)
    store.add("b", second)
    (table,) = tables_of(store, against="a")
    gap, error = (second - first).mean(), stats.sem(second - first)
    ((own,), _), ((cell,), _) = line_of(table, "a"), line_of(table, "b")
    assert own.text[0] != "+"
    assert float(cell.text) == pytest.approx(gap, abs=0.06)
    half = stats.t.ppf(0.975, 11) * error
    assert float(cell.interval[0]) == pytest.approx(half, abs=0.06)
    assert "difference to a" in table.caption


def test_each_reason_has_its_letter_and_note(store):
    store.add("a", [30.0, 31.0])
    store.add("a", [30.0, 31.0], at=(20.0, 0.03))
    store.add("b", status="infeasible: smallest file above budget")
    store.add("c", status="failed: image 1: ValueError")
    store.add("d", mean="nan", ci95="nan")
    (table,) = tables_of(store)
    marks = {name: [c.mark for c in line_of(table, name)[0]] for name in "abcd"}
    assert marks == {"a": ["", ""], "b": ["a", "b"], "c": ["c", "b"], "d": ["d", "b"]}
    assert [note.split()[1] for note in table.notes[-4:]] == [
        *("infeasible,", "not", "the", "the")
    ]
    row = list(csv.DictReader(io.StringIO(of_means(select(store.folder, Asked())))))
    assert row[1]["status"] == "infeasible: smallest file above budget"
    assert row[1]["mean"] == row[1]["mean_received"] == ""


def test_tables_run_across_the_snr_or_across_the_cbr(store):
    for cbr in (0.03, 0.0625):
        store.add("a", [30.0, 31.0], at=(10.0, cbr))
    (table,) = tables_of(store)
    assert (table.across, table.heads) == ("CBR", ["0.03", "0.0625"])
    assert table.caption == "PSNR [dB] over awgn at Es/N0 10 dB"
    store.add("a", [30.0, 31.0], at=(4.0, 0.03))
    tables = tables_of(store)
    assert [t.caption[-6:] for t in tables] == ["R 0.03", "0.0625"]
    assert tables[0].heads == ["4 dB", "10 dB"]
    (table,) = tables_of(store, cbr="0.03", snr_db="10")
    assert table.heads == ["10 dB"]


def test_only_gives_the_order_and_labels_the_names(store):
    for name in ("a", "b", "c"):
        store.add(name, [30.0, 31.0])
    (table,) = tables_of(store, only="c a", labels='a="An A" awgn=AWGN')
    assert " over AWGN" in table.caption
    labels = [line.label for line in table.blocks[0].lines]
    assert labels == ["c", "An A"]


def test_a_run_without_its_samples_has_means_without_daggers(store):
    store.add("a", [30.0, 31.0], lost=[0, 1])
    store.add("b", [30.0, 31.5])
    shutil.rmtree(store.folder / "samples")
    (table,) = tables_of(store)
    ((cell,), below) = line_of(table, "a")
    assert (cell.mark, below) == ("a", None)
    assert table.notes[-1].startswith("a: no paired difference to the best")


@pytest.mark.parametrize(("halves", "otherwise", "digits"), [
    ([1.2, 0.41], 2, 1),  # two digits of the widest
    ([0.41, 0.30], 2, 2),
    ([13.0, 0.4], 2, 1),  # one of the narrowest, at least
    ([250.0, 31.0], 2, 0),
    ([0.0123, 0.02], 4, 3),
    ([1e-9], 2, 3),  # at most one more than usual
    ([], 2, 2),
    ([np.nan, 0.0], 3, 3),
])  # fmt: skip
def test_decimals_follow_the_intervals(halves, otherwise, digits):
    assert decimals(halves, otherwise) == digits


@pytest.mark.parametrize(("asked", "form", "output", "message"), [
    ({}, "html", None, "a table is latex, markdown, csv, got 'html'"),
    ({}, "", "x.doc", "a table ends with .tex, .md, .csv, got 'x.doc'"),
    ({}, "", "nowhere/x.tex", "the folder of a table must exist, got 'nowhere/x.tex'"),
    ({"metric": "psn"}, "", None, "unknown metric 'psn'; did you mean 'psnr'?"),
    ({"only": "aa"}, "", None, "unknown transmitter of this run 'aa'"),
    ({"labels": "x=X"}, "", None, "unknown name of this run 'x'"),
    ({"cbr": "0.1"}, "", None, "the run has CBR 0.03 0.0625, got 0.1"),
    ({"only": "b", "cbr": "0.03"}, "", None, "the run has no point there, got b"),
])  # fmt: skip
def test_refusals(store, tmp_path, asked, form, output, message):
    store.add("a", [30.0, 31.0])
    store.add("b", [30.0, 31.0], at=(10.0, 0.0625))
    output = output and tmp_path / output
    with pytest.raises(InputError) as refused:
        write_means(store.folder, Asked(**asked), form, output)
    assert message in str(refused.value).replace(f"{tmp_path}/", "")


def test_a_curve_that_misses_its_cbr_is_named(store):
    store.add("a", [30.0, 31.0], spent=[0.03, 0.03])
    store.add("b", [30.0, 31.5], spent=[0.02, 0.02])
    said, warning = write_means(store.folder, Asked(), "", None).splitlines()
    assert said.endswith("(1 table of PSNR [dB])")
    assert "b over awgn uses CBR 0.02 at the target 0.03 (33 % below" in warning
