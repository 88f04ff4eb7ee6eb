"""Names of transmitters on the command line, and labels for them.

``ntscc=NTSCC jpeg2000_ldpc[mcs=auto]="JPEG 2000"``: spaces within brackets or quotes do
not split, and a label follows the last ``=`` outside of both.
"""

from semlink.config import ComponentSpec
from semlink.errors import InputError

FORM = 'labels are NAME=LABEL NAME="TWO WORDS"'


def names(text: str) -> list[str]:
    """Transmitters or scenarios, spelt as in results, in the order of a text."""
    return [name(word) for word, _ in _words(text)]


def name(word: str) -> str:
    """A transmitter or scenario as it is spelt in results."""
    try:
        return ComponentSpec.model_validate(word).label
    except ValueError:
        return word


def labels(text: str) -> dict[str, str]:
    """Labels by transmitter or scenario.

    Raises
    ------
    InputError
        A word is not NAME=LABEL, or a name has two labels.
    """
    found: dict[str, str] = {}
    for word, place in _words(text):
        label = _unquoted(word[place + 1 :])
        if place < 1 or not label:
            raise InputError(f"{FORM}, got {word!r}")
        if (key := name(word[:place])) in found:
            raise InputError(f"a transmitter has one label, got two for {key}")
        found[key] = label
    return found


def _words(text: str) -> list[tuple[str, int]]:
    """Words, each with the place of its last ``=`` outside of brackets, or -1.

    A quote opens after ``=`` alone, so that a label may have an apostrophe.
    """
    found, word, place, depth, quote = [], "", -1, 0, ""
    for letter in text + " ":
        if letter.isspace() and depth <= 0 and not quote:
            if word:
                found.append((word, place))
            word, place, depth = "", -1, 0
            continue
        if quote or (word.endswith("=") and letter in "\"'"):
            quote = "" if letter == quote else quote or letter
        else:
            depth += (letter == "[") - (letter == "]")
            if letter == "=" and depth <= 0:
                place = len(word)
        word += letter
    if word:
        raise InputError(f"brackets and quotes must be closed, got {word.strip()!r}")
    return found


def _unquoted(text: str) -> str:
    quoted = len(text) > 1 and text[0] in "\"'" and text[-1] == text[0]
    return text[1:-1] if quoted else text
