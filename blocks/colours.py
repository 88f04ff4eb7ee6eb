"""The eleven basic colour terms, measured in a part of a picture.

References
----------
B. Berlin, P. Kay, "Basic Color Terms", 1969.
"""

import numpy as np

# typical RGB values of each name; several where a name spans dark and light
TYPICAL = {
    "black": ((20, 20, 20),),
    "grey": ((90, 90, 90), (140, 140, 140), (185, 185, 185)),
    "white": ((240, 240, 240),),
    "red": ((180, 35, 35), (115, 25, 30)),
    "orange": ((225, 130, 40),),
    "yellow": ((225, 205, 70),),
    "green": ((70, 120, 50), (40, 70, 40), (140, 180, 110)),
    "blue": ((60, 100, 180), (35, 50, 100), (150, 195, 230)),
    "purple": ((110, 60, 140),),
    "pink": ((225, 150, 170),),
    "brown": ((105, 75, 50), (70, 50, 35), (160, 125, 90)),
}
COLOURS = tuple(TYPICAL)
INNER = 0.6  # share of a box's sides that is looked at, around its centre
SIDE = 32  # samples along a side, at most
_NUMBERS = np.repeat(np.arange(len(COLOURS)), [len(v) for v in TYPICAL.values()])


def main_colour(image: np.ndarray, box: tuple[float, float, float, float]) -> str:
    """The most frequent colour in the middle of a box.

    Parameters
    ----------
    image : [H, W, 3], uint8
    box : x, y, width, height as shares of the picture's sides
    """
    rows = _places(image.shape[0], box[1], box[3])
    columns = _places(image.shape[1], box[0], box[2])
    pixels = image[np.ix_(rows, columns)].reshape(-1, 3)
    typical = np.concatenate([_lab(np.uint8(rgb)) for rgb in TYPICAL.values()])
    distance = ((_lab(pixels)[:, None] - typical) ** 2).sum(axis=-1)
    names = _NUMBERS[distance.argmin(axis=1)]
    return COLOURS[np.bincount(names, minlength=len(COLOURS)).argmax()]


def _places(length: int, start: float, share: float) -> np.ndarray:
    """Pixels in the middle of an interval, which may lie outside the picture."""
    middle, half = start + share / 2, INNER * share / 2
    places = np.linspace(middle - half, middle + half, SIDE) * length
    return np.unique(np.clip(places, 0, length - 1).astype(int))


def _lab(rgb: np.ndarray) -> np.ndarray:
    """[n, 3], uint8, to CIELAB [n, 3], float32."""
    from cv2 import COLOR_RGB2LAB, cvtColor

    return cvtColor((np.float32(rgb) / 255)[None], COLOR_RGB2LAB)[0]
