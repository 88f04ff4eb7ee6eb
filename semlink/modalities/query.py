"""The receiver's query: what it wants to know of a sample."""

from typing import NamedTuple


class Query(NamedTuple):
    """What a receiver wants to know of a picture.

    A receiver has its query from the start; a transmitter has it only after it was
    signalled and counted.

    questions : questions in English
    classes : names of COCO categories that are of interest
    """

    questions: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
