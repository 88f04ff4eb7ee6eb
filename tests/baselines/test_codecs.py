"""The picture codecs of the separated links, without a link."""

import inspect
import io
import subprocess

import numpy as np
import pytest
from PIL import Image

from baselines.jpeg2000_ldpc import Jpeg2000
from baselines.separated import ffmpeg
from baselines.separated.link import SeparatedTransmitter
from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.units import psnr_db

KNOWN = catalogue()
REGISTRY = KNOWN.registries["transmitter"]


def codec_of(name: str):
    """The codec inside a transmitter; None if it has none."""
    if any(
        p.default is inspect.Parameter.empty for p in REGISTRY.schema(name).values()
    ):
        return None
    built = KNOWN.build("transmitter", ComponentSpec(name=name))
    is_separated = isinstance(built.transmitter, SeparatedTransmitter)
    return built.transmitter._codec if is_separated else None


CODECS = {name: codec for name in REGISTRY.names() if (codec := codec_of(name))}
LONG = ("vvc_ldpc", "avif_ldpc", "hevc_ldpc")  # seconds for a picture
each = pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.slow) if n in LONG else n for n in CODECS],
)
BOXES = 85  # bytes of a JP2 file around the codestream
SIZES = ((96, 130), (17, 33), (64, 48), (16, 16))


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    source = KNOWN.build("source", ComponentSpec(name="photos"))
    return source[0].data[40:168, 150:342]


def ladder(codec, count: int) -> np.ndarray:
    """Qualities from the lowest to the highest, on the codec's grid."""
    qualities = np.linspace(*codec.quality_range, count)
    return np.round(qualities) if codec.quality_step >= 1 else qualities


def test_there_are_codecs_to_try():
    assert {"jpeg_ldpc", "jpeg2000_ldpc"} <= set(CODECS)


@each
def test_size_grows_with_quality(name, photo):
    codec = CODECS[name]
    sizes = [len(codec.encode(photo, q)) for q in ladder(codec, 8)]
    # neighbours far apart on the scale: a codec may stumble in small steps
    assert all(b >= a for a, b in zip(sizes, sizes[1:], strict=False)), sizes
    assert sizes[-1] > 10 * sizes[0]


@each
def test_psnr_grows_with_quality(name, photo):
    codec = CODECS[name]
    decoded = [codec.decode(codec.encode(photo, q)) for q in ladder(codec, 5)]
    psnr = [psnr_db(photo, picture) for picture in decoded]
    assert all(b >= a - 0.1 for a, b in zip(psnr, psnr[1:], strict=False)), psnr
    assert psnr[-1] > 35


@pytest.mark.parametrize("size", SIZES, ids=str)
@each
def test_every_size_comes_back(name, size, photo):
    codec, image = CODECS[name], np.ascontiguousarray(photo[: size[0], : size[1]])
    for quality in codec.quality_range:
        decoded = codec.decode(codec.encode(image, quality))
        assert decoded.shape == image.shape
        assert decoded.dtype == np.uint8
    error = decoded.astype(float) - image
    assert np.mean(error**2) < 100


@each
def test_files_are_the_same_every_time(name, photo):
    codec = CODECS[name]
    quality = ladder(codec, 3)[1]
    assert codec.encode(photo, quality) == codec.encode(photo, quality)


@each
def test_view_and_read_only_images_are_taken(name, photo):
    codec, quality = CODECS[name], ladder(CODECS[name], 3)[1]
    view = photo[:, ::-1]
    view.setflags(write=False)
    expected = codec.encode(np.ascontiguousarray(view), quality)
    assert codec.encode(view, quality) == expected


@each
def test_colours_keep_their_places(name):
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, :] = (200, 90, 30)
    codec = CODECS[name]
    decoded = codec.decode(codec.encode(image, ladder(codec, 5)[3]))
    assert np.all(np.abs(decoded.astype(int) - image) <= 4)


@each
def test_quality_step_is_one_that_the_codec_feels(name, photo):
    # a step the search cannot take would end it above or below the best quality
    codec = CODECS[name]
    low, high = codec.quality_range
    assert 0 < codec.quality_step <= (high - low) / 10
    middle = ladder(codec, 3)[1]
    far = middle + max(20 * codec.quality_step, 0.02 * (high - low))
    assert codec.encode(photo, middle) != codec.encode(photo, far)


@pytest.fixture(scope="module")
def codestream(photo) -> bytes:
    return Jpeg2000().encode(photo, -13.0)


def test_any_front_of_a_codestream_decodes_or_is_refused(codestream, photo):
    codec = Jpeg2000()
    cuts = [*range(220), *range(220, len(codestream), 61), len(codestream)]
    pictures = [codec.decode_prefix(codestream[:cut]) for cut in cuts]
    assert pictures[0] is None
    for picture in pictures:
        assert picture is None or picture.shape == photo.shape
    whole = codec.decode(codestream)
    np.testing.assert_array_equal(pictures[-1], whole)


def test_more_of_a_codestream_is_better(codestream, photo):
    codec, size = Jpeg2000(), len(codestream)
    fronts = [codestream[: size * part // 8] for part in range(2, 9)]
    psnr = [psnr_db(photo, codec.decode_prefix(front)) for front in fronts]
    assert all(b > a - 0.2 for a, b in zip(psnr, psnr[1:], strict=False)), psnr
    grey = psnr_db(photo, np.full_like(photo, int(photo.mean())))
    assert psnr[0] > grey
    assert psnr[-1] > psnr[0] + 3


def test_lenience_ends_with_the_prefix(codestream):
    codec = Jpeg2000()
    assert codec.decode_prefix(codestream[:1500]) is not None
    with pytest.raises((OSError, RuntimeError)):
        codec.decode(codestream[:1500])


def test_jpeg2000_reaches_the_ratio_it_is_asked_for(photo):
    for quality in (-20.0, -14.0, -8.0):
        ratio = photo.size / len(Jpeg2000().encode(photo, quality))
        assert abs(10 * np.log10(ratio) + quality) < 0.2


@pytest.mark.parametrize("quality", [-20.0, -15.0])
def test_jpeg2000_is_as_good_as_pillows(quality, photo):
    # its colour transform is worth 4 dB; both write with OpenJPEG
    codec = Jpeg2000()
    data = codec.encode(photo, quality)
    file = io.BytesIO()
    options = {"irreversible": True, "mct": 1, "no_jp2": True}
    ratio = photo.size / len(data)
    Image.fromarray(photo).save(file, "JPEG2000", quality_layers=[ratio], **options)
    theirs = np.asarray(Image.open(file))
    gain = psnr_db(photo, codec.decode(data)) - psnr_db(photo, theirs)
    assert abs(gain) < 0.3


def at_bytes(codec: Jpeg2000, image: np.ndarray, size: int) -> float:
    """PSNR of a codec [dB] at a size in bytes."""
    quality = -10 * np.log10(image.size / size)
    return psnr_db(image, codec.decode(codec.encode(image, quality)))


def test_the_irreversible_wavelet_and_the_transform_of_colours_gain(photo):
    size = photo.size // 60
    best, integer, plain = (
        at_bytes(Jpeg2000(*options), photo, size)
        for options in ((), ("5/3", "transform"), ("9/7", "rgb"))
    )
    assert 0.1 < best - integer < 1
    assert best - plain > 1


def test_jpeg2000_as_ffmpeg_codes_it(photo, tmp_path):
    """5/3 on 8-bit Y, Cb, Cr is what ffmpeg does by default, as in published curves."""
    source, file, decoded = (tmp_path / f"a.{s}" for s in ("png", "jp2", "bmp"))
    Image.fromarray(photo).save(source)
    codes = f"-i {source} -c:v libopenjpeg -pix_fmt yuv444p -compression_level 30"
    for command in (f"{codes} {file}", f"-i {file} {decoded}"):
        words = [ffmpeg.executable(), "-v", "error", *command.split()]
        subprocess.run(words, check=True, timeout=60)
    theirs = psnr_db(photo, np.asarray(Image.open(decoded).convert("RGB")))
    ours = at_bytes(Jpeg2000("5/3", "ycbcr"), photo, file.stat().st_size - BOXES)
    assert ours == pytest.approx(theirs, abs=0.1)
    assert at_bytes(Jpeg2000(), photo, file.stat().st_size) > theirs + 0.3


def test_jpeg_tables_at_quality_50_are_those_of_the_standard():
    from baselines.jpeg_ldpc import _CHROMINANCE, _LUMINANCE, _scaled

    for table in (_LUMINANCE, _CHROMINANCE):
        assert len(table) == 64
        assert _scaled(table, 50) == list(table)
        assert _scaled(table, 100) == [1] * 64
        assert max(_scaled(table, 0.2)) == 255


@pytest.mark.parametrize("quality", [5, 25, 50, 75, 95])
def test_jpeg_is_libjpegs_where_its_percentage_is_whole(quality, photo):
    from baselines.jpeg_ldpc import Jpeg

    file = io.BytesIO()
    options = {"subsampling": "4:2:0", "progressive": True, "optimize": True}
    Image.fromarray(photo).save(file, "JPEG", quality=quality, **options)
    assert Jpeg().encode(photo, quality) == file.getvalue()
