"""Output and figures of the commands, run in this process."""

import contextlib
import io
import json
import shutil
import sys

import pytest
from PIL import Image

from experiments.__main__ import main
from experiments.compose import catalogue


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Run a command in an empty folder: (exit status, output, errors)."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["semlink", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        captured = capsys.readouterr()
        return stop.value.code or 0, captured.out, captured.err

    return run


SWEEP = ("sweep", "--run", "small", "source=photos[limit=1]", "channel=awgn")
GRID = ("transmitter=jpeg_ldpc", "snr_db=0 20", "cbr=0.001 0.03")


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A folder with one run, and what its sweep printed."""
    folder, printed = tmp_path_factory.mktemp("first"), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["semlink", *SWEEP, *GRID])
        with pytest.raises(SystemExit) as stop:
            main()
    assert not stop.value.code
    return folder / "runs", printed.getvalue()


@pytest.fixture
def printed(first, tmp_path):
    """The run, in the folder of a test; what its sweep printed."""
    shutil.copytree(first[0] / "small", tmp_path / "runs/small")
    return first[1]


def test_list_names_every_component_and_parameter(command):
    status, out, _ = command("list")
    assert status == 0
    for registry in catalogue().registries.values():
        for name in registry.names():
            assert f"  {name} " in out
            assert all(f"      {key}:" in out for key in registry.schema(name))


def test_a_sweep_prints_its_table_and_says_where_things_are(
    command, printed, tmp_path, monkeypatch
):
    lines = [line for line in printed.splitlines() if line.startswith("jpeg_ldpc ")]
    assert len(lines) == 4
    assert sum("infeasible: smallest file" in line for line in lines) == 2
    for path in ("points.csv", "manifest.json", "psnr_against_snr.png"):
        assert f"runs/small/{path}" in printed
        assert (tmp_path / "runs/small" / path).exists()
    assert "warning" not in printed
    # twelve figures, which are there already
    monkeypatch.setattr("experiments.figures.curves.draw_all", lambda _: [])
    again = command(*SWEEP, *GRID)[1]
    assert "4 were there already" in again


@pytest.mark.usefixtures("printed")
def test_the_manifest_says_what_was_run(tmp_path):
    manifest = json.loads((tmp_path / "runs/small/manifest.json").read_text())
    assert manifest["configuration"]["snr_db"] == [0.0, 20.0]
    assert manifest["components"]["transmitter"]["jpeg_ldpc"]["coderate"] == 2 / 3
    assert {"cbr", "snr_db", "psnr", "ci95"} <= manifest["conventions"].keys()
    assert manifest["packages"]["sionna-no-rt"].startswith("1.2")
    assert len(manifest["source_sha256"]) == 64


@pytest.mark.slow
@pytest.mark.usefixtures("printed")
def test_a_sweep_into_the_same_run_keeps_the_first_manifest(command, tmp_path):
    command(*SWEEP, *GRID[:2], "cbr=0.02")
    manifests = (tmp_path / "runs/small").glob("manifest*.json")
    grids = [json.loads(path.read_text())["configuration"]["cbr"] for path in manifests]
    assert sorted(grids) == [[0.001, 0.03], [0.02]]


def test_bad_images_are_named_counted_and_skipped_only_when_asked(command, tmp_path):
    (tmp_path / "mine").mkdir()
    for name in ("a", "b", "c"):
        Image.new("RGB", (64, 48), (90, 60, 30)).save(tmp_path / "mine" / f"{name}.png")
    (tmp_path / "mine" / "b.png").write_text("hello")
    sweep = (*SWEEP[:3], "channel=awgn", GRID[0], "snr_db=20", "cbr=0.2 0.6")
    status, _, err = command(*sweep, "source=folder:mine")
    assert status == 2
    assert "image 'mine/b.png' must be one of" in err
    assert "1 of 3 images cannot be read, bad_images=skip" in err
    status, out, _ = command(*sweep, "source=folder:mine[bad_images=skip]")
    assert status == 0
    assert "2 images x 1 draws (1 skipped)" in out
    assert "skipped: image 'mine/b.png' must be one of" in out
    # a flat picture has a small file at any quality
    assert "warning: jpeg_ldpc over awgn uses CBR 0." in out
    assert "% below, 20 dB): not at equal CBR" in out
    manifest = json.loads((tmp_path / "runs/small/manifest.json").read_text())
    assert len(manifest["images_skipped"]) == 1
    assert manifest["images"] == 2


@pytest.mark.usefixtures("printed")
def test_results_that_cannot_be_compared_are_kept_apart(command):
    status, _, errors = command(*SWEEP, *GRID, "seed=2")
    told = "runs/small was made with seed 1; choose another run, got 2"
    assert (status, errors) == (2, f"error: {told}\n")


@pytest.mark.usefixtures("printed")
def test_results_of_other_random_numbers_are_kept_apart(command, tmp_path):
    path = tmp_path / "runs/small/manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(
        json.dumps({k: v for k, v in manifest.items() if k != "randomness"})
    )
    status, _, errors = command(*SWEEP, *GRID)
    told = "runs/small was made with random numbers of edition 1; choose another run"
    assert (status, errors) == (2, f"error: {told}, got {manifest['randomness']}\n")


@pytest.mark.usefixtures("printed")
def test_a_panel_is_drawn_and_refuses_what_is_not_there(command, tmp_path):
    status, out, _ = command("panel", "--run", "small", "--images", "0")
    assert status == 0
    assert (tmp_path / out.strip()).stat().st_size > 10_000
    for arguments, message in (
        (("--images", "7"), "images must be 0 to 0, got '7'"),
        (("--images", "x"), "images are numbers, got 'x'"),
        (("--cbr", "0.5"), "cbr must be one of 0.001, 0.03, got 0.5"),
        (("--run", "other"), "no manifest of a run in runs/other"),
    ):
        status, _, errors = command("panel", "--run", "small", *arguments)
        assert (status, errors) == (2, f"error: {message}\n")


def test_a_profile_shows_every_stage_and_what_is_left(command, tmp_path):
    grid = ("source=photos[limit=1]", "channel=awgn", "transmitter=jpeg_ldpc")
    status, out, _ = command("profile", *grid, "snr_db=10 20", "cbr=0.03")
    assert status == 0
    lines = {line.split("  ")[0].strip(): line.split() for line in out.splitlines()}
    for name, calls in {"plan": 1, "encode": 1, "channel": 2, "judge": 2}.items():
        assert lines[name][1] == str(calls)
    shares = [
        float(line[-1][:-1]) for line in lines.values() if line and line[-1][-1] == "%"
    ]
    assert sum(shares) == pytest.approx(100, abs=0.5)
    assert "x the sum of its stages" in out
    assert not (tmp_path / "runs").exists()
