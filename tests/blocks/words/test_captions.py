"""Captions as bits: words that are known, words that are spelt, and what is refused."""

import numpy as np
import pytest

from blocks.words.captions import MOST_WORDS, CaptionCodec, said
from semlink.modalities.words import Words

KNOWN = "A man riding a wave on top of a surfboard."
RARE = "A xylophonist's zyzzyva, no. 4711."


def through(caption: str, level: int = MOST_WORDS) -> str:
    codec = CaptionCodec()
    return codec.decode(codec.encode(Words(caption=caption), level)).caption


@pytest.mark.parametrize("caption", [KNOWN, RARE, "", "z" * 99, "!?"])
def test_a_caption_comes_back_in_plain_words(caption):
    assert through(caption) == " ".join(said(caption))


def test_levels_are_words():
    codec, words = CaptionCodec(), Words(caption=KNOWN)
    assert codec.levels(words) == 10
    assert through(KNOWN, 3) == "a man riding"
    lengths = [len(codec.encode(words, level)) for level in range(11)]
    assert lengths[0] < lengths[5] < lengths[10]
    assert codec.levels(Words(caption="a " * 200)) == MOST_WORDS


def test_likely_words_take_few_bits():
    codec = CaptionCodec()
    known, rare = (len(codec.encode(Words(caption=c), 99)) for c in (KNOWN, RARE))
    assert known < 6 * 10  # of 43 characters
    assert rare > known


def test_bits_of_no_encoder_are_refused():
    codec, rng = CaptionCodec(), np.random.default_rng(0)
    bits = codec.encode(Words(caption=KNOWN), 99)
    with pytest.raises(ValueError, match="must come from an encoder"):
        codec.decode(np.append(bits, np.uint8(1)))
    refused = 0
    for _ in range(100):
        noise = rng.integers(0, 2, 100).astype(np.uint8)
        try:
            caption = codec.decode(noise).caption
        except ValueError:
            refused += 1
        else:  # then it is a caption
            assert np.array_equal(codec.encode(Words(caption=caption), 99), noise)
    assert refused > 80
