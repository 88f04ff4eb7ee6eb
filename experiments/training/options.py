"""Common parts of the training commands: options, errors, progress lines."""

import argparse
import inspect
import re
import sys
from importlib import import_module
from pathlib import Path

from experiments.failing import failing_in_one_line
from experiments.training.log import line_of, short_of_rate

EPILOG = (
    "make train sets the required options from its variables; TRAIN takes the others. "
    "docs/training.md has recipes and the number of photos they need."
)
FIELD = re.compile(r"^(\w+) : (.*(?:\n +.*)*)", re.M)  # of a docstring


def answer(command: str, recipe, trainer: str) -> None:
    """Run a command: parse its options and train; errors end it with one line.

    Parameters
    ----------
    command : name of the module
    recipe : named tuple of its options
    trainer : module with ``train``, imported after the options are parsed
    """
    parser = options_of(command, recipe)
    parser.add_argument("--run", type=Path, required=True, help="folder of the run")
    parser.epilog = EPILOG
    options = vars(parser.parse_args())
    folder = options.pop("run")
    with failing_in_one_line():
        import_module(trainer).train(folder, recipe(**options), _say)


class _Parser(argparse.ArgumentParser):
    """A parser with one-line errors, which list the allowed options."""

    def parse_args(self, args=None, namespace=None):
        options, unknown = self.parse_known_args(args, namespace)
        if unknown:
            known = ", ".join(name for name in self._option_string_actions)
            self.error(f"options are {known}, got {' '.join(unknown)}")
        return options

    def error(self, message: str):
        self.exit(2, f"error: {' '.join(message.split())}\n")


def options_of(module: str, recipe) -> argparse.ArgumentParser:
    """One option per field of a recipe, with its docstring as help."""
    about = inspect.getdoc(recipe)
    lines, defaults = described(about), recipe._field_defaults
    parser = _Parser(prog=f"python -m {module}", description=about.splitlines()[0])
    for name, kind in recipe.__annotations__.items():
        shown = f" [{defaults[name]}]" if defaults.get(name, "") != "" else ""
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=kind,
            default=defaults.get(name),
            required=name not in defaults,
            metavar=kind.__name__.upper(),
            help=f"{lines[name]}{shown}".replace("%", "%%"),
        )
    return parser


def described(docstring: str) -> dict[str, str]:
    """Descriptions of the fields of a docstring, in one line each, without markup."""
    fields = FIELD.findall(docstring)
    return {name: " ".join(text.replace("``", "").split()) for name, text in fields}


def _say(row: dict, left: float) -> None:
    """Print the line of an epoch, and a warning after the last one."""
    print(line_of(row, left), flush=True)
    if not left and (warning := short_of_rate(row)):
        print(warning, file=sys.stderr, flush=True)
