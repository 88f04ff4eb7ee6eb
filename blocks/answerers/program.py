"""Runs a question as a small program over objects; the default.

The objects are those of the received boxes or words, or those that a detector finds in
the received picture; colours are measured within their boxes. Where no rule fits the
question, or the objects do not decide it, the answer is the prior one.
"""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from blocks.coco_names import NOUN, NOUNS
from blocks.detection import detector as detector_of
from blocks.detection import detector_files
from blocks.questions.parsing import Program, parse
from blocks.questions.priors import prior_answer
from blocks.questions.scenes import Scene, scene_of
from semlink.modalities.boxes import BOXES
from semlink.modalities.words import WORDS
from semlink.signals import IMAGE


class ProgramAnswerer:
    """Answers by rules.

    Parameters
    ----------
    name : detector of objects in pictures
    confidence : least confidence of an object in pictures and boxes
    """

    judges = (IMAGE, BOXES, WORDS)

    def __init__(self, name: str, confidence: float):
        self._detect, self._confidence = detector_of(name), confidence
        self.version = f"program 1 {self._detect.version} {confidence:g}"

    def __call__(self, question: str, data: Any, modality: str) -> str:
        program = parse(question)
        seen = scene_of(data, modality, self._detect, self._confidence)
        return _run(program, seen) or prior_answer(question)


def build(
    detector: str = "nanodet",
    confidence: Annotated[float, Field(ge=0.05, le=0.95)] = 0.3,
) -> ProgramAnswerer:
    """Build the answerer.

    Parameters
    ----------
    detector : detector of objects in pictures
    confidence : least confidence of an object
    """
    return ProgramAnswerer(detector, confidence)


def files(detector: str, **_) -> list[Path]:
    """Weights of the detector."""
    return detector_files(detector)


def _run(program: Program, seen: Scene) -> str:
    """The answer of a program; empty if the objects do not decide it."""
    operation, names = program.operation, program.categories
    if operation == "exists":
        return "yes" if seen.counts.get(names[0]) else "no"
    if operation == "count":  # the question takes it for granted that there are some
        number = seen.counts.get(names[0])
        return str(number) if number else ""
    if operation == "colour":
        return _colour(seen, names[0])
    if operation == "larger":
        return _larger(seen, names)
    if operation == "relation":
        return _relation(seen, names)
    return _chosen(program.choices, seen)


def _colour(seen: Scene, name: str) -> str:
    index = seen.first(name)
    return "" if index is None else seen.colour_of(index)


def _larger(seen: Scene, names: tuple[str, ...]) -> str:
    """The one whose largest box is larger; the one that is there if one is missing."""
    areas = [seen.largest(name) for name in names]
    return names[int(areas[1] > areas[0])] if any(areas) else ""


def _relation(seen: Scene, names: tuple[str, ...]) -> str:
    """By the centres of the most certain objects; the middle for a missing one."""
    found = [seen.first(name) for name in names]
    if found == [None, None]:
        return ""
    first, second = (0.5 if i is None else seen.centre(i) for i in found)
    return "left" if first < second else "right"


def _chosen(choices: tuple[str, ...], seen: Scene) -> str:
    """The first choice that names an object, or the colour of the most certain one."""
    for choice in choices:
        nouns = NOUN.findall(choice.lower())
        if any(seen.counts.get(NOUNS[noun]) for noun in nouns):
            return choice
    main = seen.colour_of(0) if len(seen.categories) else ""
    return main if main in choices else ""
