"""Objects that COCO annotates: their entries checked, their pixels drawn.

An outline (``segmentation``) is a list of polygons [x, y, x, y, ...] or run lengths
over columns, ``{"counts": ..., "size": [height, width]}``, plain or compressed to a
string. It may be missing or have no area.
"""

import math
import reprlib
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np

from semlink.errors import InputError

# Sides of the picture that coordinates may be away from it: pycocotools reserves memory
# by the length of an outline, and fails without an exception if there is none.
FAR = 10


class Drawn(NamedTuple):
    """Pixels of an object.

    pixels : [H, W], bool
    by : what of the annotation has them; ``nothing`` covers no pixel
    """

    pixels: np.ndarray
    by: Literal["outline", "box", "nothing"]


def check(annotation: Mapping[str, Any], shape: tuple[int, int]) -> None:
    """Check the box and the outline of an object.

    Parameters
    ----------
    annotation : entry of COCO's ``annotations``
    shape : height and width of the annotated picture

    Raises
    ------
    InputError
        They are not as COCO has them, or belong to a picture of another shape.
    """
    where = f"annotation {annotation['id']}"
    box, outline = annotation["bbox"], annotation.get("segmentation")
    if not _are_coordinates(box, shape) or len(box) != 4:
        rule = "bbox must be x, y, width, height near the picture"
        raise InputError(f"{where}: {rule}, got {reprlib.repr(box)}")
    if isinstance(outline, Mapping):
        _check_runs(where, outline, shape)
    elif not _are_polygons([] if outline is None else outline, shape):
        rule = "segmentation must be polygons [[x, y, ...], ...] near the picture"
        got = reprlib.repr(outline)
        raise InputError(f"{where}: {rule}, run lengths or null, got {got}")


def draw(instance: Mapping[str, Any], shape: tuple[int, int]) -> Drawn:
    """The pixels of an object, of its box where the outline covers none.

    Parameters
    ----------
    instance : annotation that :func:`check` accepts
    shape : height and width of the picture
    """
    pixels = _inside_outline(instance["segmentation"], shape)
    if pixels.any():
        return Drawn(pixels, "outline")
    pixels = _inside_box(instance["bbox"], shape)
    return Drawn(pixels, "box" if pixels.any() else "nothing")


def _are_coordinates(values: Any, shape: tuple[int, int]) -> bool:
    numbers = _numbers(values)
    return numbers is not None and bool(np.all(np.abs(numbers) <= FAR * max(shape)))


def _are_polygons(outline: Any, shape: tuple[int, int]) -> bool:
    return isinstance(outline, list) and all(
        _are_coordinates(polygon, shape) and len(polygon) % 2 == 0
        for polygon in outline
    )


def _check_runs(where: str, outline: Mapping[str, Any], shape: tuple[int, int]) -> None:
    if outline.get("size") != list(shape):
        rule = f"run lengths must be those of {list(shape)} pixels (height, width)"
        raise InputError(f"{where}: {rule}, got {reprlib.repr(outline.get('size'))}")
    runs = _numbers(_run_lengths(outline.get("counts")))
    whole = math.prod(shape)
    # infinity and NaN are refused before they are divided
    if runs is None or (runs < 0).any() or runs.sum() != whole or (runs % 1).any():
        rule = f"run lengths must add up to {whole} pixels"
        raise InputError(f"{where}: {rule}, got {reprlib.repr(outline.get('counts'))}")


def _numbers(values: Any) -> np.ndarray | None:
    """A list of numbers : [n], float; ``None`` if it is anything else."""
    try:
        numbers = np.asarray(values)
    except ValueError:  # lists of different lengths
        return None
    # text would be converted, too
    plain = numbers.ndim == 1 and numbers.dtype.kind in "iuf"
    return numbers.astype(float) if plain else None


def _run_lengths(counts: Any) -> Any:
    """Run lengths, those of COCO's compressed form decompressed.

    A character carries five bits and says whether more follow; from the fourth run
    on, the difference to the run before the last is stored (``rleFrString``).
    """
    if not isinstance(counts, str):
        return counts
    runs, value, shift = [], 0, 0
    for digit in (byte - 48 for byte in counts.encode()):
        value |= (digit & 31) << shift
        shift += 5
        if not digit & 32:
            value -= (digit & 16) << shift - 4  # the highest bit is the sign
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            value = shift = 0
    return runs


def _inside_outline(outline: Any, shape: tuple[int, int]) -> np.ndarray:
    from pycocotools import mask as masks

    if isinstance(outline, Mapping):
        # not masks.decode: it leaves pixels undefined where runs are short
        runs = np.asarray(_run_lengths(outline["counts"]), int)
        return np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(shape, order="F")
    # a point or a line has no area; pycocotools would take four numbers for a box
    polygons = [polygon for polygon in outline or () if len(polygon) >= 6]
    if not polygons:
        return np.zeros(shape, bool)
    return masks.decode(masks.merge(masks.frPyObjects(polygons, *shape))).astype(bool)


def _inside_box(box: list[float], shape: tuple[int, int]) -> np.ndarray:
    x, y, width, height = box
    left, right = np.clip(np.round([x, x + width]), 0, shape[1]).astype(int)
    top, bottom = np.clip(np.round([y, y + height]), 0, shape[0]).astype(int)
    pixels = np.zeros(shape, bool)
    pixels[top:bottom, left:right] = True
    return pixels
