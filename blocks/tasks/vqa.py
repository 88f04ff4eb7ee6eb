"""Questions and answers: how many of the sample's questions the receiver answers.

The questions are the sample's query, their accepted answers its annotations; samples
without questions do not count.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from blocks.answering import answerer as answerer_of
from blocks.answering import answerer_files, checked
from blocks.questions.answers import KINDS, score
from blocks.questions.priors import prior_answer
from semlink.errors import InputError
from semlink.metrics import Bounds, Metric
from semlink.modalities.query import Query
from semlink.protocols import Source
from semlink.signals import NO_BLOCKS, Estimate, Sample

ALL = "answers"
LABELS = {
    "exists": "is there",
    "count": "how many",
    "larger": "which is larger",
    "relation": "left or right",
    "yes_no": "yes or no",
    "number": "numbers",
    "colour": "colours",
    "choice": "choices",
    "other": "others",
}
Scores = dict[str, tuple[float, float]]


def _metric(kind: str) -> Metric:
    """The metric of a kind of question."""
    label = f"right answers: {LABELS[kind]}"
    return Metric(f"{ALL}_{kind}", label, kind="ratio", digits=3, headline=False)


class Vqa:
    """Mean score of answers, in all and by kind of question.

    The mean is over questions; its interval is over samples (a ratio estimator),
    because questions on one picture are not independent. A lost estimate has the prior
    answers.

    Parameters
    ----------
    answerer : answerer, as on the command line
    """

    metrics = (
        Metric(ALL, "right answers", kind="ratio", digits=3),
        *map(_metric, KINDS),
    )

    def __init__(self, answerer: str):
        self._spec, self._answer = answerer, answerer_of(answerer)
        self.judges = self._answer.judges

    def for_source(self, source: Source) -> "Vqa":
        """The task itself, if the source asks something.

        Raises
        ------
        InputError
            No sample has a question.
        """
        if not any(_questions(source[index]) for index in range(len(source))):
            raise InputError(
                "task vqa needs questions, as of coco:ROOT[questions=made], got "
                f"{len(source)} samples without any"
            )
        return self

    def observe(self, sample: Sample, estimate: Estimate) -> Scores:
        """Sum of scores and number of questions, by metric."""
        scores = {metric.name: (0.0, 0.0) for metric in self.metrics}
        answers = sample.annotations.get("answers", ())
        for question, answer in zip(_questions(sample), answers, strict=True):
            one = score(self._answered(question, estimate), answer)
            for name in (ALL, f"{ALL}_{answer.kind}"):
                total, count = scores[name]
                scores[name] = total + one, count + 1.0
        return scores

    def score(self, observations) -> dict:
        """Nothing: the task has no metrics of a set."""
        return {}

    def bounds(self, samples: Sequence[Sample]) -> Mapping[str, Bounds]:
        """Scores of the prior answers, and of the answers on the original samples."""
        lost = [self.observe(s, Estimate(None, "", True, NO_BLOCKS)) for s in samples]
        same = [
            self.observe(s, Estimate(s.data, s.modality, False, NO_BLOCKS))
            for s in samples
        ]
        both = {
            metric.name: (_mean(lost, metric.name), _mean(same, metric.name))
            for metric in self.metrics
            if any(one[metric.name][1] for one in lost)
        }
        return {name: Bounds(*ends) for name, ends in both.items()}

    def _answered(self, question: str, estimate: Estimate) -> str:
        if estimate.data is None:
            return prior_answer(question)
        answer = self._answer(question, estimate.data, estimate.modality)
        return checked(answer, self._spec)


def build(answerer: str = "program") -> Vqa:
    """Build the task.

    Parameters
    ----------
    answerer : what answers the questions (``blocks/answerers/``)
    """
    return Vqa(answerer)


def files(answerer: str) -> list[Path]:
    """Files that the answers depend on."""
    return answerer_files(answerer)


def _questions(sample: Sample) -> tuple[str, ...]:
    return sample.query.questions if isinstance(sample.query, Query) else ()


def _mean(observations: Sequence[Scores], name: str) -> float:
    total, count = map(sum, zip(*(one[name] for one in observations), strict=True))
    return total / count
