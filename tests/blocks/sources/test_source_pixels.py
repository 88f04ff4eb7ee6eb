"""Pixels of image files: orientation, and every kind of sample."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from blocks.sources.images import load_rgb
from semlink.errors import InputError

SIDE = 16
TIFF_WIDTH, TIFF_HEIGHT, TIFF_STRIP, TIFF_STRIP_SIZE = 256, 257, 273, 279
TIFF_BITS, TIFF_COMPRESSION, TIFF_PHOTOMETRIC, TIFF_SAMPLES = 258, 259, 262, 277

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


def flat(mode, value):
    return Image.new(mode, (SIDE, SIDE), value)


def gray16(values):
    image = np.zeros((SIDE, SIDE), np.uint16)
    image[0, : len(values)] = values
    return image


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


def test_colour_of_16_bits_keeps_its_upper_bytes(tmp_path):
    pixel = struct.pack(">HHH", 0x1234, 0xFFFF, 0x00FF)
    rows = (b"\0" + pixel * SIDE) * SIDE
    path = tmp_path / "a.png"
    write_png(path, colour=2, rows=rows)
    assert load_rgb(path)[3, 5].tolist() == [18, 255, 0]


GRAY, COLOUR = 0, 2


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
    options = {"exif": exif([TURNED]), "transparency": (1, 2, 3)}
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
