"""What the training commands share: options, errors, and lines as they go on."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def answer(module: str, recipe, train: Callable) -> None:
    """Run a command: parse its options, train, and end in one line if that fails."""
    parser = options_of(module, recipe)
    parser.add_argument("--run", type=Path, required=True, help="folder of the run")
    options = vars(parser.parse_args())
    folder = options.pop("run")
    with failing_in_one_line():
        train(folder, recipe(**options), _say)


@contextmanager
def failing_in_one_line() -> Iterator[None]:
    """End the process, with status 1, where what was asked cannot be done."""
    try:
        yield
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


def options_of(module: str, recipe) -> argparse.ArgumentParser:
    """One option per field of a recipe."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}")
    for name, kind in recipe.__annotations__.items():
        default = recipe._field_defaults.get(name)
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=kind,
            default=default,
            required=default is None,
        )
    return parser


def _say(row: dict, left: float) -> None:
    """One line for an epoch, with the time that is left."""
    values = " ".join(f"{k} {v:.4g}" for k, v in row.items() if isinstance(v, float))
    print(
        f"{row['stage']} {row['epoch']}: {values}; {left / 60:.0f} min left", flush=True
    )
