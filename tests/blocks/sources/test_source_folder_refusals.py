"""The folder source: refused input and its messages."""

import logging
import os
import warnings

import numpy as np
import pytest
from PIL import Image

from blocks.sources.folder import build
from semlink.errors import InputError
from semlink.registry import Registry

COMPRESSED = ["avif", "gif", "heic", "j2k", "jp2", "jpg", "png", "webp"]
UNCOMPRESSED = ["bmp", "pgm", "ppm", "tif"]


def save(path, *, size=(20, 16), colour=(1, 2, 3)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)
    return path


def noise(path):
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(pixels).save(path)


def refusal(path, **params):
    """The message of a refusal: one line, without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InputError) as caught:
            build(str(path), **params)
    message = str(caught.value)
    assert "\n" not in message
    reason, _, count = message.partition("; ")
    assert count in (
        "",
        "1 of 1 images cannot be read, bad_images=skip leaves them out",
    )
    return reason


def spoiled(folder):
    """Four images, of which two cannot be read."""
    for name in ("a", "b", "c", "d"):
        save(folder / f"{name}.png", colour=(ord(name), 0, 0))
    (folder / "b.png").write_text("hello")
    save(folder / "d.png", size=(3, 3))


def test_all_bad_images_are_counted_and_the_first_is_named(tmp_path):
    spoiled(tmp_path)
    with pytest.raises(InputError) as caught:
        build(str(tmp_path))
    message = str(caught.value)
    assert message.startswith(f"image {str(tmp_path / 'b.png')!r} must be one of AVIF")
    assert "2 of 4 images cannot be read, bad_images=skip leaves them out" in message


def test_bad_images_are_left_out_where_that_is_asked(tmp_path):
    spoiled(tmp_path)
    images = build(str(tmp_path), bad_images="skip")
    assert [images[i].name for i in range(len(images))] == ["a.png", "c.png"]
    assert [images[i].index for i in range(len(images))] == [0, 1]
    assert [int(images[i].data[0, 0, 0]) for i in range(2)] == [ord("a"), ord("c")]
    assert ["b.png" in images.skipped[0], "d.png" in images.skipped[1]] == [True] * 2
    for bad in ("b.png", "d.png"):
        (tmp_path / bad).unlink()
    assert images.fingerprint() == build(str(tmp_path)).fingerprint()


def test_nothing_is_skipped_where_nothing_is_bad(tmp_path):
    save(tmp_path / "a.png")
    assert build(str(tmp_path), bad_images="skip").skipped == ()


def test_a_folder_of_nothing_but_bad_images(tmp_path):
    (tmp_path / "a.png").write_text("hello")
    message = refusal(tmp_path, bad_images="skip")
    assert message.startswith("none of 1 images can be read: image ")


def test_missing_folder(tmp_path):
    path = tmp_path / "nowhere"
    assert refusal(path) == f"folder must exist, got {str(path)!r}"


def test_file_instead_of_a_folder(tmp_path):
    path = save(tmp_path / "a.png")
    message = refusal(path)
    assert repr(str(path)) in message
    assert message.endswith("must be a readable folder, got 'Not a directory'")


def test_empty_folder(tmp_path):
    (tmp_path / "a.txt").write_text("no image")
    message = refusal(tmp_path)
    assert message.startswith("folder must hold images (.apng ")
    assert message.endswith(f"got none in {str(tmp_path)!r}")


def test_text_file_named_png(tmp_path):
    (tmp_path / "a.png").write_text("hello\n" * 100)
    message = refusal(tmp_path)
    assert message.startswith(f"image {str(tmp_path / 'a.png')!r} must be one of AVIF")
    assert message.endswith("WEBP, got other content")


def test_file_of_a_format_that_runs_other_programs(tmp_path):
    (tmp_path / "a.png").write_bytes(
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"
    )
    assert refusal(tmp_path).endswith("got other content")


@pytest.mark.parametrize("suffix", COMPRESSED + UNCOMPRESSED)
@pytest.mark.parametrize("kept", [0.0, 0.3, 0.6, 0.95])
def test_truncated_file(tmp_path, capfd, suffix, kept):
    from pillow_heif import register_heif_opener

    register_heif_opener()
    path = tmp_path / f"a.{suffix}"
    noise(path)
    path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])
    message = refusal(tmp_path)
    assert message.startswith(f"image {str(path)!r} must ")
    assert ", got " in message
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "jpeg"])
def test_a_damaged_tiff_is_refused_in_one_line(tmp_path, capfd, compression):
    Image.new("RGB", (200, 200)).save(tmp_path / "a.tif", compression=compression)
    data = bytearray((tmp_path / "a.tif").read_bytes())
    data[8:60] = b"\xff\xd8" + bytes(range(50, 100))
    (tmp_path / "a.tif").write_bytes(data)
    assert "must decode to its end, got 'decoder error -2'" in refusal(tmp_path)
    assert capfd.readouterr() == ("", "")


def test_a_tiff_of_too_many_samples_is_refused_in_one_line(
    tmp_path, capfd, monkeypatch
):
    monkeypatch.setattr(logging.root, "handlers", [])  # those of pytest
    Image.new("RGB", (200, 200)).save(tmp_path / "a.tif")
    data = (tmp_path / "a.tif").read_bytes()
    samples = b"\x15\x01\x03\0\x01\0\0\0"  # SamplesPerPixel, one SHORT
    place = data.index(samples) + len(samples)
    changed = data[:place] + b"\0\x88" + data[place + 2 :]
    (tmp_path / "a.tif").write_bytes(changed)
    assert "must be one of AVIF" in refusal(tmp_path)
    assert capfd.readouterr() == ("", "")


def test_truncated_jpeg_says_so(tmp_path):
    noise(tmp_path / "a.jpg")
    data = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(data[: len(data) // 2])
    assert "must decode to its end, got 'image file is truncated" in refusal(tmp_path)


@pytest.mark.parametrize("size", [(1, 1), (15, 400), (400, 15)])
def test_image_too_small(tmp_path, size):
    path = save(tmp_path / "a.png", size=size)
    expected = f"must have at least 16x16 pixels, got {size[0]}x{size[1]}"
    assert refusal(tmp_path) == f"image {str(path)!r} {expected}"


def test_image_too_large_says_how_to_allow_it(tmp_path):
    save(tmp_path / "a.png", size=(200, 101))
    limit = 200 * 101 / 1e6
    assert len(build(str(tmp_path), max_megapixels=limit)) == 1
    message = refusal(tmp_path, max_megapixels=0.02)
    assert "at most 0.02 megapixels (folder:PATH[max_megapixels=1] allows" in message
    assert message.endswith("got 200x101 = 0.0 megapixels")


def test_decompression_bomb_is_refused_by_its_header(tmp_path):
    save(tmp_path / "a.bmp")
    data = bytearray((tmp_path / "a.bmp").read_bytes())
    data[18:26] = (20000).to_bytes(4, "little") * 2
    (tmp_path / "a.bmp").write_bytes(data)
    assert refusal(tmp_path).endswith("got 20000x20000 = 400.0 megapixels")


def test_pillows_own_limit_does_not_bind_and_is_left_as_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    path = tmp_path / "a.png"
    Image.new("RGB", (20, 16)).save(path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(build(str(tmp_path))) == 1
    assert Image.MAX_IMAGE_PIXELS == 100


def test_damaged_exif_is_no_reason_to_warn_or_stop(tmp_path):
    orientation_and_cut = b"Exif\0\0II*\0\x08\0\0\0\x09\0\x12\x01\x03"
    Image.new("RGB", (24, 16)).save(tmp_path / "a.jpg", exif=orientation_and_cut)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert build(str(tmp_path))[0].data.shape == (16, 24, 3)


def test_unreadable_file(tmp_path, monkeypatch):
    path = save(tmp_path / "a.png")

    def denied(*args, **kwargs):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("blocks.sources.images.Image.open", denied)
    expected = "must be readable, got 'Permission denied'"
    assert refusal(tmp_path) == f"image {str(path)!r} {expected}"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("which", ["a.png", "sub"])
def test_permissions(tmp_path, which):
    save(tmp_path / "a.png")
    save(tmp_path / "sub" / "b.png")
    os.chmod(tmp_path / which, 0)
    try:
        message = refusal(tmp_path)
    finally:
        os.chmod(tmp_path / which, 0o700)
    assert repr(str(tmp_path / which)) in message
    assert message.endswith("got 'Permission denied'")


def test_a_subfolder_that_cannot_be_listed_is_not_skipped(tmp_path, monkeypatch):
    save(tmp_path / "a.png")
    save(tmp_path / "sub" / "b.png")
    scandir = os.scandir

    def denying(path):
        if os.fspath(path).endswith("sub"):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", denying)
    assert "sub' must be a readable folder, got 'Permission" in refusal(tmp_path)


@pytest.mark.parametrize("make", [lambda p: p.symlink_to("gone.png"), os.mkfifo])
def test_dangling_link_and_pipe(tmp_path, make):
    make(tmp_path / "a.png")
    assert refusal(tmp_path).endswith("must be a file, got something else or nothing")


def test_newline_in_a_name_stays_in_one_line(tmp_path):
    (tmp_path / "a\nb.png").write_text("broken")
    assert "a\\nb.png" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"path": "x", "limit": 0}, "source.folder.limit must be greater than 0"),
        ({"path": ""}, "source.folder.path must have at least 1"),
        ({"path": "x", "max_megapixels": 0}, "source.folder.max_megapixels must be"),
        (
            {"path": "x", "max_megapixels": "inf"},
            "source.folder.max_megapixels must be",
        ),
    ],
)
def test_parameters_have_ranges(params, expected):
    registry = Registry("source", packages=("blocks.sources",), group="semlink.sources")
    with pytest.raises(InputError) as caught:
        registry.build("folder", **params)
    assert str(caught.value).startswith(expected)
