"""Command line of the training. argparse: the machine that trains may lack typer."""

import argparse
import os
import sys
import warnings
from pathlib import Path

DEFAULTS = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2"}


def main() -> None:
    """Train a model, or go on where a run stopped."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    # the first stage trains a part of the networks, and Keras says so at length
    warnings.filterwarnings("ignore", message="Gradients do not exist")
    from experiments.training.recipe import Recipe, train

    options = vars(_parser(Recipe).parse_args())
    folder = options.pop("run")
    try:
        train(folder, Recipe(**options), _say)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


def _parser(recipe) -> argparse.ArgumentParser:
    """One option per field of the recipe."""
    parser = argparse.ArgumentParser(prog="python -m experiments.training")
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
    values = " ".join(f"{k} {v:.4g}" for k, v in row.items() if isinstance(v, float))
    print(
        f"{row['stage']} {row['epoch']}: {values}; {left / 60:.0f} min left", flush=True
    )


if __name__ == "__main__":
    main()
