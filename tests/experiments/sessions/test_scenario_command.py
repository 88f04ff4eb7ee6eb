"""``semlink scenario``: files of a run, the same for the same seed, and refusals."""

import filecmp
import json
import shutil
import sys

import pytest

from experiments.__main__ import main
from experiments.sessions.play import play
from experiments.sessions.rows import read_steps

FILES = ("steps.csv", "manifest.json", "timeline.png", "session.html")


@pytest.fixture
def command(tmp_path, monkeypatch, capfd):
    """Run the command in an empty folder: (status, output, errors)."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["semlink", "scenario", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        return left.value.code or 0, *capfd.readouterr()

    return run


@pytest.fixture
def copied(session_run, tmp_path):
    """A copy of the run, in runs/small of an empty folder."""
    return shutil.copytree(session_run, tmp_path / "runs" / "small")


def test_a_run_has_its_files_and_every_frame(session_run):
    assert {path.name for path in session_run.iterdir()} == {*FILES, ".lock"}
    rows = read_steps(session_run)
    assert [row["frame"] for row in rows] == ["0", "1", "2", "3"]
    assert all(row["transmitter"] == "linear_jscc" for row in rows)
    assert all(0 < int(row["uses_down"]) <= int(row["granted_uses"]) for row in rows)


def test_the_manifest_says_what_was_played(session_run):
    manifest = json.loads((session_run / "manifest.json").read_text())
    assert (manifest["scenario"], manifest["seed"], manifest["episode"]) == (
        "monitor",
        1,
        0,
    )
    assert manifest["configuration"]["world"]["frames"] == 4
    assert manifest["components"].keys() >= {"source", "transmitter", "adapter"}
    weights = manifest["components"]["transmitter"]["linear_jscc"]["files_sha256"]
    assert all(len(sha) == 64 for sha in weights)
    assert manifest["work"]["linear_jscc"]["encode"] > 0


@pytest.mark.slow
def test_a_killed_session_goes_on_to_the_same_bytes(
    copied, session_run, small_session, capsys
):
    data = (copied / "steps.csv").read_bytes()
    (copied / "steps.csv").write_bytes(data[: len(data) * 2 // 3])
    for name in ("timeline.png", "session.html"):
        (copied / name).unlink()
    play("monitor", list(small_session), copied, 1, 0)
    same, differ, missing = filecmp.cmpfiles(session_run, copied, FILES, shallow=False)
    assert (len(same), differ, missing) == (len(FILES), [], [])
    assert "4 frames in " in capsys.readouterr().out


def test_a_finished_session_is_shown_and_not_played(
    copied, command, small_session, monkeypatch
):
    monkeypatch.setattr("semlink.loop.session.Session.__iter__", None)
    status, out, err = command("monitor", *small_session, "--run", "small")
    assert (status, err) == (0, "")
    assert "4 were there already" in out
    assert all(f"runs/small/{name}" in out for name in FILES)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("monitr",), "unknown scenario 'monitr'; did you mean 'monitor'? known: "),
        (("gone.yaml",), "unknown scenario 'gone.yaml'; "),
        (("monitor[",), "a component is name:argument[key=value,...], got 'monitor['"),
        (("monitor", "world.frame=3"), "unknown configuration key 'world.frame'; did"),
        (("monitor", "world.frames=0"), "world.frames must be at least 1, got 0"),
        (("monitor", "frames"), "an override is key=value, got 'frames'"),
        (("monitor", "adapter=bandid"), "unknown adapter 'bandid'; did you mean"),
        (("monitor", "transmitter=wrds"), "unknown transmitter of uses 'words'; did"),
        (("monitor", "--run", "a/b"), "a run is a name without slashes"),
        (("monitor", "--seed", "-1"), "--seed must be at least 0, got '-1'"),
        (("monitor", "--episode", "x"), "--episode must be an integer, got 'x'"),
    ],
)
def test_bad_input_is_one_line(command, arguments, message):
    status, out, err = command(*arguments)
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert message in err


def test_an_intent_that_none_can_read_or_meet_is_one_line(command, small_session):
    keys = [key for key in small_session if not key.startswith("says")]
    for said in ("fly", "{verb: fly}", "{verb: ask, question: why}"):
        status, _, err = command("monitor", *keys, f"says={said}")
        assert status == 2
        assert len(err.splitlines()) == 1


def test_another_scenario_in_the_folder_is_refused(copied, command, small_session):
    status, _, err = command(
        "monitor", *small_session, "world.snr_db=3", "--run", "small"
    )
    assert status == 2
    assert err == (
        "error: runs/small was made with world.snr_db 14.0; choose another run, got "
        "3.0\n"
    )


@pytest.mark.slow
def test_a_session_interrupted_by_hand_says_what_it_kept(
    tmp_path, small_session, monkeypatch, capsys
):
    from experiments.report.session import Album

    def stop(album, step):
        if step.frame.number == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(Album, "add", stop)
    with pytest.raises(KeyboardInterrupt):
        play("monitor", list(small_session), tmp_path / "run", 1, 0)
    assert "interrupted: 2 of 4 frames kept in" in capsys.readouterr().out
