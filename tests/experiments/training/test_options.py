"""The options of the training commands: one line each, and errors in one line."""

import subprocess
import sys
from pathlib import Path

import pytest

from blocks.nn.profiles import PROFILES
from channels import nn as twins
from experiments.policies.asked import Recipe as PolicyRecipe
from experiments.training.asked import Recipe
from experiments.training.device.asked import Asked
from experiments.training.device.pack import Asked as Packed
from experiments.training.options import described, options_of
from experiments.training.recipe import MODELS
from experiments.training.step_profile import Profiled
from experiments.training.variants import OBJECTIVES

ROOT = Path(__file__).parents[3]
RECIPES = [Recipe, PolicyRecipe, Asked, Packed, Profiled]
HEAVY = {"keras", "tensorflow", "jax", "torch", "sionna"}
COMMANDS = ["training", "policies", "training.device", "training.device.pack"]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.__module__)
def test_each_option_has_a_line_of_help_and_its_default(recipe):
    parser = options_of("command", recipe)
    help_of = {action.dest: action.help for action in parser._actions}
    for name in recipe._fields:
        default = recipe._field_defaults.get(name, "")
        assert len(help_of[name]) > 8
        assert default == "" or help_of[name].endswith(f" [{default}]")


def test_the_choices_in_the_help_are_those_that_there_are():
    lines = described(Recipe.__doc__.replace("\n    ", "\n"))
    assert words(lines["profile"]) >= set(PROFILES)
    assert words(lines["model"]) >= set(MODELS)
    assert words(lines["objective"]) >= set(OBJECTIVES)
    there = {path.stem for path in Path(twins.__path__[0]).glob("[a-z]*.py")}
    assert words(lines["channel"]) >= there


def words(line):
    return set(line.replace(",", " ").replace(":", " ").split())


@pytest.mark.parametrize("command", COMMANDS)
def test_help_needs_no_framework(command):
    code = "import sys, runpy; sys.argv = ['x', '--help']\n"
    code += f"try: runpy.run_module('experiments.{command}', run_name='__main__')\n"
    code += f"except SystemExit: print(*{HEAVY} & set(sys.modules), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stderr.strip() == ""
    assert f"usage: python -m experiments.{command} " in done.stdout


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (["--steps", "x"], "argument --steps: invalid int value: 'x'"),
        (["--speed", "3"], "got --speed 3"),
        ([], "the following arguments are required: --model, --profile, --data"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(said, message, capsys):
    needed = ["--model", "ntscc", "--profile", "base", "--data", "photos"]
    with pytest.raises(SystemExit) as left:
        options_of("command", Recipe).parse_args(said and needed + said)
    error = capsys.readouterr().err
    assert left.value.code == 2
    assert len(error.splitlines()) == 1
    assert error.startswith("error: ")
    assert message in error
