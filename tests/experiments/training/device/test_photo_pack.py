"""Packs of photos fit, and keep those that the validation sees as they are."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from experiments.training.device import photo_pack
from experiments.training.device.photo_pack import joined, read_photos, write_photos
from experiments.training.photos import find_photos

HELD_OUT = 2


@pytest.fixture
def photos(tmp_path):
    """Eight noisy photos, of which two are held out."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(8):
        noise = rng.integers(0, 256, (64 + i, 80, 3), np.uint8)
        Image.fromarray(noise).save(folder / f"{i}.png")
    return find_photos(folder)


def test_with_room_all_photos_are_there(photos, tmp_path):
    names, quality = write_photos(tmp_path / "p.zip", photos, 1 << 20)
    assert (names, quality) == (photos.names, photo_pack.BEST)
    found = read_photos(tmp_path / "p.zip")
    for number, (mine, theirs) in enumerate(zip(found, photos, strict=True)):
        assert mine.shape == theirs.shape
        if number < HELD_OUT:
            np.testing.assert_array_equal(mine, theirs)
        else:
            assert 0 < np.abs(mine.astype(int) - theirs).mean() < 60


def test_with_less_room_quality_falls_and_then_photos_are_left_out(photos, tmp_path):
    path = tmp_path / "p.zip"
    held_out = sum(p.stat().st_size for p in photos.paths[:HELD_OUT])
    _, best = write_photos(path, photos, 1 << 20)
    room = int(0.75 * (path.stat().st_size - held_out)) + held_out
    names, quality = write_photos(path, photos, room)
    assert quality < best
    assert path.stat().st_size <= room
    few = held_out + (room - held_out) // 3
    fewer, lowest = write_photos(path, photos, few)
    assert path.stat().st_size <= few
    assert lowest == photo_pack.WORST
    assert HELD_OUT < len(fewer) < len(names) <= len(photos)
    assert fewer == photos.names[: len(fewer)]
    assert len(read_photos(path)) == len(fewer)


def test_pictures_are_webp(photos, tmp_path):
    write_photos(tmp_path / "p.zip", photos, 1 << 20)
    with zipfile.ZipFile(tmp_path / "p.zip") as pack:
        data = pack.read(sorted(pack.namelist())[-1])
    assert Image.open(io.BytesIO(data)).format == "WEBP"


def test_photos_in_one_array():
    rng = np.random.default_rng(0)
    photos = [rng.integers(0, 256, (h, w, 3), np.uint8) for h, w in ((2, 5), (4, 3))]
    pixels = joined(photos)
    for number, photo in enumerate(photos):
        shape = pixels.height[number], pixels.width[number], 3
        first = pixels.first[number]
        own = pixels.values[first : first + shape[0] * shape[1]].reshape(shape)
        np.testing.assert_array_equal(own, photo)
