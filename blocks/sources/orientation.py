"""The orientation that an image file stores in its metadata."""

from PIL import ExifTags, Image

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


def upright(picture: Image.Image, file: Image.Image) -> Image.Image:
    """The picture as it is seen.

    Parameters
    ----------
    picture : as it is stored
    file : the loaded file; metadata may follow the pixels
    """
    turn = _turn(file)
    return picture if turn is None else picture.transpose(turn)


def _turn(file: Image.Image) -> Image.Transpose | None:
    # Pillow's exif_transpose also writes all other metadata again, which may be broken.
    try:
        return _TURNS.get(file.getexif().get(ExifTags.Base.Orientation))
    except Exception:  # broken metadata raises nearly everything, and says nothing
        return None
