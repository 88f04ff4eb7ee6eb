"""Odd YAML, names and numbers: each ends in one line, or works."""

from pathlib import Path

import pytest

GRID = "a grid is numbers or start:stop:step (stop reached from start, step not 0)"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("snr_db", "&x [*x]", f"snr_db: {GRID}, got '[[...]]'"),
        ("snr_db", "!!binary aGk=", f"snr_db: {GRID}, got "),
        ("snr_db", "!!int x", "configuration odd.yaml is not YAML: invalid literal"),
        (
            "cbr",
            "[" * 3000,
            "configuration odd.yaml is not YAML: it is nested too deep",
        ),
        ("seed", "9" * 5000, "configuration odd.yaml is not YAML: Exceeds the limit"),
        (
            "transmitter",
            "&x [*x]",
            "transmitter.0: a component is a name, name:argument",
        ),
        (
            "channel",
            "{name: awgn, name: awgn}",
            "configuration odd.yaml is not YAML: the",
        ),
        ("channel", "{name: [a]}", "channel.0.name must be text, got ['a']"),
        ("channel", '"a\\0b.py"', "no channel file at 'a\\x00b.py'"),
        ("source", '"folder:a\\0b"', "folder must exist, got 'a\\x00b'"),
        ("stop", "null", "stop must be a mapping, got None"),
    ],
)
def test_odd_values_of_yaml(refused, components, tmp_path, key, value, message):
    tree = {**components, "snr_db": "0", "cbr": "0.1", key: value}
    lines = [f"{name}: {said}\n" for name, said in tree.items()]
    (tmp_path / "odd.yaml").write_text("".join(lines))
    assert refused("sweep", "--config", "odd.yaml").startswith(message)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (["source=folder:" + 300 * "a"], "folder must exist, got 'aaa"),
        (["channel=" + 300 * "a" + ".py"], "File name too long: aaa"),
        (["--run", 300 * "a"], "cannot write to run folder runs/aaa"),
        (
            ["source=folder:\udcff"],
            "source.folder.path must be text",
        ),
        (["\u00e9=1"], "unknown configuration key '\u00e9'; known: source, "),
        (["channel=.py"], "no channel file at '.py'"),
    ],
)
def test_odd_names(sweep, said, message):
    assert sweep(*said).startswith(message)


@pytest.mark.parametrize("name", ["a\udcff", "\u65e5\u672c $x$", "it's  #1"])
def test_a_run_may_have_any_name(sweep, cli, name):
    status, out, err = cli("sweep", "--config", "small.yaml", "--run", name)
    assert (status, err) == (0, "")
    assert Path("runs", name, "points.csv").exists()


def test_a_cache_may_be_without_limit(sweep, cli):
    command = ["sweep", "--config", "small.yaml", "--cache-gib", "inf"]
    assert cli(*command)[0] == 0
    assert "0 images (3 from the cache)" in cli(*command, "seed=2", "--run", "b")[1]


@pytest.mark.parametrize("option", ["--cbr", "--snr-db"])
@pytest.mark.parametrize("value", ["nan", "inf", "-100"])
def test_the_range_of_a_number_is_said(refused, option, value):
    message = refused("papr", "--transmitter", "uncoded", option, value)
    assert message.startswith(f"{option} must be ")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("import sys\nsys.exit(3)", "channel file 'mine.py' fails: 3"),
        (
            "def build():\n    raise SystemExit('no')",
            "channel 'mine.py' cannot be built",
        ),
        ("a = 1\0", "channel file 'mine.py' fails: source code string cannot contain"),
    ],
)
def test_a_component_ends_no_process(sweep, tmp_path, content, message):
    (tmp_path / "mine.py").write_text(content)
    assert sweep("channel=mine.py").startswith(message)
