"""The two errors that a user can see; any other exception is a bug."""

from collections.abc import Iterable, Mapping, Sized
from typing import Any

_TEXT = "must be text"
# pydantic's types of error, by their beginning; texts of ranges are taken as they are
_WANTED = {
    "missing": "must be given",
    "extra_forbidden": "must not be given",
    "int_": "must be an integer",
    "float_": "must be a number",
    "bool_": "must be true or false",
    "string_type": _TEXT,
    "string_unicode": _TEXT,
    "invalid_key": _TEXT,
    "dict_": "must be a mapping",
    "mapping_": "must be a mapping",
    "model_": "must be a mapping",
    "list_": "must be a list",
    "tuple_": "must be a list",
}
_RANGES = ("greater_", "less_", "finite_")
_SHOWN = 200  # characters of what was received


class InputError(ValueError):
    """Invalid user input; the message is one line that ends with the value received."""


class Infeasible(Exception):
    """No setting of the transmitter fits the budget; the point has no result.

    Raised by :meth:`semlink.protocols.Transmitter.plan` with the reason. A sweep
    records such a point and goes on.

    Parameters
    ----------
    reason : one line
    least : cost of the smallest signal, in the unit of the search's limit: channel uses
        for a sample, mean CBR for a set; ``None`` if it is unknown
    """

    def __init__(self, reason: str, least: float | None = None):
        super().__init__(reason)
        self.least = least


def refusal(
    error: Mapping[str, Any],
    where: str = "",
    others: Iterable[Mapping[str, Any]] = (),
) -> str:
    """What pydantic refuses, in a line: which key, what is allowed, what was received.

    Parameters
    ----------
    error : one of ``ValidationError.errors()``
    where : path of what was validated
    others : what the other branches of a union say

    Output
    ------
    : such as ``stop.draws must be at least 1, got 0``. Our own errors name what was
        received themselves
    """
    # pydantic names the branch of a union as if it were a key
    location = [key for key in error["loc"] if not _is_branch(key)]
    if error["type"].startswith(_RANGES) and location and isinstance(location[-1], int):
        del location[-1]  # the value itself tells which of a list it is
    path = ".".join(filter(None, [where, *map(str, location)]))
    own = error["msg"].removeprefix("Value error, ")
    if error["type"] == "value_error":
        colon = "" if own.startswith("must ") else ":"
        return " ".join(f"{path}{colon * bool(path)} {own}".split())
    got = "nothing" if error["type"] == "missing" else repr(error["input"])
    got = " ".join(got.split())[:_SHOWN]
    first, *rest = dict.fromkeys(map(_must, (error, *others)))
    musts = " or ".join([first, *(must.removeprefix("must ") for must in rest)])
    return f"{path or 'it'} {musts}, got {got}"


def _is_branch(key: str | int) -> bool:
    return isinstance(key, str) and ("[" in key or key.startswith("constrained-"))


def _must(error: Mapping[str, Any]) -> str:
    """What pydantic asks for."""
    for kind, wanted in _WANTED.items():
        if error["type"].startswith(kind):
            unquoted = wanted == _TEXT and not isinstance(error["input"], Sized)
            return f"{wanted}; quotes make it one" if unquoted else wanted
    if str(error["input"]) == "nan":  # it is outside of every range
        return "must be a finite number"
    _, should, rest = error["msg"].partition(" should ")
    if not should:
        return f"is refused: {error['msg']}"
    for long, short in (("greater", "least"), ("less", "most")):
        rest = rest.replace(f"{long} than or equal to", f"at {short}")
    return f"must {rest.partition(' after validation')[0]}"
