"""The orientation in a file's metadata is applied; all else in them is ignored."""

import struct

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from blocks.sources.images import load_rgb

# What turns the stored picture into the one that is seen (EXIF 2.3, Orientation).
SEEN = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
    8: lambda a: np.rot90(a),
}


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp", "avif"])
@pytest.mark.parametrize("orientation", SEEN)
def test_orientation_is_honoured(tmp_path, suffix, orientation):
    rng = np.random.default_rng(orientation)
    stored = Image.fromarray(rng.integers(0, 256, (24, 40, 3), np.uint8))
    stored.save(tmp_path / f"plain.{suffix}")
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / f"turned.{suffix}", exif=exif)
    expected = SEEN[orientation](load_rgb(tmp_path / f"plain.{suffix}"))
    np.testing.assert_array_equal(load_rgb(tmp_path / f"turned.{suffix}"), expected)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "I;16"])
@pytest.mark.parametrize("orientation", SEEN)
def test_orientation_of_uncompressed_samples_is_honoured(tmp_path, mode, orientation):
    pixels = np.random.default_rng(1).integers(0, 256, (24, 40), np.uint8)
    if mode == "I;16":
        stored = Image.fromarray(pixels.astype(np.uint16) << 8)
    else:
        stored = Image.fromarray(pixels).convert(mode)
    stored.save(tmp_path / "plain.tif")
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "turned.tif", exif=exif)
    expected = SEEN[orientation](load_rgb(tmp_path / "plain.tif"))
    np.testing.assert_array_equal(load_rgb(tmp_path / "turned.tif"), expected)


SHORT, RATIONAL, SIGNED_RATIONAL = 3, 5, 10
ORIENTATION, RESOLUTION = 0x0112, 0x011A


def exif(entries):
    """EXIF of entries (tag, type, value as bytes)."""
    body, data = b"", b""
    start = 8 + 2 + 12 * len(entries) + 4
    for tag, kind, value in entries:
        count = len(value) // (2 if kind == SHORT else 8)
        place = value if len(value) <= 4 else struct.pack("<I", start + len(data))
        body += struct.pack("<HHI", tag, kind, count) + place.ljust(4, b"\0")
        data += value if len(value) > 4 else b""
    header = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", len(entries))
    return header + body + bytes(4) + data


TURNED = (ORIENTATION, SHORT, struct.pack("<H", 6))
SIX_OVER_ONE = (ORIENTATION, RATIONAL, struct.pack("<II", 6, 1))
NO_NUMBER = (RESOLUTION, SIGNED_RATIONAL, struct.pack("<ii", -1, 0))
NO_SUCH_TYPE = (RESOLUTION, 99, bytes(8))
NO_SUCH_TURN = (ORIENTATION, SHORT, struct.pack("<H", 9))


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
@pytest.mark.parametrize(
    ("data", "turns"),
    [
        (exif([TURNED, NO_NUMBER]), True),
        (exif([TURNED, NO_SUCH_TYPE]), True),
        (exif([SIX_OVER_ONE]), True),
        (exif([NO_SUCH_TURN]), False),
        (exif([NO_NUMBER]), False),
        (exif([TURNED])[:20], False),
        (b"Exif\0\0no header of TIFF", False),
    ],
    ids=["number", "type", "rational", "nine", "none", "cut", "header"],
)
def test_only_the_orientation_of_metadata_matters(tmp_path, suffix, data, turns):
    path = tmp_path / f"a.{suffix}"
    Image.new("RGB", (40, 24)).save(path, exif=data)
    assert load_rgb(path).shape == ((40, 24, 3) if turns else (24, 40, 3))


def test_metadata_that_are_no_hexadecimal_numbers_do_not_matter(tmp_path):
    text = PngImagePlugin.PngInfo()
    text.add_text("Raw profile type exif", "\nexif\n 4\nno hexadecimal")
    Image.new("RGB", (40, 24)).save(tmp_path / "a.png", pnginfo=text)
    assert load_rgb(tmp_path / "a.png").shape == (24, 40, 3)
