"""Labels on the command line: names with brackets, texts with blanks and formulas."""

import pytest

from experiments.labels import Label, read_labels, words_of
from semlink.errors import InputError


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("", {}),
        ("ntscc=NTSCC awgn=AWGN", {"ntscc": "NTSCC", "awgn": "AWGN"}),
        ("a[x=1,y=2]='A, b=2'", {"a[x=1,y=2]": "A, b=2"}),
        ("a[x=1, y=b[z=2]]=A", {"a[x=1,y=b[z=2]]": "A"}),
        ('"measured table"="it\'s"', {"measured table": "it's"}),
        ("folder:x=A", {"folder:x": "A"}),
        ("a=Alice's b=x", {"a": "Alice's", "b": "x"}),
        ('a[t="x y"]=A', {"a[t=x y]": "A"}),
        ("x[csi=true]=X", {"x[csi=True]": "X"}),  # as it is spelt in results
        ("a=50$ b=x=1", {"a": "50$", "b": "x=1"}),
    ],
)
def test_names_and_texts(text, labels):
    assert read_labels(text) == {name: Label(said) for name, said in labels.items()}


def test_a_formula_stands_between_dollars():
    labels = read_labels(r"a=$\eta = 0.2$ b='B, $x_{1}$'")
    assert labels == {"a": Label(r"$\eta = 0.2$", True), "b": Label("B, $x_{1}$", True)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ntscc", "a label is NAME=TEXT, with quotes around a text of several words"),
        ("ntscc=NTSCC, ours", "several words, got 'ours'$"),
        ("=x", "several words, got '=x'$"),
        ("ntscc=", "got no text for 'ntscc'$"),
        ("a='x b=y", 'a quote must be closed, got "\'x b=y"$'),
        ("a[b=1 c=y", "several words, got 'a\\[b=1'$"),
        ("a=1 a=2", "the label of a is given twice$"),
        (r"a=$\nothing{$", r"TeX between dollars, got .*nothing.*: .*Unknown symbol"),
    ],
)
def test_other_forms_are_refused(text, message):
    with pytest.raises(InputError, match=message) as refused:
        read_labels(text)
    assert "\n" not in str(refused.value)


def test_words_are_split_outside_brackets_only():
    assert words_of("a[x=1, y=2]  b awgn") == ["a[x=1,y=2]", "b", "awgn"]
