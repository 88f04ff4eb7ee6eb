"""A pack of photos: one file of WebP pictures within a given size."""

import io
import itertools
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from experiments.training.photos import Photos, held_out

BEST, WORST = 92, 72  # qualities of WebP
RECORD = 200  # largest overhead of a file in a zip, in bytes
SAMPLED = 48  # photos from which the total size is estimated


class Pixels(NamedTuple):
    """Photos of any size in one array.

    values : [N, 3], uint8, pixels of all photos, row by row
    first, height, width : [count], int32, of each photo
    """

    values: np.ndarray
    first: np.ndarray
    height: np.ndarray
    width: np.ndarray


def write_photos(path: Path, photos: Photos, num_bytes: int) -> tuple[list[str], int]:
    """Write held-out photos unchanged, then the others at the best quality that fits.

    The first photos, for the validation only, keep their files. If even the lowest
    quality is too large, the last photos are omitted.

    Output
    ------
    : names of the photos in the pack, and the WebP quality
    """
    first = held_out(len(photos))
    kept = [path.read_bytes() for path in photos.paths[:first]]
    left = num_bytes - sum(map(len, kept))
    quality = _best_quality(photos[first:], left)
    files = itertools.chain(kept, _encoded(photos[first:], quality))
    names, total = [], 0
    with zipfile.ZipFile(path, "w") as pack:
        for number, (name, data) in enumerate(zip(photos.names, files, strict=True)):
            total += len(data) + RECORD
            if total > num_bytes:
                break
            pack.writestr(f"{number:05d}", data)
            names.append(name)
    return names, quality


def read_photos(path: Path) -> list[np.ndarray]:
    """Decode a pack : [H, W, 3], uint8, each."""
    with zipfile.ZipFile(path) as pack:
        files = [pack.read(name) for name in sorted(pack.namelist())]
    with ThreadPoolExecutor() as pool:
        return list(pool.map(_decoded, files))


def joined(photos: Sequence[np.ndarray]) -> Pixels:
    """Concatenate photos into one array."""
    height, width = np.int32([photo.shape[:2] for photo in photos]).T
    ends = np.cumsum(height.astype(np.int64) * width)
    if ends[-1] >= 2**31:
        raise ValueError(f"photos must have less than 2^31 pixels, got {ends[-1]}")
    values = np.concatenate([photo.reshape(-1, 3) for photo in photos])
    return Pixels(values, (ends - height * width).astype(np.int32), height, width)


def _best_quality(photos: Photos, num_bytes: int) -> int:
    """The best quality at which all photos fit, from a sample; at least the worst."""
    step = max(len(photos) // SAMPLED, 1)
    sampled = [photos[i] for i in range(0, len(photos), step)]
    low, high = WORST, BEST
    while low < high:
        middle = (low + high + 1) // 2
        mean = np.mean([len(_webp(photo, middle)) + RECORD for photo in sampled])
        if mean * len(photos) <= num_bytes:
            low = middle
        else:
            high = middle - 1
    return low


def _encoded(photos: Photos, quality: int):
    """Encoded photos, made in parallel."""
    with ThreadPoolExecutor() as pool:
        yield from pool.map(lambda i: _webp(photos[i], quality), range(len(photos)))


def _webp(photo: np.ndarray, quality: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(photo).save(buffer, "webp", quality=quality)
    return buffer.getvalue()


def _decoded(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))
