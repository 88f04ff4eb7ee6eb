"""Signalled knowledge of a picture arrives, is counted, and is checked."""

import numpy as np
import pytest

from blocks.knowledge.base import KnowledgeBase
from blocks.knowledge.perception import build_describer
from blocks.knowledge.source import (
    Described,
    Entries,
    NoKnowledge,
    Perception,
    source_knowledge,
)
from semlink.errors import InputError
from semlink.signals import IMAGE, Sample

WIDTH = 8


def make_base(count=5, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(count, WIDTH))
    return KnowledgeBase([f"text {i}" for i in range(count)], vectors, "encoder")


def picture(value=0):
    image = np.full((4, 4, 3), value, np.uint8)
    return Sample(image, IMAGE, image.size, 0, "grey")


DESCRIBER = """
class Words:
    version = {version}

    def __call__(self, image, annotations):
        return {text}

def build():
    return Words()
"""


def describer(folder, text='"a cat"', version='"1"'):
    path = folder / "words.py"
    path.write_text(DESCRIBER.format(text=text, version=version))
    return str(path)


@pytest.mark.parametrize(("text", "got"), [
    ("None", "None"),
    ("b'a cat'", "b'a cat'"),
    ("['a', 'cat']", "list of 2"),
    ("image", r"uint8 \[4, 4, 3\]"),
    ("chr(0xD800)", "'.ud800'"),
])  # fmt: skip
def test_a_describer_that_returns_no_text_is_refused(text, got, tmp_path):
    perceive = Perception(describer(tmp_path, text), "minilm")
    line = f"^describer .*words.py must return text, got {got}$"
    with pytest.raises(InputError, match=line):
        perceive(picture())


def test_a_describer_without_a_version_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"words.py must return .* version .* Words$"):
        build_describer(describer(tmp_path, version="2"))
    (folder := tmp_path / "other").mkdir()
    words = build_describer(describer(folder))
    assert (words.version, words(None, {})) == ("1", "a cat")


def test_an_entry_arrives_by_its_number():
    base = make_base()
    knowledge = Entries(base, lambda sample: 3)
    told = knowledge.tell(picture())
    assert not len(told.bits)
    other = Entries(make_base(), lambda sample: 0)
    heard = other.hear(told.fields, told.bits)
    np.testing.assert_array_equal(heard, told.context)
    np.testing.assert_array_equal(heard[0], base.vectors[3].astype(np.float32))


def test_another_base_is_refused():
    told = Entries(make_base(), lambda sample: 3).tell(picture())
    other = Entries(make_base(seed=1), lambda sample: 3)
    with pytest.raises(InputError, match="base must be the transmitter's"):
        other.check(told.fields)
    Entries(make_base(), lambda sample: 0).check(told.fields)


def test_other_bases_are_told_apart_by_more_than_the_version():
    """Of 3000, a dozen would pass by eight bits of version alone."""
    told = Entries(make_base(), lambda sample: 3).tell(picture())
    for seed in range(1, 3000):
        other = Entries(make_base(seed=seed), lambda sample: 3)
        with pytest.raises(InputError):
            other.check(told.fields)


def test_bases_of_all_sizes_have_one_header():
    fields = [Entries(make_base(n), lambda sample: 0).fields for n in (1, 5, 300)]
    assert fields[0] == fields[1] == fields[2]


def test_every_value_fits_its_field():
    knowledge = Entries(make_base(), lambda sample: 4)
    for name, value in knowledge.tell(picture()).fields.items():
        assert 0 <= value < 2 ** knowledge.fields[name]


def test_an_embedding_arrives_bit_by_bit():
    r = np.random.default_rng(1).normal(size=WIDTH).astype(np.float32)
    knowledge = Described(lambda sample: r, WIDTH)
    told = knowledge.tell(picture())
    assert len(told.bits) == knowledge.num_bits == 16 * WIDTH
    np.testing.assert_array_equal(knowledge.hear({}, told.bits), told.context)
    np.testing.assert_allclose(told.context[0], r, rtol=1e-3)
    with pytest.raises(ValueError, match="must be finite"):
        knowledge.hear({}, np.ones(16 * WIDTH, np.uint8))


def test_nothing_is_told_for_nothing():
    knowledge = NoKnowledge(WIDTH)
    told = knowledge.tell(picture())
    assert (told.fields, len(told.bits), knowledge.num_bits) == ({}, 0, 0)
    assert not knowledge.hear({}, told.bits).any()


def test_a_random_entry_is_always_the_same_for_a_picture():
    knowledge = source_knowledge("random", make_base(500), "detector", "minilm")
    chosen = [knowledge.tell(picture(v)).fields["kb_index"] for v in range(20)]
    again = [knowledge.tell(picture(v)).fields["kb_index"] for v in range(20)]
    assert chosen == again
    assert len(set(chosen)) > 10


def test_a_base_of_another_encoder_is_refused():
    knowledge = source_knowledge("retrieved", make_base(), "detector", "minilm")
    with pytest.raises(InputError, match="must be the base's, 'encoder', got 'minilm"):
        knowledge.tell(picture())


@pytest.mark.parametrize("names", [("detectr", "minilm"), ("detector", "minilmm")])
def test_a_wrong_name_is_known_at_once(names):
    with pytest.raises(InputError, match="did you mean"):
        Perception(*names)
