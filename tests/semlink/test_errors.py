"""What pydantic refuses, as a sentence."""

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from semlink.errors import refusal


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    a: int


GRID = list[Annotated[float, Field(gt=0, allow_inf_nan=False)]]


@pytest.mark.parametrize(
    ("kind", "value", "line"),
    [
        (Annotated[int, Field(gt=0)], 0, "key must be greater than 0, got 0"),
        (Annotated[int, Field(ge=10**6)], 0, "key must be at least 1000000, got 0"),
        (Annotated[float, Field(lt=1)], 1, "key must be less than 1, got 1"),
        (Annotated[float, Field(le=0.5)], 1, "key must be at most 0.5, got 1"),
        (
            Annotated[float, Field(le=1)],
            "nan",
            "key must be a finite number, got 'nan'",
        ),
        (Annotated[int, Field(multiple_of=8)], 7, "key must be a multiple of 8, got 7"),
        (GRID, [1, -1], "key must be greater than 0, got -1"),
        (GRID, [1, float("nan")], "key must be a finite number, got nan"),
        (GRID, [1, "x"], "key.1 must be a number, got 'x'"),
        (GRID, 3, "key must be a list, got 3"),
        (GRID, "x\ny", r"key must be a list, got 'x\ny'"),
        (tuple[int, ...], 3, "key must be a list, got 3"),
        (int, "x", "key must be an integer, got 'x'"),
        (int, 1.5, "key must be an integer, got 1.5"),
        (int, None, "key must be an integer, got None"),
        (float, None, "key must be a number, got None"),
        (bool, "x", "key must be true or false, got 'x'"),
        (bool, None, "key must be true or false, got None"),
        (str, 3, "key must be text; quotes make it one, got 3"),
        (str, ["a"], "key must be text, got ['a']"),
        (Literal["a", "b"], "c", "key must be 'a' or 'b', got 'c'"),
        (dict[str, int], 3, "key must be a mapping, got 3"),
        (Inner, 3, "key must be a mapping, got 3"),
        (Inner, {}, "key.a must be given, got nothing"),
        (Inner, {"a": 1, "b": 2}, "key.b must not be given, got 2"),
        (
            Annotated[str, Field(min_length=1)],
            "",
            "key must have at least 1 character, got ''",
        ),
        (
            Annotated[list[int], Field(max_length=1)],
            [1, 2],
            "key must have at most 1 item, got [1, 2]",
        ),
    ],
)
def test_a_refusal_is_a_sentence(kind, value, line):
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    assert refusal(caught.value.errors()[0], "key") == line


def test_what_was_received_is_cut():
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(int).validate_python(10**4 * "a")
    assert len(refusal(caught.value.errors()[0])) < 250
