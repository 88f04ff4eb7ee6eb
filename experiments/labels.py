"""Labels of figures and tables, and names of a run, as words of the command line."""

import re
from typing import NamedTuple

from semlink.config import ComponentSpec
from semlink.errors import InputError

# a text in quotes, or a word, with formulas that may have blanks
_TEXT = re.compile(r"\"([^\"]*)\"|'([^']*)'|((?:\$[^$]*\$|\S)+)")


class Label(NamedTuple):
    """A text, and whether what it has between dollars is a formula."""

    text: str
    math: bool = False

    def __add__(self, more: str) -> "Label":
        return Label(self.text + more, self.math)


def marked(label: Label, reference: str) -> Label:
    """A label of a bound or an oracle, with that word unless the label has it."""
    if not reference or reference in label.text.lower():
        return label
    return label + f" ({reference})"


def read_labels(text: str) -> dict[str, Label]:
    """Labels from ``NAME=TEXT NAME="several words" NAME='$a = b$'``.

    Raises
    ------
    InputError
        It has another form, a name is given twice, or a formula is not one of TeX.
    """
    labels: dict[str, Label] = {}
    while text := text.strip():
        name, text = _name(text)
        if not (found := _TEXT.match(text)):
            raise InputError(f"a label is NAME=TEXT, got no text for {name!r}")
        if name in labels:
            raise InputError(f"the label of {name} is given twice")
        if found[0][0] in "\"'" and found[3] is not None:
            raise InputError(f"a quote must be closed, got {text!r}")
        labels[name] = _checked(next(filter(None, found.groups()), ""))
        text = text[found.end() :]
    return labels


def _name(text: str) -> tuple[str, str]:
    """The name before an equals sign outside brackets, and what follows the sign."""
    if quoted := re.match(r"\"([^\"]+)\"=|'([^']+)'=", text):
        return quoted[1] or quoted[2], text[quoted.end() :]
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "[") - (letter == "]")
        if depth == 0 and letter == "=" and place:
            return word_of(text[:place]), text[place + 1 :]
        if depth == 0 and letter.isspace():
            break
    form = "NAME=TEXT, with quotes around a text of several words"
    raise InputError(f"a label is {form}, got {text.split()[0]!r}")


def word_of(text: str) -> str:
    """The word in results, from what a user writes for a component."""
    try:
        return ComponentSpec.model_validate(text).label
    except ValueError:
        return text


def words_of(text: str) -> list[str]:
    """Words in results, from a list in which blanks in brackets do not split."""
    words, depth = [""], 0
    for letter in text:
        depth += (letter == "[") - (letter == "]")
        if depth <= 0 and letter.isspace():
            words.append("")
        else:
            words[-1] += letter
    return [word_of(word) for word in dict.fromkeys(words) if word]


def _checked(text: str) -> Label:
    """A label; with two dollars, what is between them must be a formula."""
    if text.count("$") < 2:
        return Label(text)
    from matplotlib.mathtext import MathTextParser

    try:
        MathTextParser("path").parse(text)
    except ValueError as error:
        reason = str(error).strip().splitlines()[-1].partition(":")[2].strip()
        form = "a label has TeX between dollars"
        raise InputError(f"{form}, got '{text}': {reason}") from None
    return Label(text, math=True)
