"""Queries and their messages."""

import numpy as np
import pytest

from semlink.errors import InputError
from semlink.modalities.categories import CATEGORIES
from semlink.modalities.query import Query, decode, encode, num_bits

QUERIES = [
    Query(),
    Query(classes=("person", "toothbrush")),
    Query(classes=CATEGORIES),
    Query(("How many dogs are left of the bench?",)),
    Query(("Is it 5 o'clock?", "", "café ÆØ ß İ ﬁ €"), ("clock",)),
]


@pytest.mark.parametrize("query", QUERIES)
def test_a_message_says_the_query(query):
    bits = encode(query)
    assert bits.dtype == np.uint8
    assert set(bits.tolist()) <= {0, 1}
    assert decode(bits) == query
    assert num_bits(query) == len(bits)


def test_lengths():
    assert num_bits(None) == 0
    assert num_bits(Query(classes=("dog", "cat"))) == 7 + 2 * 7
    assert num_bits(Query(("is it a dog?",))) == 7 + 5 * (12 + 1)
    plain = "Which is larger, the car or the bus?"
    assert num_bits(Query((plain,))) < 8 * len(plain)


def test_there_are_eighty_categories_in_order():
    assert len(set(CATEGORIES)) == len(CATEGORIES) == 80
    assert (CATEGORIES[0], CATEGORIES[-1]) == ("person", "toothbrush")


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(InputError, match="categories of COCO, got 'unicorn'"):
        encode(Query(classes=("unicorn",)))
    with pytest.raises(InputError, match="must be a Query, got 'where"):
        encode("where?")
    for bits in ([1, 1], [0] * 6 + [1], encode(Query(("dog",)))[:-5]):
        with pytest.raises(ValueError, match=r"."):
            decode(np.array(bits, np.uint8))
