"""Every component on the page about extending semlink is taken at its word."""

import csv
import io
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from experiments.__main__ import main
from semlink.store.results import read_observations, read_points

ROOT = Path(__file__).parents[3]
WORDS = (
    "source=letters.py[count=6]",
    "cbr=40",
    "channel=awgn",
    "task=letter_errors.py",
)


def mean(rows, *where):
    return float(rows[where]["mean"])


def test_every_kind_has_an_example(examples):
    assert set(examples) == {
        "letters.py",
        "uncoded_letters.py",
        "differences.py",
        "repeated_letters.py",
        "letter_errors.py",
        "phase_noise.py",
        "convolution.py",
        "centre.py",
        "middle_first.py",
        "dominant_colour.py",
        "brighter_side.py",
        "bright_spot.py",
    }


def test_the_readme_shows_the_same_channel(examples):
    assert examples["phase_noise.py"] in (ROOT / "README.md").read_text()


@pytest.fixture
def letters(sweep):
    """A sweep of the plain pair at three SNRs."""
    return sweep(*WORDS, "transmitter=uncoded_letters.py", "snr_db=0 4 8")


def test_letters_are_in_error_as_often_as_theory_says(letters):
    rows, _ = letters
    for snr_db in (0.0, 4.0):
        bit = norm.sf(np.sqrt(2 * 10 ** (snr_db / 10)))
        expected, sent = 1 - (1 - bit) ** 5, 6 * 249
        row = rows["uncoded_letters", "letter_errors", snr_db]
        assert int(row["count"]) == sent
        tolerance = 4 * np.sqrt(expected * (1 - expected) / sent)
        assert float(row["mean"]) == pytest.approx(expected, abs=tolerance)


def test_a_metric_of_a_set_is_scored_stored_and_compared(letters, semlink, files):
    rows, _ = letters
    values = [mean(rows, "uncoded_letters", "vocabulary", s) for s in (0.0, 4.0, 8.0)]
    assert values == sorted(values)
    assert values[0] < 0.9 < values[2]
    row = rows["uncoded_letters", "vocabulary", 4.0]
    assert row["task"] == "letter_errors"
    assert 0 < float(row["ci95"]) < 0.2
    seen = read_observations(files / "runs/plugin", row["point_id"], "letter_errors")
    assert sorted(seen) == list(range(6))
    arguments = "--run", "plugin", "--against", "uncoded_letters"
    table = semlink("compare", *arguments, "--metric", "vocabulary")
    assert "| awgn | 40 | 4 dB |" in table


def test_table_figure_and_report_know_the_metrics_by_their_description(
    letters, semlink, files
):
    _, printed = letters
    assert "letter errors" in printed
    assert "vocabulary received" in printed
    assert "PSNR" not in printed
    folder = files / "runs/plugin"
    for metric in ("letter_errors", "vocabulary"):
        assert (folder / f"{metric}_against_snr.png").stat().st_size > 5000
    said = semlink("report", "--run", "plugin")
    assert "this source has no photos" in said
    assert "vocabulary received" in (folder / "report.html").read_text()


@pytest.mark.slow
def test_a_pair_with_memory_spreads_its_errors(sweep):
    pairs = "transmitter=uncoded_letters.py differences.py"
    rows, _ = sweep(*WORDS, pairs, "snr_db=4 20", "stop.draws=3")
    plain, changes = (
        [mean(rows, pair, "letter_errors", snr_db) for snr_db in (4.0, 20.0)]
        for pair in ("uncoded_letters", "differences")
    )
    assert changes[1] == plain[1] == 0
    assert changes[0] > 2 * plain[0]  # an error stays to the end of the draw
    # a draw of the whole set is the independent sample, not a text
    assert rows["differences", "letter_errors", 4.0]["draws"] == "3"
    samples = Path("runs/plugin/samples")
    stored = (
        samples / f"{rows['differences', 'ber', 4.0]['point_id']}.csv"
    ).read_text()
    lines = csv.DictReader(io.StringIO(stored))
    assert {r["sample"] for r in lines if r["metric"] == "letter_errors"} == {*"012"}


def test_scores_of_a_set_are_compared_by_sample_or_not_as_pairs(sweep, semlink):
    pairs = "transmitter=uncoded_letters.py differences.py repeated_letters.py"
    rows, _ = sweep(*WORDS, pairs, "snr_db=2", "stop.draws=2")
    own, changes, repeated = (
        mean(rows, pair, "vocabulary", 2.0)
        for pair in ("uncoded_letters", "differences", "repeated_letters")
    )
    arguments = "--run", "plugin", "--against", "uncoded_letters"
    table = semlink("compare", *arguments, "--metric", "vocabulary")
    *_, first, second, third = table.splitlines()[-1].strip("| ").split(" | ")
    assert float(first) == pytest.approx(own, abs=1e-4)
    # a draw of the pair with memory is no text of the other
    assert second == f"{changes - own:+.4f} unpaired"
    gain, half = map(float, third.split(" ±"))
    assert gain == pytest.approx(repeated - own, abs=1e-4)
    assert 0 < half < gain


def test_a_request_costs_channel_uses_where_feedback_is_counted(sweep):
    said = (*WORDS, "transmitter=repeated_letters.py", "snr_db=2", "stop.images=3")
    free, _ = sweep(*said)
    counted, _ = sweep(*said, "feedback.bits_per_use=1", name="counted")
    where = "repeated_letters", "letter_errors", 2.0
    assert mean(free, *where) == mean(counted, *where)
    assert float(free[where]["cbr_up"]) == 0
    up = float(counted[where]["cbr_up"])
    assert up > 249 / 50  # a bit for each letter, each time
    assert counted[where]["cbr_other"].startswith("request up=")
    spent = float(counted[where]["cbr"]) - float(free[where]["cbr"])
    assert spent == pytest.approx(up)
    assert float(free[where]["cbr_retransmission"]) > 0


def test_what_is_asked_for_again_arrives(sweep):
    pairs = "transmitter=uncoded_letters.py repeated_letters.py"
    rows, _ = sweep(*WORDS, pairs, "snr_db=4", "stop.images=3")
    plain, repeated = (
        mean(rows, pair, "letter_errors", 4.0)
        for pair in ("uncoded_letters", "repeated_letters")
    )
    assert repeated < 0.2 * plain


def test_a_source_that_a_transmitter_does_not_accept(files, monkeypatch, capsys):
    said = ["source=letters.py", "transmitter=jpeg_ldpc", "channel=awgn"]
    monkeypatch.setattr(sys, "argv", ["semlink", "sweep", "--run", "no", "--", *said])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    message = capsys.readouterr().err
    assert "transmitter jpeg_ldpc accepts image, got a source of text" in message
    assert not (files / "runs/no").exists()


def test_what_a_task_cannot_judge_is_not_available(sweep):
    rows, printed = sweep(
        *WORDS[:3],
        "task=letter_errors.py reconstruction",
        "transmitter=uncoded_letters.py",
        "snr_db=4 8",
    )
    row = rows["uncoded_letters", "psnr", 4.0]
    assert (row["mean"], row["count"], row["status"]) == ("nan", "0", "ok")
    assert row["task"] == "reconstruction"
    assert "n/a" in printed
    assert not Path("runs/plugin/psnr_against_snr.png").exists()


def test_a_channel_runs_by_path(sweep):
    rows, _ = sweep(
        "source=gaussian[count=2,height=32,width=32]",
        "transmitter=uncoded",
        "channel=awgn phase_noise.py[step_rad=0.02]",
        "snr_db=0 20",
        "cbr=0.7",
    )
    mse = {
        (r["channel"], float(r["snr_db"])): float(r["mean"])
        for r in read_points(Path("runs/plugin"))
        if r["metric"] == "mse"
    }
    label = "phase_noise[step_rad=0.02]"
    # a phase that walks away hurts most where there is little noise to hide it
    assert mse[label, 20.0] > 2 * mse["awgn", 20.0]
    assert mse[label, 0.0] > mse["awgn", 0.0]


def test_components_run_by_entry_point(sweep, installed):
    pairs = ("uncoded_letters", "differences", "repeated_letters")
    rows, _ = sweep(
        "source=letters[count=2]",
        f"transmitter={' '.join(pairs)}",
        "task=letter_errors",
        "channel=phase_noise[step_rad=0]",
        "snr_db=20",
        "cbr=40",
    )
    for pair in pairs:
        assert mean(rows, pair, "letter_errors", 20.0) == 0
