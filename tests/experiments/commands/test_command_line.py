"""The command line itself: its help, names of runs, and terminals of ASCII alone."""

import contextlib
import io
import sys
from pathlib import Path

import pytest
import typer

from experiments.__main__ import app, main
from experiments.commands.display import plus_minus
from semlink import __version__

# where a result is, or that there is none but what is printed
WHERE = ("runs/", "OUTPUT", "Print", "into", "beside their owner", "the sweep has")


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Run a command in an empty folder, on a stream: (status, output, errors)."""

    def run(*arguments, encoding="utf-8"):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["semlink", *arguments])
        streams = [io.TextIOWrapper(io.BytesIO(), encoding) for _ in range(2)]
        monkeypatch.setattr(sys, "stdout", streams[0])
        monkeypatch.setattr(sys, "stderr", streams[1])
        with pytest.raises(SystemExit) as left:
            main()
        for stream in streams:
            stream.flush()
        return left.value.code or 0, *(s.buffer.getvalue().decode() for s in streams)

    return run


def leaves(group):
    for one in group.commands.values():
        yield from leaves(one) if hasattr(one, "commands") else [one]


COMMANDS = list(leaves(typer.main.get_command(app)))


@pytest.mark.parametrize("one", COMMANDS, ids=lambda one: one.name)
def test_help_says_what_a_command_does_and_where_its_result_is(one):
    first = one.help.splitlines()[0]
    assert len(first) < 85
    assert first.endswith((".", "(long)."))
    if one.name not in ("learning-curve", "promote"):  # their options say it
        assert any(where in one.help for where in WHERE)
    assert all(getattr(p, "help", None) for p in one.params if p.name != "help")


def test_version(command):
    assert command("--version") == (0, f"semlink {__version__}\n", "")


@pytest.mark.parametrize("run", [".sent", "", "..", ".", "a/b", "/tmp"])
@pytest.mark.parametrize("name", ["sweep", "figure", "panel", "report", "fig4"])
def test_a_run_is_the_name_of_a_folder_in_runs(command, tmp_path, name, run):
    status, out, error = command(name, "--run", run)
    told = f"a run is a name without slashes or a leading dot, got {run!r}"
    assert (status, out, error) == (2, "", f"error: {told}\n")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("panel --cbr x", "--cbr must be a number, got 'x'"),
        ("mcs-table --blocks 0", "--blocks must be at least 1, got '0'"),
        ("worker garbage", "tcp://HOST:PORT or tls://HOST:PORT, got 'garbage'"),
        ("scheduler --port x", "--port must be an integer, got 'x'"),
        ("fig4 --protocol a", "the protocol must be adaptive or paper, got 'a'"),
        ("sweep --cluster tcp://a", "or tls://HOST:PORT, got 'tcp://a'"),
    ],
)
def test_a_value_that_is_wrong_is_named(command, said, message):
    status, out, error = command(*said.split())
    assert (status, out) == (2, "")
    assert len(error.splitlines()) == 1
    assert error.endswith(f"{message}\n")


def test_a_sweep_prints_to_a_terminal_of_ascii_alone(command):
    small = ("source=photos[limit=2]", "channel=awgn", "transmitter=jpeg_ldpc")
    grid = ("snr_db=20", "cbr=0.03")
    status, out, error = command("sweep", *small, *grid, encoding="ascii")
    assert (status, error) == (0, "")
    assert " +-" in out
    assert "runs/sweep/points.csv" in out
    status, out, _ = command("sweep", *small, *grid, encoding="utf-8")
    assert " ±" in out


@pytest.mark.parametrize("said", ["--version", "list"])
def test_output_to_a_full_disk_ends_in_one_line(monkeypatch, capsys, said):
    monkeypatch.setattr(sys, "argv", ["semlink", said])
    with open("/dev/full", "w", buffering=1) as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(SystemExit) as left:
            main()
        assert left.value.code == 2
        assert capsys.readouterr().err == "error: No space left on device\n"
        with contextlib.suppress(OSError):
            full.close()


@pytest.mark.parametrize("folder", [".", "docs/figures"])
def test_a_figure_is_in_the_folder_of_figures_or_here(
    command, tmp_path, monkeypatch, folder
):
    monkeypatch.setattr("experiments.studies.architecture.draw", lambda path: path)
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    figure = str(Path(folder, "architecture.svg"))
    assert command("architecture") == (0, f"{figure}\n", "")
    assert (tmp_path / "docs").exists() == (folder != ".")


@pytest.mark.parametrize("name", ["channel-gallery", "architecture"])
@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("gone/a.png", "the folder of a figure must exist, got 'gone/a.png'"),
        ("a.jpg", "a figure ends with .png, .pdf, .svg, got 'a.jpg'"),
    ],
)
def test_a_figure_that_cannot_be_written_is_refused_first(
    command, tmp_path, name, path, message
):
    assert command(name, "--output", path) == (2, "", f"error: {message}\n")
    assert not list(tmp_path.iterdir())


def test_the_sign_of_an_interval_is_one_that_the_terminal_has():
    assert plus_minus("utf-8") == plus_minus("latin-1") == "±"
    assert plus_minus("ascii") == plus_minus("no such encoding") == "+-"


@pytest.mark.parametrize("name", ["list", "sweep"])
def test_help_prints_to_ascii(command, name):
    assert command(name, "--help", encoding="ascii")[0] == 0
