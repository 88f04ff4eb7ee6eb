"""Measures readers of intents on sentences with known slots.

    python -m experiments.studies.intents fit
    python -m experiments.studies.intents table HALF READER ...

``fit`` prints the head starts and margins of ``prototypes``, fitted on the training
half. ``table`` prints the share of right slots on a half, ``training`` or
``held_back``, with Clopper-Pearson intervals, of readers as on the command line and of
``majority``. ``+asking`` after a reader has a simulated user answer its questions
truthfully.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import binomtest

from blocks.intending import MOST_QUESTIONS, intent_reader
from blocks.intents import prototypes
from blocks.intents.rules import PRIORITIES
from blocks.intents.slots import (
    LIMITS,
    NOTHING,
    PRIORITY,
    VERB,
    by_rules,
    normalised,
)
from semlink.errors import InputError
from semlink.loop.agents import IntentReader
from semlink.signalling.messages import Intent

SENTENCES = Path("tests/blocks/intents/sentences.json")
SLOTS = ("verb", "classes", "priority", "targets")
HALVES = ("training", "held_back")
MAJORITY, ASKING = "majority", "+asking"
PRICE = 0.25  # of a question, in right slots
TOLERANCE = 1e-6  # relative, of a stated value


class Read(NamedTuple):
    """How a sentence was read.

    right : slots that are right
    questions : questions that the user was asked
    letters : bytes of questions and answers
    """

    right: frozenset[str]
    questions: int = 0
    letters: int = 0


def sentences(half: str) -> list[dict[str, Any]]:
    """Sentences of a half, with their slots."""
    data = json.loads(SENTENCES.read_text("utf-8"))
    given = data["sentences"]
    order = np.random.default_rng(data["seed"]).permutation(len(given))
    split = len(given) // 2
    chosen = order[:split] if half == HALVES[0] else order[split:]
    return [given[i] for i in sorted(chosen)]


def right(intent: Intent, truth: dict[str, Any]) -> frozenset[str]:
    """Slots of an intent that are as they should be."""
    found = {target.name: target.value for target in intent.targets}
    limits = truth["limits"]
    values = found.keys() == limits.keys() and all(
        value is None or abs(found[name] - value) <= TOLERANCE * value
        for name, value in limits.items()
    )
    agree = {
        "verb": intent.verb == truth["verb"],
        "classes": list(intent.classes) == truth["classes"],
        "priority": intent.priority == truth["priority"],
        "targets": values,
    }
    return frozenset(slot for slot, same in agree.items() if same)


def answer(slot: str, truth: dict[str, Any]) -> str:
    """What a truthful user says when asked about a slot."""
    if slot == VERB:
        return truth["verb"]
    if slot == PRIORITY:
        return PRIORITIES[truth["priority"]]
    return ", ".join(truth["limits"]) or NOTHING


def read(reader: IntentReader, truth: dict[str, Any], asking: bool) -> Read:
    """Have a reader read a sentence, and answer its questions."""
    answers: list[str] = []
    letters = 0
    understood = reader(truth["text"])
    while asking and understood.asks and len(answers) < MOST_QUESTIONS:
        answers.append(answer(understood.unsure[0], truth))
        letters += len(f"{understood.asks}{answers[-1]}".encode())
        understood = reader(truth["text"], answers)
    return Read(right(understood.intent, truth), len(answers), letters)


def majority(truths: Sequence[dict[str, Any]]) -> Callable[[dict], Read]:
    """The most frequent value of each slot, whatever was said."""
    keys = {"verb": "verb", "classes": "classes", "priority": "priority"}
    keys["targets"] = "limits"
    seen = {s: Counter(json.dumps(t[k]) for t in truths) for s, k in keys.items()}
    most = {slot: count.most_common(1)[0][0] for slot, count in seen.items()}
    return lambda truth: Read(
        frozenset(s for s, k in keys.items() if json.dumps(truth[k]) == most[s])
    )


def table(half: str, names: Iterable[str]) -> str:
    """The table of readers on a half, in Markdown."""
    if half not in HALVES:
        raise InputError(f"a half is one of {', '.join(HALVES)}, got {half!r}")
    truths = sentences(half)
    heads = " | ".join([*SLOTS, "all four", "questions", "bytes"])
    lines = [f"| reader | {heads} |", "|" + "---|" * (len(SLOTS) + 4)]
    for name in names:
        if name == MAJORITY:
            always = majority(sentences(HALVES[0]))
            done = [always(truth) for truth in truths]
        else:
            reader = intent_reader(name.removesuffix(ASKING))
            done = [read(reader, truth, name.endswith(ASKING)) for truth in truths]
        lines.append(f"| `{name}` | {' | '.join(_cells(done))} |")
    return "\n".join(lines)


def _cells(done: Sequence[Read]) -> list[str]:
    shares = [[slot in one.right for one in done] for slot in SLOTS]
    shares.append([len(one.right) == len(SLOTS) for one in done])
    asked = [one.questions for one in done]
    letters = [one.letters for one in done]
    means = [f"{np.mean(asked):.2f}", f"{np.mean(letters):.0f}"]
    return [*map(_share, shares), *means]


def _share(ok: Sequence[bool]) -> str:
    """A share with its 95 % interval by Clopper and Pearson."""
    low, high = binomtest(sum(ok), len(ok)).proportion_ci(0.95, "exact")
    return f"{np.mean(ok):.2f} ({low:.2f}-{high:.2f})"


def fit() -> str:
    """Head starts and margins of ``prototypes`` that are best on the training half.

    Embeddings alone decide here. Sentences that no rule reads count twice: embeddings
    decide there, but the rules were written with this half at hand, and other sentences
    have more of them. The head start is the least that gives most right slots; the
    margin maximises right slots, after truthful answers, less ``PRICE`` a question.
    """
    reader = prototypes.build(asks=False)
    truths = sentences(HALVES[0])
    texts = [normalised(truth["text"]) for truth in truths]
    similar, ruled = reader.similarities(texts), [by_rules(text) for text in texts]
    grid = np.round(np.arange(0, 0.41, 0.01), 2)
    lines = []
    for place, slot in enumerate((VERB, PRIORITY, LIMITS)):
        weight = np.array([2 if slots[place] is None else 1 for slots in ruled])
        said = [answer(slot, truth) for truth in truths]
        rows = [(one[slot], a) for one, a in zip(similar, said, strict=True)]
        starts = grid if slot in prototypes.OPEN else grid[:1]
        counts = [weight @ _outcomes(slot, rows, s)[0] for s in starts]
        start = starts[int(np.argmax(counts))]
        ok, margin = _outcomes(slot, rows, start)
        worth = [weight @ np.where(margin < sure, 1 - PRICE, ok) for sure in grid]
        sure = grid[int(np.argmax(worth))]
        lines.append(
            f"{slot}: head start {start:g}, margin {sure:g}; of {len(rows)} sentences "
            f"{ok.sum():g} are right and {(margin < sure).sum()} asked about"
        )
    return "\n".join(lines)


def _outcomes(slot: str, rows: Sequence[tuple], start: float) -> np.ndarray:
    """Whether each guess is right, and its margin : [2, rows]."""
    found = [(prototypes.nearest(slot, s, start=start), truth) for s, truth in rows]
    return np.array([(n.option in t.split(", "), n.margin) for n, t in found]).T


def main(what: str = "", half: str = HALVES[0], *names: str) -> None:
    """Print what is asked for."""
    if what not in ("fit", "table"):
        raise SystemExit(__doc__)
    print(fit() if what == "fit" else table(half, names))


if __name__ == "__main__":
    main(*sys.argv[1:])
