"""Ordered sets of images, read from files to 8-bit RGB."""

import contextlib
import ctypes
import functools
import hashlib
import json
import logging
import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from PIL import Image, UnidentifiedImageError
from pydantic import Field

from blocks.sources.colour_key import transparent
from blocks.sources.orientation import upright
from semlink.errors import InputError
from semlink.signals import IMAGE, Sample

# Only formats with a signature in their first bytes that run no other program.
KINDS = ("AVIF", "BMP", "GIF", "HEIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
GRAY_OF_16_BITS = ("I", "I;16", "I;16L", "I;16B")
OF_8_BITS = ("1", "L", "P", "RGB", "RGBX", "CMYK", "YCbCr", "LA", "PA", "RGBA", "RGBa")
SMALLEST = 16
MAX_MEGAPIXELS = 25.0
Limit = Annotated[int, Field(gt=0)] | None
BadImages = Literal["refuse", "skip"]

_BITS_PER_SAMPLE, _PHOTOMETRIC, _WHITE_IS_ZERO = 258, 262, 0


class ImageSet:
    """A finite, ordered set of images that are loaded one at a time.

    Parameters
    ----------
    names : [n], readable names
    load : loads image ``i`` as [H, W, 3]; called again when the image is needed again
    annotations : [n], ground truth of each picture; none by default
    skipped : error of each unreadable image, if they were skipped
    modality : ``image`` for photos, 8-bit RGB; ``signal`` for a toy source
    queries : [n], query of the receiver for each picture; none by default
    """

    def __init__(
        self,
        names: Sequence[str],
        load: Callable[[int], np.ndarray],
        annotations: Sequence[Mapping[str, Any]] | None = None,
        skipped: Sequence[str] = (),
        modality: str = IMAGE,
        queries: Sequence[Any] | None = None,
    ):
        self.skipped, self.modality = tuple(skipped), modality
        self._names = tuple(names)
        self._annotations, self._queries = annotations, queries
        self._load = functools.lru_cache(maxsize=8)(lambda i: _read_only(load(i)))
        self._fingerprint = None

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, index: int) -> Sample:
        """Image ``index``."""
        i = range(len(self))[index]
        image = self._load(i)
        known = self._annotations[i] if self._annotations else {}
        asked = self._queries[i] if self._queries else None
        values, name = image.size, self._names[i]
        return Sample(image, self.modality, values, i, name, asked, known)

    def fingerprint(self) -> str:
        """SHA-256 over names, values, annotations and queries, in order.

        Loads every image once.

        Raises
        ------
        InputError
            Images cannot be read; the message names the first and counts all.
        """
        if self._fingerprint is None:
            digest = hashlib.sha256()
            bad = self._visit(lambda i, image: self._hash(digest, i, image))
            if bad:
                count = f"{len(bad)} of {len(self)} images cannot be read"
                first = next(iter(bad.values()))
                raise InputError(f"{first}; {count}, bad_images=skip leaves them out")
            self._fingerprint = digest.hexdigest()
        return self._fingerprint

    def without_bad(self) -> "ImageSet":
        """The set of the readable images.

        Raises
        ------
        InputError
            No image can be read.
        """
        bad = self._visit(lambda i, image: None)
        kept = [i for i in range(len(self)) if i not in bad]
        if not kept:
            raise InputError(f"none of {len(bad)} images can be read: {bad[0]}")
        return self._part(kept, bad.values())

    def with_queries(self, asked: Sequence[tuple[Any, Any] | None]) -> "ImageSet":
        """The set of the images on which something is asked.

        Parameters
        ----------
        asked : [n], query and answers, which become annotations; ``None`` for nothing
        """
        kept = [i for i, one in enumerate(asked) if one]
        part = self._part(kept, self.skipped)
        part._queries = [asked[i][0] for i in kept]
        known = part._annotations or [{}] * len(kept)
        part._annotations = [
            {**annotations, "answers": asked[i][1]}
            for i, annotations in zip(kept, known, strict=True)
        ]
        return part

    def _part(self, kept: Sequence[int], skipped: Iterable[str]) -> "ImageSet":
        """The set of some of the images."""

        def those(values: Sequence | None) -> list | None:
            return [values[i] for i in kept] if values else None

        known, queries = those(self._annotations), those(self._queries)
        names, load = those(self._names), lambda i: self._load(kept[i])
        return ImageSet(names, load, known, tuple(skipped), self.modality, queries)

    def _hash(self, digest, i: int, image: np.ndarray) -> None:
        _hash_image(digest, self._names[i], image)
        if self._annotations and self._annotations[i]:
            _hash_known(digest, "annotations", self._annotations[i])
        if self._queries:
            _hash_known(digest, "query", self._queries[i])

    def _visit(self, see: Callable[[int, np.ndarray], None]) -> dict[int, str]:
        """Call ``see`` for every image; return the errors of unreadable images."""
        bad = {}
        for i in range(len(self)):
            try:
                see(i, self._load(i))
            except InputError as error:
                bad[i] = str(error)
        return bad


def _read_only(image: np.ndarray) -> np.ndarray:
    # all callers share the cached array
    image.setflags(write=False)
    return image


def _hash_image(digest, name: str, image: np.ndarray) -> None:
    # shape and type delimit neighbouring fields
    header = f"{name}\0{image.shape}{image.dtype.str}\0"
    digest.update(header.encode(errors="surrogateescape"))
    digest.update(np.ascontiguousarray(image).data)


def _hash_known(digest, what: str, known: Any) -> None:
    def plain(value):
        return np.asarray(value).tolist()

    # no name begins with a zero
    digest.update(f"\0{what}\0".encode())
    digest.update(json.dumps(known, sort_keys=True, default=plain).encode())


@functools.cache
def image_suffixes() -> frozenset[str]:
    """Suffixes of the files that :func:`load_rgb` reads, in lower case."""
    _register_formats()
    known = Image.registered_extensions().items()
    return frozenset(suffix for suffix, name in known if name in KINDS)


@functools.cache
def _register_formats() -> None:
    Image.init()
    # an extra; without it, HEIF files are not supported
    with contextlib.suppress(ImportError):
        from pillow_heif import register_heif_opener

        register_heif_opener()
    _silence_decoders()


def _silence_decoders() -> None:
    """Leave it to this module to report a damaged file, in one line."""
    # without a handler, logging would print to stderr
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    # Pillow silences libtiff's warnings only, and offers no way to its errors. The
    # search for a symbol includes the libraries that Pillow is linked with, unless they
    # are linked statically; then libtiff stays as it is.
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(Image.core.__file__).TIFFSetErrorHandler(None)


def load_rgb(
    path: Path,
    *,
    max_megapixels: float = MAX_MEGAPIXELS,
    annotated: tuple[int, int] | None = None,
) -> np.ndarray:
    """Read an image file as 8-bit RGB.

    The orientation stored in the file is applied, except where annotations refer to the
    stored pixels (:func:`blocks.sources.orientation.upright`). Other metadata, broken
    or not, and colour profiles are ignored. Gray is repeated in R, G and B; palettes
    are looked up; alpha is composited over white, and the transparent colour of a PNG
    file, compared in the file's own depth, becomes white; 16-bit samples, gray or
    colour, become ``v >> 8``; Pillow converts CMYK. The first image of an animation or
    of several pages is read. Float samples have no defined range and are refused.

    Parameters
    ----------
    max_megapixels : largest image that is decoded, by the size in the file's header
    annotated : height and width that annotations of the image state, if it has any

    Output
    ------
    : [H, W, 3], uint8

    Raises
    ------
    InputError
        The file is not a complete image of this kind, or not the one that was
        annotated; the message names it.
    """
    _register_formats()
    try:
        if not path.is_file():
            raise InputError("must be a file, got something else or nothing")
        with _only_our_limits(), Image.open(path, formats=KINDS) as image:
            # with a name, Pillow maps the file, and scrambles a TIFF that it turns
            image.filename = ""
            _check_size(*image.size, max_megapixels)
            _check_mode(image.mode)
            return np.array(upright(_to_rgb(image, path), image, annotated))
    except Exception as error:  # broken files raise nearly everything
        raise InputError(f"image {str(path)!r} {_one_line(error)}") from error


def _one_line(error: Exception) -> str:
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, UnidentifiedImageError):
        return f"must be one of {', '.join(KINDS)}, got other content"
    if isinstance(error, OSError) and error.strerror:
        return f"must be readable, got {error.strerror!r}"
    reason = " ".join(str(error).split()) or type(error).__name__
    return f"must decode to its end, got {reason!r}"


@contextlib.contextmanager
def _only_our_limits() -> Iterator[None]:
    """Disable Pillow's warnings and its size limit; this module has its own limit."""
    pillows = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = pillows


def _check_size(width: int, height: int, max_megapixels: float) -> None:
    size, megapixels = f"{width}x{height}", width * height / 1e6
    if min(width, height) < SMALLEST:
        allowed = f"must have at least {SMALLEST}x{SMALLEST} pixels"
        raise InputError(f"{allowed}, got {size}")
    if megapixels > max_megapixels:
        more = f"folder:PATH[max_megapixels={math.ceil(megapixels)}] allows it"
        limit = f"must have at most {max_megapixels:g} megapixels ({more})"
        raise InputError(f"{limit}, got {size} = {megapixels:.1f} megapixels")


def _check_mode(mode: str) -> None:
    if mode not in GRAY_OF_16_BITS + OF_8_BITS:
        allowed = "must have gray, palette, RGB or CMYK samples of at most 16 bits"
        raise InputError(f"{allowed}, got Pillow mode {mode!r}")


def rgb_of(image: Image.Image) -> np.ndarray:
    """An opened image as 8-bit RGB, by the rules of :func:`load_rgb`.

    The image may be an animation; the frame that is open is read.

    Output
    ------
    : [H, W, 3], uint8

    Raises
    ------
    InputError
        Its size or mode is refused, or its file cannot be decoded.
    """
    try:
        _check_size(*image.size, MAX_MEGAPIXELS)
        _check_mode(image.mode)
        return np.array(upright(_opaque(image), image))
    except Exception as error:  # broken files raise nearly everything
        raise InputError(f"a PIL image {_one_line(error)}") from error


def _to_rgb(image: Image.Image, path: Path) -> Image.Image:
    absent = transparent(image, path)
    rgb = _opaque(image)
    if absent is not None:
        rgb.paste("white", mask=absent)
    return rgb


def _opaque(image: Image.Image) -> Image.Image:
    """An image in RGB, over white where it is transparent."""
    if image.mode in GRAY_OF_16_BITS:
        image = _gray_of_16_bits(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def _gray_of_16_bits(image: Image.Image) -> Image.Image:
    """Keep the upper eight bits; Pillow's own conversion clips at 255."""
    values, tags = np.asarray(image), getattr(image, "tag_v2", {})
    low, high = values.min(), values.max()
    if low < 0 or high > 0xFFFF:
        raise InputError(f"must have gray samples in 0..65535, got {low}..{high}")
    bits = 12 if tags.get(_BITS_PER_SAMPLE) == (12,) else 16
    gray = (values >> (bits - 8)).astype(np.uint8)
    if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:  # Pillow inverts only 8 bits
        gray = 255 - gray
    return Image.fromarray(gray)
