"""Captions as bits: words by the word before, rare words letter by letter.

Levels of detail are words: a caption that does not fit is cut.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache

import numpy as np

from blocks.words.statistics import shipped
from blocks.words.stream import Reader, Symbol, Tables
from semlink.modalities.words import Words

WORD = re.compile(r"[a-z0-9']+")
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789'"
END, RARE = 0, 1  # entries before the vocabulary: end of caption, a word to be spelt
FIRST = 2  # entry of the first word
LAST_LETTER = len(LETTERS)  # entry after the letters: end of a spelt word
MOST_WORDS, MOST_LETTERS = 64, 32
PRIOR = 16  # occurrences that the frequency of a word by itself is worth
_SUM = 1 << 16  # of the frequencies of words by themselves


class NextWord:
    """Frequencies of the next word, a table [words, words] made row by row.

    A row is ``count(word | before) + PRIOR p(word)``, in whole numbers: counts of pairs
    smoothed by a Dirichlet prior.

    Parameters
    ----------
    alone : [V], frequency of each entry by itself
    starts : [V + 1], first pair of each word
    words, counts : [P], second word of each pair, and how often it occurs
    """

    def __init__(self, alone, starts, words, counts):
        self._alone = 1 + np.asarray(alone, np.int64) * _SUM // int(np.sum(alone))
        self._starts, self._words, self._counts = starts, words, counts
        self.shape = (len(alone), len(alone))

    def __getitem__(self, before: int) -> np.ndarray:
        pairs = slice(int(self._starts[before]), int(self._starts[before + 1]))
        row = self._alone.copy()
        row[self._words[pairs]] += self._counts[pairs].astype(np.int64) * _SUM // PRIOR
        return row


class CaptionCodec:
    """Code of captions.

    Parameters
    ----------
    statistics : ``vocabulary``, ``alone``, ``starts``, ``words``, ``counts``,
        ``letters``; the shipped ones by default
    """

    def __init__(self, statistics: Mapping[str, np.ndarray] | None = None):
        self._given = statistics

    @cached_property
    def _known(self) -> tuple[Tables, list[str], dict[str, int]]:
        """Tables, vocabulary, and the entry of each of its words."""
        known = self._given or shipped()
        vocabulary = known["vocabulary"].tolist()
        pairs = (known[name] for name in ("alone", "starts", "words", "counts"))
        tables = Tables({"word": NextWord(*pairs), "letter": known["letters"]})
        return tables, vocabulary, {w: FIRST + i for i, w in enumerate(vocabulary)}

    def levels(self, words: Words) -> int:
        """Number of words."""
        return min(len(said(words.caption)), MOST_WORDS)

    def encode(self, words: Words, level: int) -> np.ndarray:
        """Code the first ``level`` words of a caption to bits [num_bits], uint8."""
        tables, _, entries = self._known
        caption = said(words.caption)[: min(level, MOST_WORDS)]
        return tables.encode(_symbols(caption, entries))

    def decode(self, bits: np.ndarray) -> Words:
        """Decode bits [num_bits], uint8.

        Raises
        ------
        ValueError
            No encoder makes these bits.
        """
        tables, vocabulary, entries = self._known
        read, caption, before = Reader(tables, bits), [], END
        while (entry := read("word", before)) != END:
            word = _spelt(read) if entry == RARE else vocabulary[entry - FIRST]
            if len(caption) == MOST_WORDS or entries.get(word, RARE) != entry:
                raise ValueError(f"no caption has the word {word!r} here")
            caption.append(word)
            before = entry
        read.close()
        return Words(caption=" ".join(caption))


@lru_cache(maxsize=4096)
def said(caption: str) -> Sequence[str]:
    """Words of a caption in lower case, without punctuation and other letters."""
    return [word[:MOST_LETTERS] for word in WORD.findall(caption.lower())]


def _symbols(caption: Sequence[str], entries: Mapping[str, int]) -> Iterator[Symbol]:
    before = END
    for word in caption:
        entry = entries.get(word, RARE)
        yield Symbol("word", before, entry)
        for letter in word if entry == RARE else "":
            yield Symbol("letter", 0, LETTERS.index(letter))
        if entry == RARE and len(word) < MOST_LETTERS:
            yield Symbol("letter", 0, LAST_LETTER)
        before = entry
    yield Symbol("word", before, END)


def _spelt(read: Reader) -> str:
    """The letters of a rare word."""
    word = ""
    while len(word) < MOST_LETTERS and (letter := read("letter")) != LAST_LETTER:
        word += LETTERS[letter]
    return word
