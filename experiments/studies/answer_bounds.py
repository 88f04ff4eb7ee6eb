"""Prints floor and ceiling of questions on a set of pictures, by kind.

    python -m experiments.studies.answer_bounds SOURCE [TASK]

Such as ``"coco:ROOT[questions=made]"`` and ``"vqa[answerer=program]"``.
"""

import sys

from experiments.compose import catalogue
from experiments.failing import failing_in_one_line
from semlink.config import ComponentSpec
from semlink.metrics import Bounds
from semlink.signals import NO_BLOCKS, Estimate


def bounds_of(source: str, task: str) -> dict[str, tuple[int, Bounds]]:
    """Number of questions, floor and ceiling, by metric."""
    words = {"source": source, "task": task}
    specs = {kind: ComponentSpec.model_validate(word) for kind, word in words.items()}
    samples, judge = (catalogue().build(kind, spec) for kind, spec in specs.items())
    samples = [samples[i] for i in range(len(samples))]
    lost = Estimate(None, "", True, NO_BLOCKS)
    seen = [judge.observe(sample, lost) for sample in samples]
    return {
        name: (int(sum(one[name][1] for one in seen)), ends)
        for name, ends in judge.bounds(samples).items()
    }


def main(source: str, task: str = "vqa") -> None:
    """Print a line for each metric."""
    for name, (number, ends) in bounds_of(source, task).items():
        print(f"{name:20} {number:5d}  {ends.floor:.3f}  {ends.ceiling:.3f}")


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(f"usage: {sys.argv[0]} SOURCE [TASK], got {sys.argv[1:]}")
    with failing_in_one_line():
        main(*sys.argv[1:])
