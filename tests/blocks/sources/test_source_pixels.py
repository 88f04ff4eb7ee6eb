"""Pixels of image files: every kind of sample."""

import struct

import numpy as np
import pytest
from PIL import Image

from blocks.sources.images import load_rgb
from semlink.errors import InputError

SIDE = 16
TIFF_WIDTH, TIFF_HEIGHT, TIFF_STRIP, TIFF_STRIP_SIZE = 256, 257, 273, 279
TIFF_BITS, TIFF_COMPRESSION, TIFF_PHOTOMETRIC, TIFF_SAMPLES = 258, 259, 262, 277


def flat(mode, value):
    return Image.new(mode, (SIDE, SIDE), value)


def gray16(values):
    image = np.zeros((SIDE, SIDE), np.uint16)
    image[0, : len(values)] = values
    return image


def write_gray_tiff(path, *, bits, photometric, data):
    tags = {
        TIFF_WIDTH: SIDE,
        TIFF_HEIGHT: SIDE,
        TIFF_BITS: bits,
        TIFF_COMPRESSION: 1,
        TIFF_PHOTOMETRIC: photometric,
        TIFF_STRIP: 8,
        TIFF_SAMPLES: 1,
        TIFF_STRIP_SIZE: len(data),
    }
    entries = b"".join(struct.pack("<HHII", t, 3, 1, v) for t, v in tags.items())
    directory = struct.pack("<H", len(tags)) + entries + bytes(4)
    start = struct.pack("<2sHI", b"II", 42, 8 + len(data))
    path.write_bytes(start + data + directory)


def palette(transparency=None):
    image = flat("P", 1)
    image.putpalette([9, 9, 9, 10, 20, 30])
    if transparency is not None:
        image.info["transparency"] = transparency
    return image


# Over white: round((value * alpha + 255 * (255 - alpha)) / 255).
@pytest.mark.parametrize(
    ("image", "suffix", "expected"),
    [
        (flat("1", 1), "png", (255, 255, 255)),
        (flat("L", 77), "png", (77, 77, 77)),
        (flat("LA", (100, 128)), "png", (177, 177, 177)),
        (palette(), "png", (10, 20, 30)),
        (palette(bytes([255, 51])), "png", (206, 208, 210)),
        (palette(), "gif", (10, 20, 30)),
        (palette(1), "gif", (255, 255, 255)),
        (flat("RGB", (1, 2, 3)), "bmp", (1, 2, 3)),
        (flat("RGB", (1, 2, 3)), "ppm", (1, 2, 3)),
        (flat("RGB", (1, 2, 3)), "jp2", (1, 2, 3)),
        (flat("RGBA", (10, 20, 30, 0)), "png", (255, 255, 255)),
        (flat("RGBA", (10, 20, 30, 255)), "png", (10, 20, 30)),
        (flat("RGBA", (10, 20, 30, 51)), "png", (206, 208, 210)),
        (flat("CMYK", (255, 0, 0, 0)), "tif", (0, 255, 255)),
        (flat("CMYK", (0, 0, 0, 55)), "tif", (200, 200, 200)),
        (flat("CMYK", (9, 8, 7, 255)), "tif", (0, 0, 0)),
        (flat("CMYK", (0, 0, 0, 55)), "jpg", (200, 200, 200)),
    ],
)
def test_samples_become_8_bit_rgb(tmp_path, image, suffix, expected):
    path = tmp_path / f"image.{suffix}"
    image.save(path)
    rgb = load_rgb(path)
    assert (rgb.shape, rgb.dtype) == ((SIDE, SIDE, 3), np.uint8)
    assert {tuple(map(int, pixel)) for pixel in rgb.reshape(-1, 3)} == {expected}


@pytest.mark.parametrize("suffix", ["jpg", "webp", "avif", "heic"])
def test_lossy_formats_are_read(tmp_path, suffix):
    from pillow_heif import register_heif_opener

    register_heif_opener()
    flat("RGB", (200, 100, 50)).resize((64, 32)).save(tmp_path / f"image.{suffix}")
    rgb = load_rgb(tmp_path / f"image.{suffix}")
    assert rgb.shape == (32, 64, 3)
    assert np.abs(rgb - np.float64([200, 100, 50])).max() < 10


@pytest.mark.parametrize("suffix", ["png", "tif", "jp2"])
def test_gray_of_16_bits_keeps_its_upper_byte(tmp_path, suffix):
    path = tmp_path / f"image.{suffix}"
    Image.fromarray(gray16([0x00FF, 0x0100, 0x1234, 0x8000, 0xFFFF])).save(path)
    assert load_rgb(path)[0, :5].tolist() == [[v] * 3 for v in (0, 1, 18, 128, 255)]


def test_gray_of_16_bits_big_endian_and_pgm(tmp_path):
    values = gray16([0x00FF, 0x1234, 0xFFFF])
    big_endian = values.astype(">u2").tobytes()
    Image.frombytes("I;16B", (SIDE, SIDE), big_endian).save(tmp_path / "b.tif")
    (tmp_path / "c.pgm").write_bytes(b"P5 16 16 65535\n" + big_endian)
    for name in ("b.tif", "c.pgm"):
        assert load_rgb(tmp_path / name)[0, :3, 0].tolist() == [0, 18, 255]


def test_gray_of_16_bits_where_white_is_zero(tmp_path):
    data = gray16([0x00FF, 0x1234, 0xFFFF]).astype("<u2").tobytes()
    write_gray_tiff(tmp_path / "a.tif", bits=16, photometric=0, data=data)
    assert load_rgb(tmp_path / "a.tif")[0, :3, 0].tolist() == [255, 237, 0]


def test_gray_of_12_bits_is_not_taken_for_16(tmp_path):
    data = bytes([0xFF, 0xF8, 0x00]) + bytes(SIDE * SIDE * 3 // 2 - 3)
    write_gray_tiff(tmp_path / "a.tif", bits=12, photometric=1, data=data)
    assert load_rgb(tmp_path / "a.tif")[0, :3, 0].tolist() == [255, 128, 0]


@pytest.mark.parametrize("suffix", ["gif", "webp", "tif", "png"])
def test_first_frame_counts(tmp_path, suffix):
    frames = [flat("RGB", colour) for colour in ((255, 0, 0), (0, 0, 255))]
    options = {"lossless": True} if suffix == "webp" else {}
    path = tmp_path / f"a.{suffix}"
    frames[0].save(path, save_all=True, append_images=frames[1:], **options)
    assert Image.open(path).n_frames == 2
    assert load_rgb(path)[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("suffix", ["tif", "pfm"])
def test_float_samples_are_refused(tmp_path, suffix):
    flat("F", 0.5).save(tmp_path / f"a.{suffix}")
    with pytest.raises(InputError, match=r"at most 16 bits, got Pillow mode 'F'$"):
        load_rgb(tmp_path / f"a.{suffix}")


@pytest.mark.parametrize("value", [-1, 70000])
def test_gray_beyond_16_bits_is_refused(tmp_path, value):
    flat("I", value).save(tmp_path / "a.tif")
    with pytest.raises(InputError, match=rf"in 0\.\.65535, got {value}\.\.{value}$"):
        load_rgb(tmp_path / "a.tif")
