"""A picture in words: objects with place and colour, their numbers, the scene."""

from typing import NamedTuple

import numpy as np

from semlink.modalities.boxes import Boxes

WORDS = "words"  # modality of estimates that are :class:`Words`


class Thing(NamedTuple):
    """An object that is described one by one.

    category : name of a COCO category
    score : confidence from 0 to 1
    box : x, y, width, height as shares of the picture's width and height
    colour : name of its main colour; empty if it is not known
    """

    category: str
    score: float
    box: tuple[float, float, float, float]
    colour: str = ""


class Words(NamedTuple):
    """A description, structured or a caption.

    counts : pairs (category, number of such objects), the most certain first
    things : objects described one by one, the most certain first; may be fewer
    scene : words on the picture as a whole
    caption : a sentence, instead of all others
    """

    counts: tuple[tuple[str, int], ...] = ()
    things: tuple[Thing, ...] = ()
    scene: tuple[str, ...] = ()
    caption: str = ""


def words_to_boxes(words: Words, size: tuple[int, int]) -> Boxes:
    """The described objects as boxes in a picture.

    Parameters
    ----------
    words : description; objects that are only counted have no box
    size : (H, W) of the picture [pixels]
    """
    height, width = size
    shares = np.array([thing.box for thing in words.things], np.float32).reshape(-1, 4)
    return Boxes(
        tuple(thing.category for thing in words.things),
        np.array([thing.score for thing in words.things], np.float32),
        shares * np.float32([width, height, width, height]),
        size,
    )
