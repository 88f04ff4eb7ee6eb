"""What rules read of words, and how questions are asked."""

import pytest

from blocks.intending import intent_files, intent_reader
from blocks.intents.limits import IN_WORDS
from blocks.intents.objects import objects
from blocks.intents.prototypes import nearest
from blocks.intents.quantities import quantities
from blocks.intents.slots import ASKS, Slots, normalised, told
from blocks.intents.spelling import restored


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("200 ms", ("latency", 200)),
        ("0.2s", ("latency", 200)),
        ("half a second", ("latency", 500)),
        ("two minutes", ("latency", 120_000)),
        ("150 µs", ("latency", 0.15)),
        ("1.4 MHz", ("bandwidth", 1400)),
        ("20 kilohertz", ("bandwidth", 20)),
        ("500 uJ", ("energy", 0.5)),
        ("2 mJ", ("energy", 2)),
        ("2 MJ", ("energy", 2e9)),
        ("99.9 %", ("reliability", 0.999)),
    ],
)
def test_numbers_with_units(text, value):
    ((name, number, *_),) = quantities(f"about {text} or so")
    assert (name, pytest.approx(number)) == value


@pytest.mark.parametrize("text", ["room 12", "the second door", "5 parsecs", "m3 4"])
def test_other_numbers_are_none(text):
    assert list(quantities(text)) == []


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("show it within 2 seconds", {"latency": 2000}),
        ("show what happened 2 seconds ago", {}),
        ("error rate below 1 %", {"reliability": 0.99}),
        ("one failure in a hundred is fine", {"reliability": 0.99}),
        ("98 out of 100 right", {"reliability": 0.98}),
        ("the battery is at 20 %", {"energy": IN_WORDS["energy"]}),
        ("only 64 kbit/s", {"bandwidth": IN_WORDS["bandwidth"]}),
        ("in real time over a slow link", {"latency": 200, "bandwidth": 180}),
        ("fast, below 30 ms", {"latency": 30}),
    ],
)
def test_limits(text, limits):
    intent = intent_reader("keywords")(text).intent
    found = {target.name: target.value for target in intent.targets}
    assert found == pytest.approx(limits)


def test_misspelt_words():
    vocabulary = frozenset({"show", "detect", "chair"})
    assert restored("shwo detct chiar", vocabulary) == "show detect chair"
    assert restored("snow sow how hair", vocabulary) == "snow sow how hair"


def test_objects():
    assert objects("two lorries and some ducks") == ("truck", "bird")
    assert objects("the bus lane") == ()
    assert objects("vehicles") == ("car", "bus", "truck")
    assert objects("before i book, remote driving") == ()
    assert objects("put down the remote") == ("remote",)


def test_answers_fill_slots():
    empty = Slots(None, None, None)
    unsure = ("verb", "priority", "targets")
    said = told(empty, unsure, ["find it", "urgent"])
    assert (said.verb, said.priority, said.targets) == ("find", 2, None)
    said = told(empty, unsure[2:], ["energy and latency"])
    assert {t.name for t in said.targets} == {"energy", "latency"}
    assert told(empty, unsure[2:], ["nothing"]).targets == ()
    assert told(empty, unsure, ["dunno", "what?"]) == empty


def test_a_head_start_is_for_what_is_left_open():
    similar = {"routine": 0.2, "urgent": 0.3}
    assert nearest("priority", similar, start=0).option == "urgent"
    assert nearest("priority", similar, start=0.15) == ("routine", pytest.approx(0.05))
    assert nearest("verb", {"ask": 0.5, "find": 0.6, "watch": 1}, ("ask", "find"))[
        0
    ] == ("find")


def test_questions_are_in_the_schema_of_words():
    assert normalised("It\u2019s  HOT") == "it's hot"
    intent = intent_reader("keywords")("Look: 'is the oven hot?' asap").intent
    assert (intent.verb, intent.classes) == ("ask", ("oven",))
    assert intent.question == "is the oven hot?"


@pytest.mark.slow
def test_prototypes_read_by_meaning_and_ask_back():
    reader = intent_reader("prototypes")
    lost = reader("It must be somewhere around here")
    assert lost.intent.verb == "find"
    vague = reader("Hm, the thing over there")
    assert vague.asks == ASKS[vague.unsure[0]]
    first = vague.unsure[0]
    again = reader("Hm, the thing over there", ["recognise"])
    assert first == "verb"
    assert again.intent.verb == "recognise"
    (weights,) = intent_files("prototypes")
    assert weights.is_file()
    assert "minilm" in reader.version
