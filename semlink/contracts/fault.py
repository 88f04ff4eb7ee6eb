"""The line about an invalid value: component, what it must return, what it returned."""

from collections.abc import Sized
from typing import Any, NoReturn

import numpy as np

from semlink.errors import InputError

LONGEST = 60  # characters of a value in a message
SHORT = str | bytes | int | float | complex
COMPLEX, REAL, BITS = ("c", np.complex64), ("fiu", np.float32), ("biu", np.uint8)
NAMES = {COMPLEX: "complex64", REAL: "float32", BITS: "uint8"}


def refuse(who: str, must: str, got: str) -> NoReturn:
    """Raise the ``InputError`` of a component."""
    raise InputError(f"{who} must return {must}, got {got}")


def shown(value: Any) -> str:
    """A value in a few words: type and shape of an array, length of a container."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {_brackets(value.shape)}"
    if isinstance(value, np.generic):
        return f"{value.dtype} {value}"
    if value is None or isinstance(value, SHORT):
        text = " ".join(repr(value).split())
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
    size = f" of {len(value)}" if isinstance(value, Sized) else ""
    return f"{type(value).__name__}{size}"


def array_of(
    who: str, name: str, value: Any, kind: tuple, shape: tuple[int | None, ...]
) -> np.ndarray:
    """A value as an array of the contract's type, which others are converted to.

    Parameters
    ----------
    who, name : component, and name of the value
    kind : ``COMPLEX``, ``REAL`` or ``BITS``
    shape : lengths of the axes; ``None`` for any

    Raises
    ------
    InputError
        It has another shape, or numbers of another kind.
    """
    kinds, dtype = kind
    try:
        found = np.asarray(value)
    except Exception:  # the objects of others may raise anything
        found = None
    if found is None or found.dtype.kind not in kinds or not _fits(found.shape, shape):
        must = f"{name} as {NAMES[kind]} {_brackets(shape)}"
        refuse(who, must, shown(value if found is None else found[()]))
    with np.errstate(over="ignore"):  # what overflows is infinite, which is checked
        return found.astype(dtype, copy=False)


def all_finite(who: str, name: str, x: np.ndarray) -> None:
    """Refuse complex64 values [..., N] that are not finite."""
    parts = np.ascontiguousarray(x).ravel().view(np.float32)
    # the energy takes one pass; it is also infinite for very large values
    if not np.isfinite(np.dot(parts, parts)):
        refuse_invalid(who, f"finite {name}", np.isfinite(x), x)


def refuse_invalid(who: str, must: str, valid: np.ndarray, values: np.ndarray) -> None:
    """Refuse values [..., N], naming the first invalid one, if there is one."""
    if valid.all():
        return
    first = int(np.argmin(valid))
    at = np.unravel_index(first, valid.shape)[-1]
    refuse(who, must, f"{values.ravel()[first]:.6g} at symbol {at}")


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    same = len(shape) == len(wanted)
    return same and all(w in (None, n) for n, w in zip(shape, wanted, strict=True))


def _brackets(shape: tuple[int | None, ...]) -> str:
    return f"[{', '.join('n' if n is None else str(n) for n in shape)}]"
