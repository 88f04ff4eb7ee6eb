"""Components by name, by entry point and by path, and their errors."""

import inspect
import subprocess
import sys

import pytest
from pydantic import validate_call

from semlink.registry import Registry, preset

GOOD = '''"""A channel of a test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field


@dataclass
class Mine:
    gain: float
    taps: int


def build(gain: Annotated[float, Field(gt=0)], taps: int = 3) -> Mine:
    return Mine(gain, taps)
'''


@pytest.fixture
def channels():
    return Registry("channel", packages=("channels",), group="semlink.channels")


@pytest.fixture
def toys(tmp_path, monkeypatch):
    """A registry of a package of its own."""
    package = tmp_path / "semlink_toys"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "mine.py").write_text(GOOD)
    (package / "bare.py").write_text("build = dict\n\n\ndef build():\n    return 1\n")
    (package / "helper.py").write_text("def rebuild(): ...\n")
    (package / "broken.py").write_text("def build(): ...\nraise OSError('boom')\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield Registry("toy", packages=("semlink_toys",), group="semlink.toys")
    for name in [m for m in sys.modules if m.startswith("semlink_toys")]:
        del sys.modules[name]


@pytest.fixture
def from_path(tmp_path, monkeypatch):
    """Write a component file into the working folder and give a registry."""
    monkeypatch.chdir(tmp_path)

    def write(content, name="mine.py"):
        (tmp_path / name).write_text(content)
        return Registry("toy", packages=(), group="semlink.toys")

    return write


def test_names_are_the_files_that_build(toys):
    assert toys.names() == ["bare", "broken", "mine"]


def test_names_import_no_component(toys):
    toys.names()
    assert not any(name.startswith("semlink_toys.") for name in sys.modules)


def test_names_of_the_project_load_no_tensorflow():
    code = (
        "import sys; from experiments.compose import catalogue;"
        "names = {k: r.names() for k, r in catalogue().registries.items()};"
        "sys.exit('tensorflow' in sys.modules or 'awgn' not in names['channel'])"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_build_and_summary(toys):
    built = toys.build("mine", gain=2)
    assert (built.gain, built.taps) == (2.0, 3)
    assert toys.summary("mine") == "A channel of a test."
    assert toys.summary("bare") == ""


def test_unknown_name_with_a_hint(channels, refusal):
    message = refusal(channels.build, "awgm")
    assert message.startswith(
        "unknown channel 'awgm'; did you mean 'awgn'? known: awgn"
    )
    assert "rayleigh" in message


def test_unknown_name_without_a_hint(toys, refusal):
    expected = "unknown toy 'qqqq'; known: bare, broken, mine"
    assert refusal(toys.schema, "qqqq") == expected


@pytest.mark.parametrize("name", ["semlink_toys.mine", "__init__", "helper", ""])
def test_only_components_are_names(toys, name, refusal):
    assert refusal(toys.build, name).startswith(f"unknown toy {name!r}; ")


def test_schema_is_the_signature_of_build(toys):
    assert list(toys.schema("mine")) == ["gain", "taps"]
    assert toys.schema("mine")["taps"].default == 3


def test_resolve_gives_what_was_said_and_the_defaults(toys):
    assert toys.resolve("mine", "2", {"taps": 5}) == {"gain": 2.0, "taps": 5}
    assert toys.resolve("mine", None, {"gain": 1}) == {"gain": 1, "taps": 3}
    assert toys.build("mine", **toys.resolve("mine", "2")).gain == 2.0


def test_unknown_parameter(toys, refusal):
    message = refusal(toys.resolve, "mine", None, {"gian": 1})
    start = "unknown parameter of toy.mine 'gian'; did you mean 'gain'? "
    assert message == f"{start}known: gain, taps"
    assert "mean" not in refusal(toys.resolve, "mine", None, {"qqqq": 1})


def test_missing_parameter(toys, refusal):
    assert refusal(toys.resolve, "mine") == "toy.mine needs 'gain', got nothing"


def test_argument_is_the_first_parameter(toys, refusal):
    message = refusal(toys.resolve, "mine", "1", {"gain": 2})
    assert message == "toy.mine.gain is given twice, got '1'"
    message = refusal(toys.resolve, "bare", "1")
    assert message == "toy.bare takes no argument, got '1'"


SWITCH = """
from typing import Literal

def build(text: str = "", on: bool = True, csi: Literal[True, False, "rate"] = True,
          bare=False, number: int = 3, free=1):
    return text, on, csi, bare, number, free
"""


@pytest.mark.parametrize(
    ("key", "said", "value"),
    [
        ("text", "no", "no"),
        ("text", "off", "off"),
        ("on", "no", False),
        ("csi", "no", False),
        ("csi", "rate", "rate"),
        ("bare", "off", False),
        ("bare", "yes", True),
        ("free", "no", "no"),
        ("free", 0.5, 0.5),
    ],
)
def test_no_is_a_text_or_a_boolean_as_the_parameter_takes_it(
    from_path, key, said, value
):
    resolved = from_path(SWITCH).resolve("mine.py", None, {key: said})
    assert resolved[key] == value
    assert type(resolved[key]) is type(value)


def test_no_is_no_number(from_path, refusal):
    registry = from_path(SWITCH)
    message = refusal(registry.resolve, "mine.py", None, {"number": "no"})
    assert message.startswith("toy.mine.py.number must be an integer")
    assert message.endswith(", got 'no'")


@pytest.mark.parametrize("value", [True, 3, 0.5, None])
def test_a_text_that_looks_like_another_needs_quotes(from_path, refusal, value):
    message = refusal(from_path(SWITCH).resolve, "mine.py", None, {"text": value})
    said = "toy.mine.py.text must be text; quotes make it one"
    assert message == f"{said}, got {value!r}"


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"gain": "loud"}, "toy.mine.gain must be a number, "),
        ({"gain": 0}, "toy.mine.gain must be greater than 0, got 0"),
        ({"gain": 1, "taps": 1.5}, "toy.mine.taps must be an integer, "),
        ({"gain": 1, "taps": None}, "toy.mine.taps must be an integer, "),
    ],
)
def test_wrong_parameter(toys, params, expected, refusal):
    message = refusal(toys.build, "mine", **params)
    assert message.startswith(expected)
    assert message.endswith(f", got {list(params.values())[-1]!r}")


def test_component_from_a_path(from_path, refusal):
    toys = from_path(GOOD)
    built = toys.build("mine.py", **toys.resolve("mine.py", "2"))
    assert (built.gain, built.taps) == (2.0, 3)
    message = refusal(toys.build, "mine.py", gain=0)
    assert message == "toy.mine.py.gain must be greater than 0, got 0"


def test_a_file_is_run_once(from_path):
    toys = from_path(
        "made = []\n\n\ndef build():\n    made.append(1)\n    return made\n"
    )
    assert toys.build("mine.py") is toys.build("mine.py")


def test_a_file_shadows_no_module(from_path):
    before = sys.modules["json"]
    from_path(GOOD, "json.py").build("json.py", gain=1)
    assert sys.modules["json"] is before


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("def build(:\n", "toy file 'mine.py' fails: invalid syntax (mine.py, line 1)"),
        ("import qqqq\n", "toy file 'mine.py' fails: No module named 'qqqq'"),
        ("1 / 0\n", "toy file 'mine.py' fails: division by zero"),
        ("x = 1\n", "toy 'mine.py' defines no build() function"),
        ("build = 1\n", "toy 'mine.py' defines no build() function"),
        (
            "def build(a: 'Nope' = 1): ...\n",
            "toy 'mine.py' has no usable build: name 'Nope' is not defined",
        ),
    ],
)
def test_file_that_is_no_component(from_path, content, expected, refusal):
    assert refusal(from_path(content).build, "mine.py") == expected


@pytest.mark.parametrize("name", ["gone.py", "folder.py"])
def test_path_without_a_file(from_path, tmp_path, name, refusal):
    (tmp_path / "folder.py").mkdir()
    assert refusal(from_path("").build, name) == f"no toy file at {name!r}"


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A registry beside which a distribution has installed components."""
    info = tmp_path / "toys_of_others-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: toys-of-others\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[semlink.tasks]\ntheirs = toys_of_others\ngone = toys_of_nobody\n"
        "reconstruction = toys_of_others\n"
    )
    (tmp_path / "toys_of_others.py").write_text(GOOD)
    monkeypatch.syspath_prepend(tmp_path)
    yield Registry("task", packages=("blocks.tasks",), group="semlink.tasks")
    sys.modules.pop("toys_of_others", None)


def test_component_of_another_distribution(installed, refusal):
    assert {"reconstruction", "theirs"} <= set(installed.names())
    assert "toys_of_others" not in sys.modules
    assert installed.build("theirs", gain=2).gain == 2.0
    message = refusal(installed.build, "theirs", gain=0)
    assert message == "task.theirs.gain must be greater than 0, got 0"
    assert "did you mean 'theirs'?" in refusal(installed.build, "theis")


def test_entry_point_of_another_group_is_not_seen(installed, refusal):
    registry = Registry("channel", packages=(), group="semlink.channels")
    assert registry.names() == []
    assert refusal(registry.build, "theirs") == "unknown channel 'theirs'; known: none"


def test_entry_point_that_fails(installed, refusal):
    message = refusal(installed.build, "gone")
    where = "task 'gone' at 'toys_of_nobody'"
    assert message == f"{where} fails: No module named 'toys_of_nobody'"


def test_our_own_name_comes_before_an_entry_point(installed):
    assert list(installed.schema("reconstruction")) == []


def test_a_preset_is_a_component_with_parameters_less():
    """Its schema has the others; their types and defaults are those of the original."""

    def build(size: int, colour: str = "red", depth: float = 1.5):
        return size, colour, depth

    blue = preset(build, colour="blue")
    assert list(inspect.signature(blue).parameters) == ["size", "depth"]
    assert blue.__annotations__ == {"size": int, "depth": float}
    assert blue(size=2) == (2, "blue", 1.5)
    assert validate_call(blue)(size="3", depth="2") == (3, "blue", 2.0)
