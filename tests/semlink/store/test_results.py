"""The result store: no point is lost, doubled or half written after a failure."""

import csv
import random
import signal
import subprocess
import sys

import pytest

from semlink.errors import InputError
from semlink.store.results import ResultStore, read_points
from semlink.store.rows import COLUMNS, grouped

METRICS = ("psnr", "bler")
WORDS = ("transmitter", "channel", "source", "metric", "point_id", "status")
WORDS += ("scenario", "task", "cbr_other")


def rows(number, *, snr_db=4.0, **values):
    """The rows of a point; every value differs between points."""
    row = dict.fromkeys(COLUMNS, f"{number}.5") | {
        "scenario": "",
        "task": "reconstruction",
        "cbr_other": "",
        "transmitter": "tx",
        "channel": "awgn",
        "source": "folder:a b",
        "snr_db": snr_db,
        "cbr_target": 0.02,
        "point_id": f"id{number}",
        "status": "ok",
    }
    return [{**row, "metric": metric, **values} for metric in METRICS]


def opened(folder, metrics=METRICS):
    return ResultStore(folder, metrics=metrics)


def stored(folder, *points):
    with opened(folder) as store:
        for point in points:
            store.append(point)
    return folder / "points.csv"


def as_text(point):
    return [{key: str(value) for key, value in row.items()} for row in point]


def test_append_and_read(tmp_path):
    points = [rows(1, snr_db=4.0), rows(2, snr_db=float("nan"), mean="nan")]
    path = stored(tmp_path / "deep" / "run", *points)
    assert read_points(path.parent) == [row for p in points for row in as_text(p)]
    with path.open(newline="") as file:
        assert tuple(next(csv.reader(file))) == COLUMNS


def test_finished_points_by_id(tmp_path):
    stored(tmp_path, rows(1), rows(2))
    with opened(tmp_path) as store:
        assert store.finished() == {"id1": as_text(rows(1)), "id2": as_text(rows(2))}


def test_new_run_has_no_points(tmp_path):
    path = stored(tmp_path)
    assert path.read_text() == ",".join(COLUMNS) + "\n"
    assert read_points(tmp_path) == []


def test_values_come_back_as_they_went_in(tmp_path):
    awkward = 'infeasible: "a, b" takes 1.2; \u00fcber\r'
    stored(tmp_path, rows(1, status=awkward, mean=0.1 + 0.2))
    row = read_points(tmp_path)[0]
    assert row["status"] == awkward
    assert float(row["mean"]) == 0.1 + 0.2


def test_a_row_is_one_line_whatever_an_image_is_called(tmp_path):
    path = stored(tmp_path, rows(1, status="infeasible: a\nb.png \udcff"))
    assert len(path.read_bytes().splitlines()) == 1 + len(METRICS)
    assert read_points(tmp_path)[0]["status"] == "infeasible: a b.png \\udcff"


@pytest.mark.parametrize("status", ["ok", 'infeasible: a\nb, "c" \u00fc'])
def test_tail_torn_at_every_byte(tmp_path, status):
    path = stored(tmp_path, rows(1), rows(2))
    kept = path.read_bytes()
    stored(tmp_path, rows(3, status=status))
    whole = path.read_bytes()
    for length in range(len(kept), len(whole)):
        path.write_bytes(whole[:length])
        with opened(tmp_path) as store:
            assert path.read_bytes() == kept, length
            assert list(store.finished()) == ["id1", "id2"]
            store.append(rows(3, status=status))
        assert path.read_bytes() == whole, length


def test_a_whole_file_is_not_touched(tmp_path):
    path = stored(tmp_path, rows(1))
    before = path.stat()
    stored(tmp_path)
    assert path.stat().st_ino == before.st_ino
    assert path.stat().st_mtime_ns == before.st_mtime_ns


def test_reading_leaves_out_a_line_that_is_being_written(tmp_path):
    path = stored(tmp_path, rows(1))
    path.write_bytes(path.read_bytes() + b"tx,awgn,fold")
    assert read_points(tmp_path) == as_text(rows(1))


def damaged(lines):
    """Ways in which a file can be damaged before its end, and the line they show at."""
    cut = [*lines[:1], lines[1][:40] + "\n", *lines[2:]]
    words = [*lines[:1], lines[1].replace("1.5", "high", 1), *lines[2:]]
    header = [lines[0].replace("snr_db", "snr"), *lines[1:]]
    nameless = [*lines[:1], lines[1].replace("id1", ""), *lines[2:]]
    return {
        "cut row": (cut, 2),
        "number that is none": (words, 2),
        "no point id": (nameless, 2),
        "other header": (header, 1),
        "no header": (lines[1:], 1),
        "row lost": ([*lines[:1], *lines[2:]], 2),
        "row lost later": ([*lines[:4], *lines[5:]], 4),
        "rows exchanged": ([lines[0], lines[2], lines[1], *lines[3:]], 2),
        "points mixed": ([*lines[:2], lines[4], *lines[3:]], 2),
        "no results file": (["hello\n", "world\n"], 1),
        "empty lines": ([*lines[:3], "\n", *lines[3:]], 4),
    }


@pytest.mark.parametrize("how", damaged(["", "", "", "", "", "", ""]))
def test_damage_before_the_end_is_refused(tmp_path, how, refusal):
    path = stored(tmp_path, rows(1), rows(2), rows(3))
    lines, number = damaged(path.read_text().splitlines(keepends=True))[how]
    path.write_text("".join(lines))
    before = path.read_bytes()
    message = refusal(opened, tmp_path)
    assert message.startswith(f"{path} is damaged at line {number} (")
    assert message.endswith("); repair it or move it away")
    assert path.read_bytes() == before


@pytest.mark.parametrize("column", [c for c in COLUMNS if c not in WORDS])
def test_every_number_is_checked(tmp_path, column, refusal):
    path = stored(tmp_path, rows(1))
    with path.open("ab") as file:
        cells = as_text(rows(2))[0] | {column: "1.x"}
        file.write((",".join(cells[c] for c in COLUMNS) + "\n").encode())
    reason = f"column {column} must be a number, got '1.x'"
    assert f"is damaged at line 4 ({reason})" in refusal(read_points, tmp_path)


def test_bytes_that_are_no_text(tmp_path, refusal):
    path = stored(tmp_path, rows(1), rows(2))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] = 0xFF
    path.write_bytes(data)
    assert "is damaged" in refusal(opened, tmp_path)
    assert path.read_bytes() == data


def test_a_refused_file_keeps_no_lock(tmp_path):
    path = stored(tmp_path, rows(1))
    whole = path.read_bytes()
    path.write_bytes(b"damaged\n" + whole)
    with pytest.raises(InputError) as caught:  # noqa: F841 - holds the frame
        opened(tmp_path)
    path.write_bytes(whole)
    with opened(tmp_path) as store:
        assert list(store.finished()) == ["id1"]


@pytest.mark.parametrize("points", [1, 3])
@pytest.mark.parametrize(
    "now", [("accuracy", "bler"), ("psnr", "ssim", "bler"), ("psnr",), ("bler", "psnr")]
)
def test_a_run_of_other_metrics_is_not_called_damaged(tmp_path, now, points, refusal):
    stored(tmp_path, *map(rows, range(points)))
    message = refusal(opened, tmp_path, now)
    assert message == (
        f"{tmp_path} was made with metrics psnr, bler; choose another run, got "
        + ", ".join(now)
    )


def test_a_torn_last_point_does_not_hide_other_metrics(tmp_path, refusal):
    path = stored(tmp_path, rows(1), rows(2))
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    message = refusal(opened, tmp_path, ("accuracy",))
    assert "was made with metrics psnr, bler; choose another run" in message


def test_a_second_store_is_refused(tmp_path, refusal):
    with opened(tmp_path):
        message = refusal(opened, tmp_path)
        assert message == f"run folder {tmp_path} is in use by another sweep"
    opened(tmp_path).__exit__()


HOLDER = """
import sys
from semlink.store.results import ResultStore
store = ResultStore(sys.argv[1], metrics=("psnr", "bler"))
print("locked", flush=True)
sys.stdin.read()
"""


def test_a_killed_process_frees_its_lock(tmp_path, refusal):
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as holder:
        try:
            assert holder.stdout.readline() == b"locked\n"
            assert "is in use by another sweep" in refusal(opened, tmp_path)
        finally:
            holder.send_signal(signal.SIGKILL)
        holder.wait()
    stored(tmp_path, rows(1))
    assert read_points(tmp_path) == as_text(rows(1))


def test_folder_that_cannot_be_made(tmp_path, refusal):
    (tmp_path / "run").write_text("a file")
    for folder in (tmp_path / "run", tmp_path / "run" / "deeper"):
        message = refusal(opened, folder)
        assert message.startswith(f"cannot write to run folder {folder}: ")


def test_folder_where_the_file_should_be(tmp_path, refusal):
    (tmp_path / "points.csv").mkdir()
    path = tmp_path / "points.csv"
    assert refusal(opened, tmp_path) == f"cannot read {path}: Is a directory"


def test_run_without_points(tmp_path, refusal):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "points.csv").touch()
    path = tmp_path / "missing" / "points.csv"
    assert refusal(read_points, path.parent) == (
        f"cannot read {path}: No such file or directory; runs with results: other"
    )


@pytest.mark.parametrize("room", [0, 1, 50, 150])
def test_full_disk_leaves_what_was_there(tmp_path, room, refusal, disk_of):
    path = stored(tmp_path, rows(1))
    before = path.read_bytes()
    with opened(tmp_path) as store:
        with disk_of(len(before) + room):
            message = refusal(store.append, rows(2))
            assert path.read_bytes() == before
        assert message.startswith(f"cannot write to {path}: ")
        store.append(rows(2))
        assert list(store.finished()) == ["id1", "id2"]


def test_full_disk_spares_what_is_replaced(tmp_path, refusal, disk_of):
    path = stored(tmp_path, rows(2, snr_db=9), rows(1))
    before = path.read_bytes()
    with opened(tmp_path) as store, disk_of(len(before) - 1):
        assert refusal(store.sort) == f"cannot write {path}: File too large"
        message = refusal(store.write, "manifest.json", before)
    assert message == f"cannot write {tmp_path / 'manifest.json'}: File too large"
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == [".lock", "points.csv"]


def test_full_disk_at_the_start(tmp_path, refusal, disk_of):
    with disk_of(10):
        message = refusal(opened, tmp_path)
    assert message == f"cannot write {tmp_path / 'points.csv'}: File too large"
    assert stored(tmp_path).read_text() == ",".join(COLUMNS) + "\n"


def test_sorted_rows_do_not_depend_on_the_order_of_insertion(tmp_path):
    points = [
        rows(i, snr_db=snr_db, cbr_target=cbr, transmitter=name, point_id=f"id{i}")
        for i, (name, cbr, snr_db) in enumerate(
            (n, c, s) for n in "ba" for c in (0.1, 0.02) for s in (10.0, 9.0, -3.0)
        )
    ]
    found = set()
    for order in range(5):
        random.Random(order).shuffle(points)
        folder = tmp_path / str(order)
        path = stored(folder, *points)
        with opened(folder) as store:
            store.sort()
        found.add(path.read_bytes())
    assert len(found) == 1
    keys = [
        (r["transmitter"], float(r["cbr_target"]), float(r["snr_db"]))
        for r in read_points(folder)[:: len(METRICS)]
    ]
    assert keys == sorted(keys)
    stored(folder)  # a sorted file is one that opens


def test_grouped():
    table = [{"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 1, "b": 2}]
    assert list(grouped(table, "a")) == [
        ((1,), [table[0], table[2]]),
        ((2,), [table[1]]),
    ]


def test_a_run_of_an_earlier_version_is_refused(tmp_path, refusal):
    old = "transmitter,channel,source,snr_db,cbr_target,cbr,metric,mean\n"
    (tmp_path / "points.csv").write_text(old)
    for call in (lambda: opened(tmp_path), lambda: read_points(tmp_path)):
        message = refusal(call)
        assert "was written by an earlier version" in message
        assert "choose another run" in message
    assert (tmp_path / "points.csv").read_text() == old
