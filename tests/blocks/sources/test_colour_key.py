"""Samples of PNG files in every depth, and the colour that counts as transparent."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from blocks.sources.images import load_rgb
from semlink.errors import InputError

SIDE = 16
GRAY, COLOUR = 0, 2


def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def write_png(path, *, colour, rows, bits=16, before=b"", after=b"", interlaced=False):
    header = struct.pack(">IIBBBBB", SIDE, SIDE, bits, colour, 0, 0, interlaced)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + before
        + chunk(b"IDAT", zlib.compress(rows))
        + after
        + chunk(b"IEND", b"")
    )


def test_colour_of_16_bits_keeps_its_upper_bytes(tmp_path):
    pixel = struct.pack(">HHH", 0x1234, 0xFFFF, 0x00FF)
    rows = (b"\0" + pixel * SIDE) * SIDE
    path = tmp_path / "a.png"
    write_png(path, colour=COLOUR, rows=rows)
    assert load_rgb(path)[3, 5].tolist() == [18, 255, 0]


def key(*samples):
    return chunk(b"tRNS", struct.pack(f">{len(samples)}H", *samples))


def columns(samples, bits, channels=1):
    """Rows of a PNG that all begin with these samples; the rest is 0."""
    length = SIDE * bits * channels
    row = "".join(f"{value:0{bits}b}" for value in samples).ljust(length, "0")
    return (b"\0" + int(row, 2).to_bytes(length // 8, "big")) * SIDE


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(
    ("bits", "samples", "expected"),
    [
        (1, [1, 0], [255, 0]),
        (2, [1, 2, 3], [255, 170, 255]),
        (4, [5, 6, 15], [255, 102, 255]),
        (8, [85, 86], [255, 86]),
        (16, [0x1234, 0x1235, 0x1334], [255, 0x12, 0x13]),
    ],
)
def test_a_transparent_gray_is_compared_in_its_own_depth(
    tmp_path, bits, samples, expected, late
):
    # upper bits of the colour have no meaning, and neither has a late one
    colour = key(samples[0] | (0 if bits == 16 else 1 << bits))
    place = "after" if late else "before"
    rows = columns(samples, bits)
    write_png(tmp_path / "a.png", bits=bits, colour=GRAY, rows=rows, **{place: colour})
    if late:
        scale = 255 / (2**bits - 1) if bits < 16 else 1 / 256
        expected = [int(sample * scale) for sample in samples]
    seen = load_rgb(tmp_path / "a.png")[SIDE - 1, : len(samples)]
    assert seen.tolist() == [[value] * 3 for value in expected]


def test_black_of_1_bit_may_be_transparent(tmp_path):
    rows = columns([0, 1], 1)
    write_png(tmp_path / "a.png", bits=1, colour=GRAY, rows=rows, before=key(0))
    assert load_rgb(tmp_path / "a.png").min() == 255


@pytest.mark.parametrize("bits", [8, 16])
def test_a_transparent_colour_is_compared_in_its_own_depth(tmp_path, bits):
    upper = 2 ** (bits - 8)
    colour = [10 * upper + 1, 20 * upper + 2, 30 * upper + 3]
    alike = [*colour[:2], colour[2] + 1]  # the same upper bytes in 16 bits
    rows = columns([*colour, *alike], bits, channels=3)
    path = tmp_path / "a.png"
    write_png(path, bits=bits, colour=COLOUR, rows=rows, before=key(*colour))
    expected = [value // upper for value in alike]
    assert load_rgb(path)[5, :3].tolist() == [[255] * 3, expected, [0] * 3]


def test_a_transparent_colour_of_16_bits_in_an_interlaced_file(tmp_path):
    passes = [(2, 2), (2, 2), (4, 2), (4, 4), (8, 4), (8, 8), (16, 8)]  # Adam7
    pixel = struct.pack(">HHH", 0x1234, 0x5678, 0x9ABC)
    rows = b"".join((b"\0" + pixel * width) * height for width, height in passes)
    path, options = tmp_path / "a.png", {"colour": COLOUR, "interlaced": True}
    write_png(path, rows=rows, before=key(0x1234, 0x5678, 0x9ABC), **options)
    assert load_rgb(path).min() == 255
    write_png(path, rows=rows, before=key(0x1234, 0x5678, 0x9ABD), **options)
    assert load_rgb(path)[0, 0].tolist() == [0x12, 0x56, 0x9A]


def test_a_picture_with_a_transparent_colour_is_turned_too(tmp_path):
    pixels = np.full((24, 40, 3), 100, np.uint8)
    pixels[:, :8] = (1, 2, 3)
    turned = Image.Exif()
    turned[0x0112] = 6
    options = {"exif": turned, "transparency": (1, 2, 3)}
    Image.fromarray(pixels).save(tmp_path / "a.png", **options)
    rgb = load_rgb(tmp_path / "a.png")
    assert rgb.shape == (40, 24, 3)
    assert [rgb[:8].min(), rgb[8:].max()] == [255, 100]


@pytest.mark.parametrize("short", [b"", b"\0", b"\0\x01\0\x02"])
def test_a_transparent_colour_that_is_cut_is_refused(tmp_path, short):
    rows = columns([1, 2, 3], 8, channels=3)
    before = chunk(b"tRNS", short)
    write_png(tmp_path / "a.png", bits=8, colour=COLOUR, rows=rows, before=before)
    with pytest.raises(InputError, match=r"to its end, got 'Truncated tRNS chunk'$"):
        load_rgb(tmp_path / "a.png")


def test_a_png_without_pixels_is_refused(tmp_path):
    write_png(tmp_path / "a.png", bits=8, colour=GRAY, rows=b"", before=key(1))
    with pytest.raises(InputError, match="must decode to its end, got "):
        load_rgb(tmp_path / "a.png")
