"""What detectors find in the original pictures of a COCO set: the ceiling of links.

``python -m experiments.studies.detectors coco:PATH[split=all] nanodet yolov4_tiny``
"""

import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from blocks.tasks.average_precision import Precision
from blocks.tasks.detection import build
from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.errors import InputError
from semlink.protocols import Source
from semlink.signals import NO_BLOCKS, Estimate, Sample

PERSON = "person"
TITLES = ("AP", "AP50", "small", "medium", "large")


def table(word: str, detectors: Sequence[str]) -> str:
    """A table, in Markdown, of AP and F1 on all pictures, with and without persons.

    Parameters
    ----------
    word : source with COCO's instances, as on the command line
    detectors : detectors, as on the command line

    Raises
    ------
    InputError
        The source has no instances, or a detector does not exist.
    """
    source = catalogue().build("source", ComponentSpec.model_validate(word))
    heads = ("detector", "pictures", *TITLES, "F1", "ms a picture")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for name in detectors:
        lines += _lines(name, source)
    return "\n".join(lines)


def _lines(name: str, source: Source) -> list[str]:
    task = build(name).for_source(source)
    start = time.perf_counter()
    samples = [source[i] for i in range(len(source))]
    seen = [task.observe(sample, _original(sample)) for sample in samples]
    spent = 1000 * (time.perf_counter() - start) / len(samples)
    persons = np.array([_has_person(sample) for sample in samples])
    chosen = {
        f"all {len(samples)}": persons | True,
        f"{persons.sum()} with persons": persons,
        f"{(~persons).sum()} without": ~persons,
    }
    return [
        f"| {name} | {what} | {_values(seen, mask)} | {spent:.0f} |"
        for what, mask in chosen.items()
        if mask.any()
    ]


def _values(seen: Sequence[Mapping[str, Any]], mask: np.ndarray) -> str:
    own = [one for one, kept in zip(seen, mask, strict=True) if kept]
    f1 = float(np.mean([one["f1"][0] for one in own]))
    scores = [*Precision(own).whole().values(), f1]
    return " | ".join(f"{value:.3f}" for value in scores)


def _original(sample: Sample) -> Estimate:
    return Estimate(sample.data, sample.modality, False, NO_BLOCKS)


def _has_person(sample: Sample) -> bool:
    known = sample.annotations.get("instances", ())
    return any(one["category"] == PERSON for one in known)


if __name__ == "__main__":
    try:
        print(table(sys.argv[1], sys.argv[2:]))
    except InputError as error:
        sys.exit(f"error: {error}")
