"""Misspelt words: two letters swapped, or one left out.

Only the words that rules look for are restored. Another letter in the place of one is
left alone: *snow* is not *show*.
"""

import re

WORD = re.compile(r"[a-z]+")
LEAST = 5  # letters of a word that may lack one


def restored(text: str, vocabulary: frozenset[str]) -> str:
    """A text of small letters in which misspelt words are those of a vocabulary."""
    return WORD.sub(lambda word: _nearest(word[0], vocabulary), text)


def _nearest(word: str, vocabulary: frozenset[str]) -> str:
    if word in vocabulary or len(word) < 3:
        return word
    found = [other for other in _swapped(word) if other in vocabulary]
    if not found and len(word) + 1 >= LEAST:
        found = [other for other in _longer(word) if other in vocabulary]
    return found[0] if found else word


def _swapped(word: str) -> list[str]:
    return [
        word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1)
    ]


def _longer(word: str) -> list[str]:
    """Words with a letter more, after the first."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    places = range(1, len(word) + 1)
    return [word[:i] + letter + word[i:] for i in places for letter in letters]
