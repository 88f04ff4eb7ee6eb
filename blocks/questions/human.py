"""Questions that people asked on COCO's images, from a JSON file.

The file is a list of objects, or an object with such a list as ``questions``:

* ``image_id``: whole number, COCO's id of the image
* ``question``: text
* ``answer``: text, the right answer
* ``answers`` or ``direct_answers``: texts of several annotators (VQA v2, A-OKVQA)
* ``choices``: texts to choose from (A-OKVQA, POPE)
* ``answer_type``: ``yes/no``, ``number`` or ``other`` (VQA v2)

Of the last four, ``answer`` or ``answers`` is needed. With choices, ``answer`` is the
right one. Other entries are ignored.
"""

import json
import os
import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from blocks.questions.answers import Answer, plain
from blocks.questions.choices import with_choices
from semlink.contracts.fault import shown
from semlink.errors import InputError

YES_NO = {"yes", "no"}
TYPES = {"yes/no": "yes_no", "number": "number", "other": "other"}
_COLOUR = re.compile(r"\bcolou?rs?\b", re.I)


def read(path: str, images: Collection[int]) -> dict[int, list[tuple[str, Answer]]]:
    """Questions on images, with their answers.

    Parameters
    ----------
    path : path of the file
    images : ids of the images; questions on others are left out

    Output
    ------
    : questions by image id, in the file's order; choices are part of a question's text

    Raises
    ------
    InputError
        The file cannot be read or is no such list, an entry is wrong, or no question is
        on one of the images.
    """
    entries, found = _entries(path), {}
    for number, entry in enumerate(entries):
        where = f"question {number} in {path!r}"
        image = _field(entry, "image_id", _is_whole, "a whole number", where)
        if image in images:
            found.setdefault(image, []).append(_question(entry, where))
    if not found:
        raise InputError(
            f"questions in {path!r} must be on images of this set, got "
            f"{len(entries)} on others"
        )
    return found


def _entries(path: str) -> list:
    try:
        content = json.loads(Path(os.path.expanduser(path)).read_text("utf-8"))
    except OSError as error:
        reason = f"{error.strerror!r}"
        raise InputError(f"questions {path!r} must be readable, got {reason}") from None
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:120]
        raise InputError(f"questions {path!r} must be JSON, got {reason}") from None
    entries = content.get("questions") if isinstance(content, dict) else content
    if not isinstance(entries, list) or not entries:
        must = f"questions {path!r} must be a list of questions"
        raise InputError(f"{must}, got {shown(entries)}")
    return entries


def _question(entry: Mapping[str, Any], where: str) -> tuple[str, Answer]:
    text = _field(entry, "question", _is_text, "text", where)
    choices = _texts(entry, "choices", where)
    accepted = _texts(entry, "answers", where) or _texts(entry, "direct_answers", where)
    if choices or not accepted:
        accepted = (_field(entry, "answer", _is_text, "text", where),)
    if choices and accepted[0] not in choices:
        must = f"{where}: answer must be one of its choices"
        raise InputError(f"{must}, got {shown(accepted[0])}")
    kind = _kind(entry, text, choices, where)
    if kind == "yes_no":
        return text, Answer(kind, accepted)  # they need not be listed
    return with_choices(text, choices), Answer(kind, accepted, choices)


def _kind(entry: Mapping[str, Any], text: str, choices, where: str) -> str:
    kind = entry.get("answer_type", "other")
    if kind not in TYPES:
        must = f"{where}: answer_type must be {', '.join(TYPES)}"
        raise InputError(f"{must}, got {shown(kind)}")
    if set(map(str.lower, choices)) == YES_NO or TYPES[kind] == "yes_no":
        return "yes_no"
    if _COLOUR.search(text):
        return "colour"
    if choices:
        numeric = all(plain(choice).isdigit() for choice in choices)
        return "number" if numeric else "choice"
    return TYPES[kind]


def _texts(entry: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    """A list of texts, without empty ones; empty if it is missing."""
    if key not in entry:
        return ()
    texts = _field(entry, key, _are_texts, "a list of texts", where)
    return tuple(filter(str.strip, texts))


def _field(entry: Any, key: str, fits: Callable, must: str, where: str) -> Any:
    if not isinstance(entry, dict):
        raise InputError(f"{where} must be an object, got {shown(entry)}")
    if key not in entry or not fits(entry[key]):
        got = shown(entry[key]) if key in entry else "none"
        raise InputError(f"{where}: {key} must be {must}, got {got}")
    return entry[key]


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)
