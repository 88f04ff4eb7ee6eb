"""The folder source: selection, order, and samples."""

import numpy as np
import pytest
from PIL import Image

from blocks.sources.folder import build
from semlink.protocols import Source


def save(path, *, size=(20, 16), colour=(1, 2, 3)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)
    return path


def names(source):
    return [source[i].name for i in range(len(source))]


def test_satisfies_the_protocol_and_gives_the_image(tmp_path):
    pixels = np.arange(20 * 30 * 3, dtype=np.uint8).reshape(20, 30, 3)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    source = build(str(tmp_path))
    assert isinstance(source, Source)
    sample = source[0]
    known = sample.index, sample.name, sample.annotations, sample.query
    assert known == (0, "a.png", {}, None)
    assert (sample.modality, sample.values) == (source.modality, pixels.size)
    assert sample.data.dtype == np.uint8
    np.testing.assert_array_equal(sample.data, pixels)


def test_recursion_order_and_what_is_left_out(tmp_path):
    wanted = ["B.PNG", "a.png", "b/c/z.jpeg", "b/d.webp", "b.bmp", "b10.png", "b2.png"]
    for name in (*wanted, ".hidden.png", ".git/x.png", "b/.cache/y.png"):
        save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("not an image")
    (tmp_path / "png").write_text("no suffix")
    assert names(build(str(tmp_path))) == sorted(wanted)


def test_a_hidden_root_is_still_read(tmp_path):
    save(tmp_path / ".photos" / "a.png")
    assert names(build(str(tmp_path / ".photos"))) == ["a.png"]


def test_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    save(tmp_path / "photos" / "a.png")
    assert names(build("~/photos")) == ["a.png"]


def test_images_of_many_sizes_keep_theirs(tmp_path):
    save(tmp_path / "a.png", size=(16, 16))
    save(tmp_path / "b.png", size=(17, 131))
    source = build(str(tmp_path))
    assert [source[i].data.shape for i in (0, 1)] == [(16, 16, 3), (131, 17, 3)]


def test_iteration_ends_and_indices_wrap(tmp_path):
    for name in "abc":
        save(tmp_path / f"{name}.png")
    source = build(str(tmp_path))
    assert [sample.index for sample in source] == [0, 1, 2]
    assert source[-1].index == 2
    with pytest.raises(IndexError):
        source[3]


def test_limit_opens_no_more_than_it_gives(tmp_path):
    save(tmp_path / "a.png")
    (tmp_path / "b.png").write_text("broken")
    assert names(build(str(tmp_path), limit=1)) == ["a.png"]


def test_images_are_loaded_when_asked_for(tmp_path):
    for i in range(20):
        save(tmp_path / f"{i:02}.png", colour=(i, 0, 0))
    source = build(str(tmp_path))
    save(tmp_path / "00.png", colour=(99, 0, 0))
    assert source[0].data[0, 0, 0] == 99


def test_a_sample_cannot_change_the_source(tmp_path):
    save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="read-only"):
        build(str(tmp_path))[0].data[:] = 0


def test_fingerprint_is_of_the_data_not_of_the_place(tmp_path):
    for place in ("one", "two"):
        save(tmp_path / place / "a.png")
        save(tmp_path / place / "s" / "b.png", colour=(9, 9, 9))
    one, two = (build(str(tmp_path / p)).fingerprint() for p in ("one", "two"))
    assert one == two
    assert len(one) == 64
    assert int(one, 16)


def test_fingerprint_is_of_the_pixels_not_of_the_file(tmp_path):
    for place, level in (("one", 0), ("two", 9)):
        (tmp_path / place).mkdir()
        image = Image.new("RGB", (64, 64), (1, 2, 3))
        image.save(tmp_path / place / "a.png", compress_level=level)
    files = {(tmp_path / p / "a.png").read_bytes() for p in ("one", "two")}
    prints = {build(str(tmp_path / p)).fingerprint() for p in ("one", "two")}
    assert (len(files), len(prints)) == (2, 1)


def test_fingerprint_changes_with_a_pixel_a_name_a_shape_or_the_number(tmp_path):
    def fingerprint(name, image, **params):
        folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        for each in (name, f"z{name}"):
            Image.fromarray(image).save(folder / each)
        return build(str(folder), **params).fingerprint()

    image = np.zeros((16, 32, 3), np.uint8)
    other = image.copy()
    other[7, 5, 1] = 1
    prints = [
        fingerprint("a.png", image),
        fingerprint("a.png", other),
        fingerprint("b.png", image),
        fingerprint("a.png", image.reshape(32, 16, 3)),
        fingerprint("a.png", image, limit=1),
    ]
    assert len(set(prints)) == len(prints)
