"""Answers without a picture: the floor of every answerer.

They follow from the question alone and are fixed; no judged set was counted for them.
In questions that are made here, both sides of a choice are equally frequent, and so are
the numbers 1 to 4: any fixed answer stands at its share. For questions of people,
"yes" and "2" are the most frequent answers to yes/no and "how many" in VQA (Antol et
al., ICCV 2015, section 4); "white" is the most frequent colour in captions of COCO.
"""

import re

from blocks.questions.parsing import parse

_YES_NO = re.compile(
    r"(is|are|was|were|does|do|did|can|could|has|have|will|would|should)\b", re.I
)
_COLOUR = re.compile(r"\bcolou?rs?\b", re.I)
NOTHING = "nothing"  # where no answer is likely


def prior_answer(question: str) -> str:
    """The prior answer of a question; where no prior is known, the first choice."""
    program = parse(question)
    if program.operation == "larger":
        return program.categories[0]
    if program.operation == "relation":
        return "left"
    if question.lower().startswith("how many"):
        return "2"
    if _COLOUR.search(question):
        return "white"
    if program.choices:
        return program.choices[0]
    return "yes" if _YES_NO.match(question) else NOTHING
