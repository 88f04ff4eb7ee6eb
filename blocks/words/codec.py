"""What a code of descriptions does."""

from typing import Protocol

import numpy as np

from semlink.modalities.words import Words


class WordsCodec(Protocol):
    """Descriptions to bits and back, at several levels of detail."""

    def levels(self, words: Words) -> int:
        """The highest level of a description; the lowest is 0."""

    def encode(self, words: Words, level: int) -> np.ndarray:
        """Code a description to bits [num_bits], uint8.

        More levels never take fewer bits. A level above the highest is the highest.
        """

    def decode(self, bits: np.ndarray) -> Words:
        """Decode bits [num_bits], uint8.

        Raises
        ------
        ValueError
            No encoder makes these bits.
        """
