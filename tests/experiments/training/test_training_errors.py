"""Errors of the training commands: one line, and a nonzero status."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from experiments.training import recipe
from experiments.training.__main__ import main
from experiments.training.photos import (
    ENOUGH,
    HELD_OUT,
    LEAST,
    SHARE,
    few,
    find_photos,
    held_out,
)
from experiments.training.validation import COUNT, fixed_crops

ROOT = Path(__file__).parents[3]


@pytest.fixture
def photos(tmp_path):
    """A folder of as many photos as a run needs."""
    (tmp_path / "photos").mkdir()
    image = Image.new("RGB", (300, 260), (10, 200, 90))
    for number in range(LEAST):
        image.save(tmp_path / "photos" / f"{number:03d}.png")
    return tmp_path / "photos"


@pytest.fixture
def refused(tmp_path, monkeypatch, capfd, klt):
    """Run the command; give the one line that it ends with."""
    for name in ("KERAS_BACKEND", "TF_CPP_MIN_LOG_LEVEL"):
        monkeypatch.setenv(name, os.environ.get(name, ""))
    np.savez(tmp_path / "klt.npz", **klt)
    monkeypatch.setattr(recipe, "MEASURED", 8)

    def run(data, **options):
        options = {"run": tmp_path / "run", "data": data, "model": "ntscc"} | options
        options = {"profile": "tiny", "klt": tmp_path / "klt.npz"} | options
        words = [f"--{n.replace('_', '-')}={v}" for n, v in options.items()]
        monkeypatch.setattr(sys, "argv", ["training", *words])
        with pytest.raises(SystemExit) as left:
            main()
        assert isinstance(left.value.code, str)  # printed, with status 1
        assert len(left.value.code.splitlines()) == 1
        assert capfd.readouterr().out == ""
        return left.value.code

    return run


def test_missing_and_empty_folder(refused, tmp_path):
    gone = tmp_path / "gone"
    assert refused(gone) == f"error: data must be a folder of photos, got '{gone}'"
    message = refused(f"folder:{tmp_path}")
    assert message.startswith("error: data must be a folder of photos, without folder:")
    (tmp_path / "empty").mkdir()
    message = refused(tmp_path / "empty", run=tmp_path / "other")
    assert message.endswith(f"under {tmp_path / 'empty'}")


def test_too_few_photos(refused, photos):
    (photos / "000.png").unlink()
    assert (
        refused(photos) == f"error: data must be at least 8 photos, got 7 in {photos}"
    )


def test_folder_is_still_free_after_a_command_that_was_wrong(refused, tmp_path, photos):
    (photos / "000.png").unlink()
    refused(tmp_path / "gone")
    assert "got 7 in" in refused(photos)


def test_unknown_names(refused, photos, tmp_path):
    runs = (tmp_path / str(n) for n in range(9))
    message = refused(photos, profile="huge", run=next(runs))
    assert "no profile 'huge'; there are tiny, small, small_wide, " in message
    for name, known in (
        ("model", "ntscc, akb_jscc"),
        ("channel", "awgn, rayleigh"),
        ("objective", ", ".join(recipe.OBJECTIVES)),
    ):
        message = refused(photos, **{name: "nothing"}, run=next(runs))
        assert message.endswith(f"no {name} 'nothing'; there are {known}")


@pytest.mark.slow
def test_another_recipe_in_the_folder_of_a_run(refused, photos, monkeypatch, tmp_path):
    monkeypatch.setattr(recipe, "run_stage", stop)
    assert refused(photos).endswith("stopped")
    message = refused(photos, channel="rayleigh")
    assert "is a run with channel " in message
    assert ", got 'rayleigh'; give the new one another RUN" in message
    # the same recipe resumes, and so does one of an earlier version with fewer fields
    assert refused(photos).endswith("stopped")
    config = tmp_path / "run" / recipe.CONFIG
    asked = json.loads(config.read_text())
    del asked["objective"]
    config.write_text(json.dumps(asked))
    assert refused(photos).endswith("stopped")
    assert "objective 'joint', got 'ms_ssim'" in refused(photos, objective="ms_ssim")


def test_contexts_where_they_do_not_belong_or_lack(refused, photos, tmp_path):
    file = tmp_path / "contexts.npz"
    names = sorted(path.name for path in photos.iterdir())
    np.savez(file, names=names[::-1], vectors=np.zeros((len(names), 384), np.float16))
    assert "takes no contexts, got" in refused(photos, contexts=file)
    assert "takes a file of contexts, got ''" in refused(photos, model="akb_jscc")
    message = refused(photos, model="akb_jscc", contexts=file)
    assert "must hold 384 values for each of the 8 photos" in message


def stop(*_):
    raise RuntimeError("stopped")


def test_full_disk(refused, photos, monkeypatch, tmp_path):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    message = refused(photos)
    run = tmp_path / "run"
    file = run / "config.json"
    assert message == f"error: [Errno 28] No space left on device: '{file}'"
    assert not list(run.iterdir())


def test_photos_that_are_all_too_small_to_validate_on(refused, photos):
    for path in photos.iterdir():
        Image.new("RGB", (64, 64)).save(path)
    assert "some photos must have 256x256 pixels, got none of 6" in refused(photos)


def test_photo_that_is_none(refused, photos):
    (photos / "000.png").write_text("hello")
    (photos / "007.png").write_text("hello")
    assert "cannot identify image file" in refused(photos)


def test_photos_are_found_in_folders_in_order(tmp_path):
    for name in ("b/2.jpg", "b/1.PNG", "a/3.webp", "c.txt", "a/z/4.jpeg"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".txt":
            path.write_text("no photo")
        else:
            Image.new("L", (8, 6), 10 * int(path.stem)).save(path)
    found = find_photos(tmp_path)
    assert [int(photo[0, 0, 0]) // 10 for photo in found] == [3, 4, 1, 2]
    assert all(photo.shape == (6, 8, 3) for photo in found)
    assert [int(photo[0, 0, 0]) // 10 for photo in found[1:3]] == [4, 1]


@pytest.mark.parametrize(
    ("photos", "first"), [(8, 2), (30, 7), (191, 47), (192, 48), (959, 48)]
)
def test_a_quarter_of_the_photos_is_held_out_and_48_at_most(photos, first):
    assert held_out(photos) == first <= HELD_OUT


def test_few_photos_are_warned_about_in_one_line():
    message = few(30, 8 * 400 * 70)
    assert message.startswith(
        "warning: 30 photos, of which 7 validate and each of the "
    )
    assert "cropped 9,739 times" in message
    assert "\n" not in message
    assert ENOUGH == SHARE * COUNT
    assert few(ENOUGH, 1000) == ""
    assert few(ENOUGH - 1, 1000)


def test_validation_is_on_the_same_crops_every_time():
    draw = np.random.default_rng(0)
    images = [draw.integers(0, 256, (260, 300, 3), np.uint8) for _ in range(3)]
    crops, source = fixed_crops(images)
    assert crops.shape[1:] == (256, 256, 3)
    np.testing.assert_array_equal(fixed_crops(images)[0], crops)


def test_help_needs_no_framework_of_its_own():
    done = subprocess.run(
        [sys.executable, "-m", "experiments.training", "--help"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0
    for option in ("--run", "--model", "--profile", "--data", "--channel", "--start"):
        assert option in done.stdout
