"""All images, of any size, in a folder and its subfolders."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NoReturn

from pydantic import Field

from blocks.sources.images import (
    MAX_MEGAPIXELS,
    BadImages,
    ImageSet,
    Limit,
    image_suffixes,
    load_rgb,
)
from semlink.errors import InputError


def build(
    path: Annotated[str, Field(min_length=1)],
    limit: Limit = None,
    max_megapixels: Annotated[float, Field(gt=0, allow_inf_nan=False)] = MAX_MEGAPIXELS,
    bad_images: BadImages = "refuse",
) -> ImageSet:
    """Images of a folder, sorted by their path within it.

    Every file with the suffix of an image counts, in any case: AVIF, BMP, GIF,
    HEIF, JPEG, JPEG2000, PNG, PNM, TIFF, WebP. Hidden files and folders and links to
    other folders are omitted. :func:`blocks.sources.images.load_rgb` describes the
    conversion to 8-bit RGB (alpha over white, 16-bit gray by ``v >> 8``, ...).

    All images are decoded once here, for their fingerprint, to find a bad file before
    the simulation; only the last few stay in memory.

    Parameters
    ----------
    path : the folder; ``~`` is the home folder
    limit : number of images, from the first; the others are not opened
    max_megapixels : largest accepted image [10^6 pixels]
    bad_images : ``skip`` omits files that are not complete images, and reports them

    Raises
    ------
    InputError
        The folder does not exist or has no images, or a file is not a complete image of
        at least 16x16 pixels within the limit.
    """
    root = Path(os.path.expanduser(path))
    names = sorted(_image_files(root))[:limit]
    if not names:
        suffixes = " ".join(sorted(image_suffixes()))
        raise InputError(f"folder must hold images ({suffixes}), got none in {path!r}")
    images = ImageSet(
        names, lambda i: load_rgb(root / names[i], max_megapixels=max_megapixels)
    )
    if bad_images == "skip":
        images = images.without_bad()
    images.fingerprint()
    return images


def _image_files(root: Path) -> Iterator[str]:
    """POSIX paths of the images within the folder, in any order."""
    if not os.path.exists(root):
        raise InputError(f"folder must exist, got {str(root)!r}")
    for folder, subfolders, files in os.walk(root, onerror=_refuse):
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        for path in (Path(folder, name) for name in files):
            if path.suffix.lower() in image_suffixes() and path.name[0] != ".":
                yield path.relative_to(root).as_posix()


def _refuse(error: OSError) -> NoReturn:
    # os.walk would silently skip folders that it cannot list
    where = f"folder {os.fspath(error.filename)!r}"
    raise InputError(f"{where} must be a readable folder, got {error.strerror!r}")
