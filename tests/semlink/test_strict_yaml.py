"""YAML as its users mean it: keys once, and words that are no numbers are text."""

import io
import math

import pytest

from semlink.strict_yaml import parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4", 4),
        ("-3", -3),
        ("0x1F", 31),
        ("0.5", 0.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1e-3", 0.001),
        ("2.5E+2", 250.0),
        ("-.inf", -math.inf),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("[1, no, 4:16:2]", [1, "no", "4:16:2"]),
        ("'4'", "4"),
    ],
)
def test_numbers_booleans_and_null_are_those_of_yaml_1_2(text, value):
    assert parse(text) == value
    assert type(parse(text)) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "off",
        "yes",
        "On",
        "4:16:2",
        "010",
        "08",
        "1_000",
        "2024-01-01",
        "=",
        "1:30",
    ],
)
def test_all_other_words_are_text(text):
    assert parse(text) == text
    assert parse(f"{text}: 1") == {text: 1}


@pytest.mark.parametrize(
    ("text", "key", "at"),
    [
        ("a: 1\nb: 2\na: 3\n", "a", "line 3, column 1"),
        ("a: {b: 1, b: 1}\n", "b", "line 1, column 11"),
        ("a:\n- c: 1\n  'c': 2\n", "c", "line 3, column 3"),
        ("? [x: {d: 1, d: 2}]\n: 1\n", "d", "line 1, column 14"),
        ("1: a\n1: b\n", "1", "line 2, column 1"),
    ],
)
def test_equal_keys_are_refused_at_any_depth(text, key, at):
    with pytest.raises(ValueError, match=f"^the key '{key}' is given twice at {at}$"):
        parse(text)


def test_a_key_replaces_that_of_a_mapping_it_merges():
    text = "a: &a {k: 1, l: 1}\nb: &b {<<: *a, k: 2}\nc: {<<: *b, l: 3}\n"
    assert parse(text)["c"] == {"k": 2, "l": 3}


@pytest.mark.parametrize(
    "text",
    [
        *(
            "a: [1",
            "a: b: c",
            "a: \x00",
            "a: *b",
            "a: 1\n---\nb: 2",
            "\t- a",
            "? [1]\n: {",
        ),
        *(
            "!!int x",
            "!!bool x",
            "!!float x",
            "!!timestamp x",
            "!!python/name:os.system",
        ),
        *("!!binary \u00fc", "!!set 3", "? {a: 1}\n: 2", "9" * 5000, "[" * 5000),
    ],
)
def test_what_is_no_yaml_has_its_reason_in_one_line(text):
    with pytest.raises(ValueError, match=".") as caught:
        parse(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_is_unicode_whatever_the_locale(encoding):
    assert parse(io.BytesIO("a: é日本".encode(encoding))) == {"a": "é日本"}
    with pytest.raises(ValueError, match="unacceptable character"):
        parse(io.BytesIO("a: é".encode("latin-1")))
