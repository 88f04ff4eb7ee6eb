"""What the training commands share: options, errors, and lines as they go on."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path


def answer(module: str, recipe, train: Callable) -> None:
    """Run a command: parse its options, train, and end in one line if that fails."""
    options = vars(_parser(module, recipe).parse_args())
    folder = options.pop("run")
    try:
        train(folder, recipe(**options), _say)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


def _parser(module: str, recipe) -> argparse.ArgumentParser:
    """One option per field of a recipe."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}")
    parser.add_argument("--run", type=Path, required=True, help="folder of the run")
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
