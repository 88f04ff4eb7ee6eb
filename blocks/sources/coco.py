"""MSCOCO 2014 val with its instances and captions, in COCO's own layout."""

import hashlib
import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from pydantic import Field

from blocks.questions.asking import asked
from blocks.sources.images import BadImages, ImageSet, Limit, load_rgb
from blocks.sources.outlines import check
from semlink.errors import InputError

TEST_IMAGES = 504
INSTANCES = "annotations/instances_val2014.json"
CAPTIONS = "annotations/captions_val2014.json"

_KEPT = ("bbox", "area", "iscrowd")
# what pycocotools and this module raise; JSON may be nested too deeply
_UNLIKE_COCO = (AssertionError, ArithmeticError, LookupError, RecursionError, TypeError)
_UNLIKE_COCO += (ValueError,)


class _Picture(NamedTuple):
    """An image file, COCO's entries of its objects, and the shape that they state."""

    file: Path
    objects: list[dict[str, Any]]
    shape: tuple[int, int] | None


def build(
    root: Annotated[str, Field(min_length=1)],
    split: Literal["test", "train", "all"] = "test",
    limit: Limit = None,
    bad_images: BadImages = "refuse",
    questions: str = "",
    seed: Annotated[int, Field(ge=0)] = 0,
) -> ImageSet:
    """Images of MSCOCO 2014 val: 504 test images, all others for training.

    The seed paper divides the 40,504 images into 40,000 and 504 without a list. Here
    the ids are sorted by the SHA-256 of their decimal string; the first 504 are the
    test set. The set keeps this order, so ``limit`` takes a random sample. In a smaller
    set of this layout, the first 504 are the test set, too.

    Annotations of each image: ``instances``, a tuple of dicts with ``category``
    (its name), ``bbox`` (x, y, width, height) [pixels], ``area``, ``iscrowd`` and
    ``segmentation``, which may be ``None`` (:mod:`blocks.sources.outlines`);
    ``captions``, a tuple of strings.

    The image is the one that its instances were annotated in: the stored one or, after
    its EXIF orientation, the one that is seen, whichever has their ``width`` and
    ``height``. An image without instances is the one that is seen.

    With ``questions``, each image has a query with all questions on it, and
    ``answers``, a tuple of :class:`blocks.questions.answers.Answer`; those of the
    first ``limit`` images on which nothing is asked are left out.

    This function checks that every image exists; :meth:`ImageSet.fingerprint` decodes
    them all and checks their instances.

    Parameters
    ----------
    root : folder of ``annotations/*_val2014.json`` and ``val2014/*.jpg``
    split : part of the set
    limit : number of images, from the first
    bad_images : ``skip`` omits images that are missing or broken or do not fit their
        instances, and reports them
    questions : ``made`` from the instances (:mod:`blocks.questions.made`), or path of
        a file (:mod:`blocks.questions.human`); none by default
    seed : seed of the choice of made questions

    Raises
    ------
    InputError
        A file is missing or not in its format, the part is empty, or there is no
        question.
    """
    folder = Path(os.path.expanduser(root))
    instances, captions = _read(folder / INSTANCES), _read(folder / CAPTIONS)
    ids = _part(instances.imgs, split, folder)[:limit]
    with _readable(folder / INSTANCES):
        names = [instances.imgs[i]["file_name"] for i in ids]
        pictures = [_picture(folder / "val2014", instances, i) for i in ids]
        objects = [_instances(instances, p.objects) for p in pictures]
    with _readable(folder / CAPTIONS):
        said = [tuple(map(_caption, _ordered(captions, i))) for i in ids]
    if bad_images == "refuse":
        _check_present([picture.file for picture in pictures])
    annotations = [
        {"instances": o, "captions": c} for o, c in zip(objects, said, strict=True)
    ]
    images = ImageSet(names, lambda i: _load(pictures[i]), annotations)
    if questions:
        with _readable(folder / INSTANCES):
            known = zip(names, objects, (p.shape for p in pictures), strict=True)
            queries = asked(questions, seed, dict(zip(ids, known, strict=True)))
        images = images.with_queries(queries)
    return images.without_bad() if bad_images == "skip" else images


def divide(ids: Iterable[int]) -> tuple[list[int], list[int]]:
    """Divide image ids into test and training sets, both in order."""

    def digest(image_id) -> bytes:
        # JSON has text that UTF-8 cannot encode
        return hashlib.sha256(str(image_id).encode(errors="surrogatepass")).digest()

    ordered = sorted(ids, key=digest)
    return ordered[:TEST_IMAGES], ordered[TEST_IMAGES:]


def _part(ids: Iterable[int], split: str, folder: Path) -> list[int]:
    test, train = divide(ids)
    part = {"test": test, "train": train, "all": test + train}[split]
    if not part:
        held = f"{str(folder)!r} lists {len(test)} images, and the first"
        rule = f"{held} {TEST_IMAGES} are to test"
        raise InputError(f"{rule}: this split is empty, got {split!r}")
    return part


def _read(path: Path):
    from pycocotools.coco import COCO

    with _readable(path), redirect_stdout(io.StringIO()):
        return COCO(path)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    where = f"COCO annotations {str(path)!r}"
    try:
        yield
    except InputError:
        raise
    except OSError as error:
        reason = error.strerror
        raise InputError(f"{where} must be readable, got {reason!r}") from None
    except _UNLIKE_COCO as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise InputError(f"{where} must be JSON as COCO has it, got {reason}") from None


def _ordered(coco, image_id: int) -> list[dict[str, Any]]:
    return sorted(coco.imgToAnns.get(image_id, []), key=lambda a: a["id"])


def _caption(annotation: dict[str, Any]) -> str:
    if not isinstance(annotation["caption"], str):
        raise TypeError(f"caption {annotation['caption']!r} is no text")
    return annotation["caption"]


def _picture(folder: Path, coco, image_id: int) -> _Picture:
    entry, objects = coco.imgs[image_id], _ordered(coco, image_id)
    shape = (entry["height"], entry["width"]) if objects else None
    return _Picture(folder / entry["file_name"], objects, shape)


def _load(picture: _Picture) -> np.ndarray:
    image = load_rgb(picture.file, annotated=picture.shape)
    try:
        for annotation in picture.objects:
            check(annotation, image.shape[:2])
    except InputError as error:
        raise InputError(f"image {str(picture.file)!r}: {error}") from None
    return image


def _instances(coco, annotations: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    return tuple(
        {"category": coco.cats[a["category_id"]]["name"]}
        | {key: a[key] for key in _KEPT}
        | {"segmentation": a.get("segmentation")}  # sets of boxes leave it out
        for a in annotations
    )


def _check_present(files: list[Path]) -> None:
    missing = [file for file in files if not os.path.isfile(file)]
    if missing:
        count = f"{len(missing)} of {len(files)} missing"
        raise InputError(f"image {str(missing[0])!r} must exist, got {count}")
