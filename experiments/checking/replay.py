"""Decodes signals received by another process.

Nothing is sent here: a pair is built from its word alone.
"""

from collections.abc import Mapping, Sequence

from experiments.checking import process
from experiments.compose import catalogue
from semlink.checking.pairs import Heard, replayed
from semlink.config import ComponentSpec
from semlink.signals import Estimate, RxSignal

SCRIPT = "experiments.checking.replay"
MUST = "a receiver must work in a process where nothing was sent"


def elsewhere(courses: Mapping[str, Sequence[Heard]]) -> dict[str, list[Estimate]]:
    """Estimates of a fresh process for the same signals, by the words of pairs.

    Raises
    ------
    InputError
        A receiver does not work there.
    """
    plain = {
        word: [(h.query, [tuple(rx) for rx in h.signals], h.reported) for h in course]
        for word, course in courses.items()
    }
    estimates = process.elsewhere(SCRIPT, plain, MUST)
    return {word: [Estimate(*e) for e in course] for word, course in estimates.items()}


def replay(courses: Mapping[str, Sequence[tuple]]) -> dict[str, list[tuple]]:
    """Replay the courses of all pairs."""
    estimates = {}
    for word, course in courses.items():
        spec = ComponentSpec.model_validate(word)
        heard = [
            Heard(query, tuple(RxSignal(*s) for s in signals), reported)
            for query, signals, reported in course
        ]
        made = replayed(lambda spec=spec: _fresh(spec), heard)
        estimates[word] = [tuple(estimate) for estimate in made]
    return estimates


def _fresh(spec: ComponentSpec):
    return catalogue().build("transmitter", spec)


if __name__ == "__main__":
    process.serve(replay)
