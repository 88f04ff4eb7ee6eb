"""Every reader of intents keeps its contract."""

import json

import pytest
import yaml

from blocks.intending import INTENTS, LONGEST, MOST_QUESTIONS, intent_reader
from semlink.errors import InputError
from semlink.loop.agents import IntentReader, Understood
from semlink.signalling.layout import encode
from semlink.signalling.messages import Intent

ENCODER = '''
"""Embeds texts by their words: a toy that needs no network."""

import zlib

import numpy as np

from blocks.knowledge.perception import Encoded, unit


class Bag:
    version, width = "bag 1", 64

    def __call__(self, texts):
        pooled = np.zeros((len(texts), self.width), np.float32)
        for row, text in enumerate(texts):
            for word in text.split():
                pooled[row, zlib.crc32(word.encode()) % self.width] += 1
        tokens = pooled[:, None]
        return Encoded(unit(pooled), tokens, np.ones(tokens.shape[:2], bool))


def build():
    return Bag()
'''
SAID = ["", "cars. fast.", "show me whether it is a dog or a cat, urgently!"]
SAID += ["is teh door opne? resposne in 2 secnds", "zzz qqq", "\u00e4\u00f6 \U0001f600"]
STRUCTURES = [
    {"verb": "find", "classes": ["car"], "targets": {"latency": "150 ms"}},
    {"verb": "ask", "question": "Is it open?", "priority": "urgent"},
    {"verb": "watch", "user": "me", "scenario": "monitor"},
]
WORDS = ("keywords", "prototypes", "llm")


@pytest.fixture(scope="module")
def spec_of(tmp_path_factory):
    """Give a reader's word; those with networks get small ones."""
    folder = tmp_path_factory.mktemp("readers")
    (folder / "bag.py").write_text(ENCODER)
    return {
        "prototypes": f"prototypes[encoder={folder / 'bag.py'}]",
        "keywords": "keywords",
        "structured": "structured",
    }


READERS = [name for name in INTENTS.names() if name != "llm"]  # test_llm.py has it
every = pytest.mark.parametrize("name", READERS)


def inputs(name):
    return STRUCTURES if name == "structured" else SAID[1:]


def test_the_battery_has_every_reader():
    assert {*INTENTS.names()} == {*WORDS, "structured"}


@every
def test_answers_are_intents_that_can_be_sent(name, spec_of):
    reader = intent_reader(spec_of[name])
    assert isinstance(reader, IntentReader)
    for said in inputs(name):
        understood = reader(said)
        assert isinstance(understood, Understood)
        assert encode(understood.intent).size >= 40
        assert {*understood.unsure} <= {"verb", "priority", "targets"}


@every
def test_the_same_words_mean_the_same(name, spec_of):
    word = ComponentWord(spec_of[name])
    for said in inputs(name):
        assert word.fresh()(said) == word.fresh()(said)
        assert word.fresh()(said) == intent_reader(spec_of[name])(said)


class ComponentWord:
    """A reader built anew, past the cache."""

    def __init__(self, spec):
        self.spec = spec

    def fresh(self):
        return intent_reader.__wrapped__(self.spec)


@every
def test_it_asks_little_and_ends(name, spec_of):
    reader = intent_reader(spec_of[name])
    for said in inputs(name):
        answers = []
        while (understood := reader(said, answers)).asks:
            assert understood.unsure
            answers.append("I do not know")
        assert len(answers) <= MOST_QUESTIONS


@every
@pytest.mark.parametrize("said", [None, 3, "", "  \n", ["watch"], "a" * (LONGEST + 1)])
def test_what_is_no_intent_is_refused(name, spec_of, said):
    with pytest.raises(InputError, match="got") as refused:
        intent_reader(spec_of[name])(said)
    assert len(str(refused.value).splitlines()) == 1


TEXTS = [
    ("watch, latency at most 50 ms and latency at least 80 ms", "targets of latency"),
    ("find cars within -5 ms", "intent.targets.0.value must be greater than 0, got -5"),
    ("find cars, latency below 3 parsecs", "latency must be .*, got '3 parsecs'"),
    ("watch with a reliability of 100 %", "reliability must be .* below 1, got 1"),
]


@pytest.mark.parametrize("name", [name for name in READERS if name != "structured"])
@pytest.mark.parametrize(("said", "line"), TEXTS)
def test_words_that_contradict_are_refused(name, spec_of, said, line):
    with pytest.raises(InputError, match=line) as refused:
        intent_reader(spec_of[name])(said)
    assert len(str(refused.value).splitlines()) == 1


def target(value, condition="at_most", name="latency"):
    return {"name": name, "condition": condition, "value": value}


TREES = [
    (
        {"targets": [target(5), target(9, "at_least")]},
        "intent: targets of latency",
    ),
    ({"verb": "watch find"}, "intent.verb must be .*, got 'watch find'"),
    ({"verb": ["watch", "find"]}, r"intent.verb must be .*, got \['watch', 'find'\]"),
    ({"targets": [target("3 parsecs")]}, "intent.targets.0.value: latency must be .*'"),
    ({"targets": {"latency": "3 J"}}, "intent.targets.latency: .*, got '3 J'"),
    ({"targets": {"speed": 3}}, "unknown key of intent.targets 'speed'.*, got 'speed'"),
    (
        {"targets": [target(-5)]},
        "intent.targets.0.value must be greater than 0, got -5",
    ),
    ({"targets": {"reliability": 99}}, "intent.targets.0: .* below 1, got 99"),
    ({"targets": 7}, "intent.targets must be a list, got 7"),
    ({"classes": ["cra"]}, "intent.classes.0 must be a category .*, got 'cra'"),
    ({"priority": "very"}, "intent.priority must be .*, got 'very'"),
    ({"version": 2}, "intent.version must be at most 1, got 2"),
    ({"tagets": []}, "intent.tagets: unknown key; known: version, verb, .*, got"),
]


@pytest.mark.parametrize("form", [dict, json.dumps, yaml.safe_dump])
@pytest.mark.parametrize(("change", "line"), TREES)
def test_structures_that_are_wrong_are_refused(form, change, line):
    with pytest.raises(InputError, match=f"^{line}") as refused:
        intent_reader("structured")(form({"verb": "find"} | change))
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("verb: watch\nverb: find", "'verb' is given twice"),
        ('{"verb": "watch", "verb": "find"}', "verb is given twice, got 'find'"),
        ("[watch", "intent must be YAML or JSON: .*, got"),
        ("watch", "intent must be a mapping with verb and targets, got 'watch'"),
    ],
)
def test_texts_that_are_no_structure_are_refused(text, line):
    with pytest.raises(InputError, match=line) as refused:
        intent_reader("structured")(text)
    assert len(str(refused.value).splitlines()) == 1


def test_a_structure_is_the_same_in_every_form():
    tree = {"verb": "find", "classes": ["car"], "priority": "urgent"}
    tree["targets"] = {"latency": "0.15 s", "reliability": "99.9 %", "energy": 2}
    forms = (tree, json.dumps(tree), yaml.safe_dump(tree, sort_keys=False))
    made = [intent_reader("structured")(form) for form in forms]
    assert made[0] == made[1] == made[2]
    intent = made[0].intent
    assert intent.priority == 2
    assert intent.limits("latency") == (0, pytest.approx(150))
    assert intent.limits("reliability")[0] == pytest.approx(0.999)
    assert intent_reader("structured")(intent).intent == intent
    assert isinstance(intent, Intent)


def test_a_reader_that_answers_otherwise_is_refused(tmp_path):
    path = tmp_path / "wrong.py"
    path.write_text(
        "class Wrong:\n    version = 'wrong 1'\n\n"
        "    def __call__(self, said, answers=()):\n        return 'watch'\n\n\n"
        "def build():\n    return Wrong()\n"
    )
    with pytest.raises(InputError, match="must return an Understood .*, got 'watch'"):
        intent_reader(str(path))("show me")
