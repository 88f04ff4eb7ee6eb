"""YAML in which a key occurs once, and a word is a number only if it looks like one.

PyYAML follows YAML 1.1: the last of two equal keys wins, ``4:16:2`` is 15362 (base 60),
``no`` is false, ``010`` is 8 and ``2024-01-01`` a date. Here numbers, booleans and null
are those of YAML 1.2, a number has no leading zero, and all other words are text.
"""

import re
from typing import Any, BinaryIO

import yaml

# tag, pattern, and the letters that it can start with
WORDS = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?(0|[1-9][0-9]*)|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?"
        r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
    ),
    ("merge", r"<<", "<"),
)


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict = {}

    def compose_mapping_node(self, anchor):
        """A mapping; equal keys are an error."""
        node = super().compose_mapping_node(anchor)
        known = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if (name := (key.tag, key.value)) in known:
                    problem = f"the key {key.value!r} is given twice"
                    raise yaml.MarkedYAMLError(None, None, problem, key.start_mark)
                known.add(name)
        return node


for _tag, _pattern, _first in WORDS:
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), [*_first]
    )


def parse(text: str | BinaryIO) -> Any:
    """The value of a YAML text, or of a file that is open for reading bytes.

    Raises
    ------
    ValueError
        It is not YAML; the message is the reason, in one line.
    """
    try:
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        raise ValueError(_reason(error)) from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    # a value that does not fit its tag, as of !!bool x, gives any of these
    except (
        yaml.YAMLError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
    ) as error:
        raise ValueError(" ".join(str(error).split())) from None


def _reason(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    at = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    return " ".join(f"{error.problem or error.context}{at}".split())
