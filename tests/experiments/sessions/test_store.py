"""The table of a session in its folder: growth, replay, refusals."""

import json

import pytest

from experiments.sessions.manifest import AGREED
from experiments.sessions.store import StepStore
from semlink.errors import InputError

MANIFEST = dict.fromkeys(AGREED, "x") | {
    "scenario": "monitor",
    "configuration": {"world": {"frames": 3, "events": []}, "uses": [1, 2]},
    "seed": 1,
}


@pytest.fixture
def opened(tmp_path, step_row):
    """Open the table of a folder, with another manifest where one is given."""

    def made(manifest=MANIFEST, folder=tmp_path / "run"):
        return StepStore(folder, tuple(step_row()), manifest)

    return made


def fill(opened, *rows):
    with opened() as store:
        return [store.add(row) for row in rows], store.path.read_bytes()


def test_a_row_is_there_as_soon_as_it_is_added(opened, step_row):
    with opened() as store:
        assert store.add(step_row(0)) is False
        assert len(store.path.read_text().splitlines()) == 2
        store.add(step_row(1))
        assert len(store.path.read_text().splitlines()) == 3
    assert json.loads((store.folder / "manifest.json").read_text()) == MANIFEST


def test_a_session_that_was_killed_ends_with_the_same_bytes(opened, step_row):
    rows = [step_row(number) for number in range(3)]
    _, whole = fill(opened, *rows)
    path = opened().path
    for cut in (whole.index(b"\n") - 3, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        stored, again = fill(opened, *rows)
        assert stored == sorted(stored, reverse=True)
        assert again == whole


def test_a_row_that_does_not_come_out_equal_is_refused(opened, step_row):
    fill(opened, step_row(0), step_row(1))
    message = r"line 3 has utility 0.75, which this code does not give; .* got 0.5$"
    with opened() as store:
        assert store.add(step_row(0)) is True
        with pytest.raises(InputError, match=message):
            store.add(step_row(1, utility=0.5))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"seed": 2}, "was made with seed 1; choose another run, got 2"),
        ({"scenario": "other"}, "with scenario monitor; choose another run, got other"),
        (
            {"configuration": {"world": {"frames": 4, "events": []}, "uses": [1, 2]}},
            "was made with world.frames 3; choose another run, got 4",
        ),
        (
            {"configuration": {"world": {"frames": 3, "events": []}, "uses": [1]}},
            "was made with uses.1 2; choose another run, got nothing",
        ),
    ],
)
def test_another_session_is_kept_out(opened, step_row, more, message):
    _, before = fill(opened, step_row(0))
    with pytest.raises(InputError) as error:
        opened(MANIFEST | more)
    assert str(error.value).endswith(message)
    assert fill(opened, step_row(0))[1] == before


def test_the_result_of_a_sweep_is_kept_out(opened, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "manifest.json").write_text('{"configuration": {}}')
    with pytest.raises(InputError, match="has the result of a sweep; choose another"):
        opened()


def test_two_processes_do_not_share_a_folder(opened):
    with opened(), pytest.raises(InputError, match="is in use by another"):
        opened()
    with opened():  # the refusal has not taken the lock
        pass


def test_a_table_of_other_columns_is_refused(opened, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "steps.csv").write_text("frame,slot\n0,0\n")
    with pytest.raises(InputError, match="another version; .* got 2 columns instead"):
        opened()


def test_a_full_disk_keeps_whole_rows(opened, step_row, disk_of):
    with opened() as store:
        store.add(step_row(0))
        before = store.path.read_bytes()
        with disk_of(len(before) + 10), pytest.raises(InputError, match="cannot write"):
            store.add(step_row(1))
        assert store.path.read_bytes() == before
