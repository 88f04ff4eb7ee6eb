"""The orientation that an image file stores in its metadata."""

from PIL import ExifTags, Image

from semlink.errors import InputError

# What turns the stored picture into the one that is seen (EXIF 2.3, Orientation).
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def upright(
    picture: Image.Image,
    file: Image.Image,
    annotated: tuple[int, int] | None = None,
) -> Image.Image:
    """The picture as it is seen, or as its annotations have it.

    Some tools annotate the pixels as they are stored, others as they are seen. The size
    that annotations state tells which.

    Parameters
    ----------
    picture : as it is stored
    file : the loaded file; metadata may follow the pixels
    annotated : height and width that annotations state; ``None`` without annotations

    Raises
    ------
    InputError
        Annotations state another size, or one that does not tell.
    """
    turn = _turn(file)
    seen = picture if turn is None else picture.transpose(turn)
    if annotated is None:
        return seen
    shapes = [p.size[::-1] for p in (picture, seen)]
    if annotated not in shapes:
        got = " or ".join(map(str, dict.fromkeys(shapes)))
        rule = f"must have the height and width of its annotations, {annotated}"
        raise InputError(f"{rule}, got {got}")
    if turn is not None and shapes[0] == shapes[1]:
        rule = (
            "must have no EXIF orientation where its annotations fit with and without"
        )
        raise InputError(f"{rule}, got {turn.name} of {shapes[0]}")
    return picture if annotated == shapes[0] else seen


def _turn(file: Image.Image) -> Image.Transpose | None:
    # Pillow's exif_transpose also writes all other metadata again, which may be broken.
    try:
        return _TURNS.get(file.getexif().get(ExifTags.Base.Orientation))
    except Exception:  # broken metadata raises nearly everything, and says nothing
        return None
