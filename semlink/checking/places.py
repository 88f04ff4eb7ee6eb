"""Where in its file a component breaks a rule."""

import inspect
import re
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType
from typing import Any


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
        method that matches one, or the beginning of its call
    """
    codes = list(_codes(owner))
    for pattern in near:
        for code in codes:
            lines, first = _source(code)
            for number in range(len(lines) - 1, -1, -1):
                if re.search(pattern, lines[number].partition("#")[0]):
                    return shown(code.co_filename, first + number, code.co_qualname)
    if not codes:
        return ""
    return shown(codes[0].co_filename, codes[0].co_firstlineno, codes[0].co_qualname)


def raised_at(error: BaseException, file: str) -> str:
    """The innermost line of a file that an exception passed; of any if of none."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).resolve() == Path(file)]
    frame = (own or list(frames))[-1]
    return shown(frame.filename, frame.lineno or 0, frame.name)


def file_of(owner: Any) -> str:
    """The file in which an object's code is; empty for one without code."""
    codes = list(_codes(owner))
    return str(Path(codes[0].co_filename).resolve()) if codes else ""


def _codes(owner: Any) -> Iterator[CodeType]:
    """The code of a function, or of the methods of an object, its call first."""
    if hasattr(owner, "__code__"):
        yield owner.__code__
        return
    kinds = [kind for kind in type(owner).__mro__ if kind is not object]
    methods = [
        method
        for kind in kinds
        for method in vars(kind).values()
        if inspect.isfunction(method) and method.__name__ != "__init__"
    ]
    methods.sort(key=_is_no_call)  # stable: of the class before those of its parents
    yield from (inspect.unwrap(method).__code__ for method in methods)


def _is_no_call(method: Callable) -> bool:
    return method.__name__ != "__call__"


def _source(code: CodeType) -> tuple[list[str], int]:
    try:
        return inspect.getsourcelines(code)
    except OSError:
        return [], code.co_firstlineno
