"""Components and grids, each written in one word."""

import pytest

from semlink import config
from semlink.config import ComponentSpec, parse_grid


def spec(value):
    return ComponentSpec.model_validate(value)


@pytest.mark.parametrize(
    ("said", "name", "argument", "params"),
    [
        ("awgn", "awgn", None, {}),
        ("  awgn ", "awgn", None, {}),
        ("folder:photos", "folder", "photos", {}),
        ("folder:/my photos/a:b", "folder", "/my photos/a:b", {}),
        ("tx[mcs=auto,coderate=0.5]", "tx", None, {"mcs": "auto", "coderate": 0.5}),
        ("tx[on=true, k = 3]", "tx", None, {"on": True, "k": 3}),
        ("tx[]", "tx", None, {}),
        ("folder:p[limit=2]", "folder", "p", {"limit": 2}),
        ("./my/tx.py[a=null]", "./my/tx.py", None, {"a": None}),
        (
            "m[a=b[c=d[e=f],g=1],k=2]",
            "m",
            None,
            {"a": "b[c=d[e=f],g=1]", "k": 2},
        ),
        ("folder:br[1]ackets[limit=2]", "folder", "br[1]ackets", {"limit": 2}),
        ("folder:br[1]ackets", "folder", "br[1]ackets", {}),
        ("folder:brackets[1][]", "folder", "brackets[1]", {}),
        ("folder:it's a$b#{c}", "folder", "it's a$b#{c}", {}),
        (
            "tx[what=no,b='true',c=\"a, b=[c]\"]",
            "tx",
            None,
            {"what": "no", "b": "true", "c": "a, b=[c]"},
        ),
        ("tx[a=it's,b=don't]", "tx", None, {"a": "it's", "b": "don't"}),
        ("tx[sizes=[1, 2],k=3]", "tx", None, {"sizes": [1, 2], "k": 3}),
        ({"name": "awgn"}, "awgn", None, {}),
        ({"name": "tx", "mcs": "auto", "k": 3}, "tx", None, {"mcs": "auto", "k": 3}),
        ({"name": "folder", "argument": "p", "limit": 2}, "folder", "p", {"limit": 2}),
    ],
)
def test_component_spec(said, name, argument, params):
    expected = ComponentSpec(name=name, argument=argument, params=params)
    assert spec(said) == expected


@pytest.mark.parametrize(
    ("said", "label"),
    [
        ("awgn", "awgn"),
        ("folder:p[limit=2]", "folder:p[limit=2]"),
        ({"name": "tx", "mcs": "auto", "k": 3}, "tx[mcs=auto,k=3]"),
        ("some/where/mine.py[k=1]", "mine[k=1]"),
        ("tx[a=no,b=null,c=true]", "tx[a=no,b=null,c=True]"),
        ("tx[a='true',b='4',c='',d='p: q']", 'tx[a="true",b="4",c="",d="p: q"]'),
        ("folder:brackets[1][]", "folder:brackets[1][]"),
    ],
)
def test_label_is_one_word(said, label):
    assert spec(said).label == label


def test_a_label_says_the_component_again():
    for said in (
        "awgn",
        "folder:a b",
        "tx[mcs=auto,coderate=0.5]",
        "tx[a=null,b=true,c='true',d=no,e='a, b',f='4:16',g='{']",
        "folder:brackets[1][]",
        "folder:br[1]ackets[limit=2]",
    ):
        assert spec(spec(said).label) == spec(said)


@pytest.mark.parametrize(
    ("said", "grid"),
    [
        ("0:6:2", (0, 2, 4, 6)),
        ("0:7:2", (0, 2, 4, 6)),
        ("0:1:0.1", (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)),
        ("0:0.3:0.1", (0, 0.1, 0.2, 0.3)),  # 0.3 / 0.1 is less than 3
        ("6:0:-3", (6, 3, 0)),
        ("4:4:1", (4,)),
        ("-10:-5:5", (-10, -5)),
        ("3", (3,)),
        (3, (3,)),
        ("5 1 3", (5, 1, 3)),
        ([5, "1", 3.5], (5, 1, 3.5)),
        ("0 2:4:1 9", (0, 2, 3, 4, 9)),
        (["0:2:1", 7], (0, 1, 2, 7)),
        ("1 1.0 0:2:1 1", (1, 0, 2)),
        ("1e-2 2E1", (0.01, 20)),
    ],
)
def test_grid(said, grid):
    assert parse_grid(said) == grid


def test_words_are_split_outside_all_brackets():
    said = "a[b=c[d=1, e=2]]  c[x=y z] d"
    assert config._words(said) == ["a[b=c[d=1, e=2]]", "c[x=y z]", "d"]


@pytest.mark.parametrize("said", ["a[", "a]", "a[b", "a[x=1]b", "[x=1]", "a:[x=1]", ""])
def test_brackets_that_do_not_close_are_refused(said):
    with pytest.raises(ValueError, match="a component is name:argument"):
        config.parse_spec(said)
