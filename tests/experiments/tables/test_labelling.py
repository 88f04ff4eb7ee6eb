"""Names and labels on the command line."""

import pytest

from experiments.tables.labelling import labels, names
from semlink.errors import InputError


@pytest.mark.parametrize(("text", "found"), [
    ("", {}),
    ("ntscc=NTSCC", {"ntscc": "NTSCC"}),
    ("jpeg_ldpc[mcs=auto]=JPEG a=b", {"jpeg_ldpc[mcs=auto]": "JPEG", "a": "b"}),
    ("a='two words' b=\"it's\"", {"a": "two words", "b": "it's"}),
    ("a=Alice's b=x", {"a": "Alice's", "b": "x"}),
    ("a[b=c[d=1], e=2]=J2K", {"a[b=c[d=1],e=2]": "J2K"}),
    ('a[t="x y"]=A', {"a[t=x y]": "A"}),
    ("x[csi=true]=X", {"x[csi=True]": "X"}),  # as it is spelt in results
])  # fmt: skip
def test_labels(text, found):
    assert labels(text) == found


def test_names_are_split_outside_of_brackets():
    assert names(" a[b=1, c=2]  ntscc ") == ["a[b=1,c=2]", "ntscc"]


@pytest.mark.parametrize(("text", "message"), [
    ("ntscc", "labels are NAME=LABEL NAME=\"TWO WORDS\", got 'ntscc'"),
    ("a[b=1]", "got 'a[b=1]'"),
    ("a=", "got 'a='"),
    ("=x", "got '=x'"),
    ("a='x b=y", "brackets and quotes must be closed, got \"a='x b=y\""),
    ("a[b=1 c=y", "must be closed, got 'a[b=1 c=y'"),
    ("a=x a=y", "a transmitter has one label, got two for a"),
])  # fmt: skip
def test_refusals(text, message):
    with pytest.raises(InputError) as refused:
        labels(text)
    assert message in str(refused.value)
