"""Files that are whole at every moment."""

import hashlib
import os

import pytest

from semlink.store.files import sha256, write_whole


def test_write_and_replace(tmp_path):
    path = tmp_path / "file"
    for data in (b"first", b"", b"\x00" * 10_000):
        write_whole(path, data)
        assert path.read_bytes() == data
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_others_may_read_the_file(tmp_path):
    write_whole(tmp_path / "file", b"data")
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("step", ["fsync", "chmod", "replace"])
@pytest.mark.parametrize("error", [OSError("no space"), KeyboardInterrupt()])
def test_failure_leaves_the_old_file_and_nothing_else(
    tmp_path, monkeypatch, step, error
):
    path = tmp_path / "file"
    write_whole(path, b"old")

    def fail(*_):
        raise error

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(type(error)):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_the_data_is_on_the_disk_before_it_has_the_name(tmp_path, monkeypatch):
    path, steps = tmp_path / "file", []
    write_whole(path, b"old")
    for step in ("fsync", "replace"):
        real = getattr(os, step)

        def spy(*args, step=step, real=real):
            steps.append((step, path.read_bytes()))
            return real(*args)

        monkeypatch.setattr(os, step, spy)
    write_whole(path, b"new")
    assert steps == [("fsync", b"old"), ("replace", b"old")]
    assert path.read_bytes() == b"new"


def test_a_reader_keeps_the_file_that_it_opened(tmp_path):
    path = tmp_path / "file"
    write_whole(path, b"old" * 1000)
    with path.open("rb") as reader:
        write_whole(path, b"new")
        assert reader.read() == b"old" * 1000


def test_an_error_names_the_file_and_not_a_temporary_one(tmp_path, disk_of):
    with disk_of(10), pytest.raises(OSError, match="File too large") as full:
        write_whole(tmp_path / "file", b"x" * 20)
    assert full.value.filename == str(tmp_path / "file")
    with pytest.raises(FileNotFoundError) as gone:
        write_whole(tmp_path / "gone" / "file", b"")
    assert gone.value.filename == str(tmp_path / "gone" / "file")


@pytest.mark.parametrize("data", [b"", b"abc", b"x" * 1_000_000])
def test_sha256(tmp_path, data):
    (tmp_path / "file").write_bytes(data)
    assert sha256(tmp_path / "file") == hashlib.sha256(data).hexdigest()
