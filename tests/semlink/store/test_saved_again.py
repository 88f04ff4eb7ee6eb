"""Results that another program saved again or damaged: read, or named by their cell."""

import pytest

from semlink.store.results import (
    ResultStore,
    read_observations,
    read_points,
    read_samples,
)
from semlink.store.rows import COLUMNS

METRICS = ("psnr", "bler")


def rows(number, **values):
    """The rows of a point."""
    words = ("scenario", "cbr_other", "channel", "source", "status")
    row = dict.fromkeys(COLUMNS, f"{number}.5") | dict.fromkeys(words, "")
    row |= {"transmitter": "tx[a=1,b=2]", "task": "t", "point_id": f"id{number}"}
    row |= {"snr_db": 4.0, "cbr_target": 0.02, "status": "ok"} | values
    return [row | {"metric": metric} for metric in METRICS]


def opened(folder):
    return ResultStore(folder, metrics=METRICS)


def stored(folder, *points):
    with opened(folder) as store:
        for point in points:
            store.append(point)
    return folder / "points.csv"


def as_pandas(text):
    return text.replace(",nan", ",")


def as_excel(text):
    whole = (
        text.replace(",nan", ",").replace(",4.0,", ",4,").replace(",0.02,", ",0.020,")
    )
    return "\ufeff" + whole.replace("\n", "\r\n")


@pytest.mark.parametrize("saved_again", [as_pandas, as_excel])
def test_a_file_that_another_program_saved_is_read(tmp_path, saved_again):
    unknown = {"mean": "nan", "cbr": "nan", "ci95": "nan"}
    counts = {"images": 3, "draws": 1, "count": 0}
    points = [rows(1), rows(2, snr_db=5.0, status="infeasible: \u00fc, 1", **unknown)]
    points.append(rows(3, **counts))
    path = stored(tmp_path, *points)
    before = read_points(tmp_path)
    path.write_bytes(saved_again(path.read_text()).encode())
    assert read_points(tmp_path) == before
    stored(tmp_path, rows(4))  # and a sweep goes on
    with opened(tmp_path) as store:
        assert list(store.finished()) == ["id1", "id2", "id3", "id4"]
        store.sort()
    assert path.read_bytes().startswith(b"scenario,")
    assert b"\r" not in path.read_bytes()


def test_counts_with_a_point_are_whole(tmp_path):
    stored(tmp_path, rows(1, images="3.0", draws="1.0"))
    row = read_points(tmp_path)[0]
    assert (row["images"], row["draws"]) == ("3", "1")


@pytest.mark.parametrize("column", ["snr_db", "cbr_target", "images", "draws", "count"])
def test_what_is_known_at_every_point_must_be_there(tmp_path, column, refusal):
    stored(tmp_path, rows(1, **{column: ""}))
    message = refusal(read_points, tmp_path)
    assert f"line 2 (column {column} must be a number, got '')" in message


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda t: t.replace(",", ";"), "line 1 (column 1 must be 'scenario', got 'sc"),
        (lambda t: f",{t}", "line 1 (column 1 must be 'scenario', got '')"),
        (lambda t: t.replace("\n", ",x\n", 1), "must be none, got 'x')"),
        (
            lambda t: t.replace(",0.02,", ',"0,02",'),
            "line 2 (column cbr_target must be ",
        ),
        (lambda t: t + ",\n", "line 4 (a row has 27 cells, got 2)"),
        (lambda t: t.replace("id1", ""), "line 2 (column point_id must not be empty)"),
    ],
)
def test_what_is_ambiguous_is_named_by_line_and_column(
    tmp_path, change, reason, refusal
):
    path = stored(tmp_path, rows(1))
    path.write_text(change(path.read_text()))
    assert reason in refusal(read_points, tmp_path)


def test_a_letter_of_another_encoding_is_named_by_its_line(tmp_path, refusal):
    path = stored(tmp_path, rows(1), rows(2, status="infeasible: \u00fc"))
    path.write_bytes(path.read_text().encode("latin-1"))
    assert "is damaged at line 4 ('utf-8' codec" in refusal(read_points, tmp_path)


@pytest.mark.parametrize("value", ["", "1.x", "2,5"])
def test_damaged_samples_are_named(tmp_path, value, refusal):
    with opened(tmp_path) as store:
        store.write_samples("id1", {"psnr": {0: (30.0, 1.0)}})
    path = tmp_path / "samples" / "id1.csv"
    assert read_samples(tmp_path, "id1", "psnr") == {0: 30.0}
    path.write_text(path.read_text().replace("30.0", value))
    message = refusal(read_samples, tmp_path, "id1", "psnr")
    assert message.startswith(f"{path} is damaged at line 2 (")


def test_damaged_observations_are_named(tmp_path, refusal):
    with opened(tmp_path) as store:
        store.write_observations("id1", {"detection": {"0": {"a": 1}}})
    path = tmp_path / "observations" / "id1.json"
    assert read_observations(tmp_path, "id1", "detection") == {0: {"a": 1}}
    path.write_text(path.read_text()[:10])
    message = refusal(read_observations, tmp_path, "id1", "detection")
    assert message.startswith(f"{path} is damaged at line 1 (")
