"""Where in its file a component breaks a rule."""

import inspect
import re
import traceback
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from types import CodeType
from typing import Any

# code that usually draws without a seed, and code that usually keeps something
RANDOM = (r"\b(np|numpy|tf)\.random\b(?!\.default_rng\(\w)", r"\brandom\.", r"time\(")
KEPT = (r"self\.\w+(\[.*\])? *([-+*/|&]|//)?= ", r"\.(append|update|add|pop)\(")


def shown(path: str, line: int, name: str = "") -> str:
    """A place as ``file.py:12 (name)``, relative to the current folder if inside."""
    found, here = Path(path).resolve(), Path.cwd()
    within = found.relative_to(here) if found.is_relative_to(here) else found
    return f"{within}:{line}" + (f" ({name})" if name else "")


def place(owner: Any, near: tuple[str, ...] = ()) -> str:
    """The place in the code of an object that is most likely at fault.

    Parameters
    ----------
    owner : function, or an object with methods
    near : regular expressions, the likeliest first; the place is the last line of a
        method that matches one, or the beginning of its call. Parents in other files
        are not searched: what they do right by themselves, a child does wrong.
    """
    classes = list(_codes(owner))
    file = classes[0][0].co_filename if classes else ""
    for codes in (own for own in classes if own[0].co_filename == file):
        for pattern, code in product(near, codes):
            lines, first = _source(code)
            for number in range(len(lines) - 1, -1, -1):
                if re.search(pattern, lines[number].partition("#")[0]):
                    line = first + number
                    return shown(code.co_filename, line, code.co_qualname)
    if not classes:
        return ""
    code = classes[0][0]
    return shown(code.co_filename, code.co_firstlineno, code.co_qualname)


def raised_at(error: BaseException, files: set[str]) -> str:
    """The innermost line of some files that an exception passed; of any if of none."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if str(Path(f.filename).resolve()) in files]
    frame = (own or list(frames))[-1]
    return shown(frame.filename, frame.lineno or 0, frame.name)


def files_of(owner: Any) -> set[str]:
    """The files in which an object's code is, that of its parents included."""
    classes = _codes(owner)
    return {
        str(Path(code.co_filename).resolve()) for codes in classes for code in codes
    }


def _codes(owner: Any) -> Iterator[list[CodeType]]:
    """The code of a function; or that of methods, class by class, the call first."""
    if hasattr(owner, "__code__"):
        yield [owner.__code__]
        return
    for kind in type(owner).__mro__:
        methods = [
            method
            for method in vars(kind).values()
            if inspect.isfunction(method) and method.__name__ != "__init__"
        ]
        methods.sort(key=_is_no_call)
        if methods:
            yield [inspect.unwrap(method).__code__ for method in methods]


def _is_no_call(method: Callable) -> bool:
    return method.__name__ != "__call__"


def _source(code: CodeType) -> tuple[list[str], int]:
    try:
        return inspect.getsourcelines(code)
    except OSError:
        return [], code.co_firstlineno
