"""What the training commands share: their options, and what they say as they go on."""

import argparse
from pathlib import Path


def parser(module: str, recipe) -> argparse.ArgumentParser:
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


def say(row: dict, left: float) -> None:
    """One line for an epoch, with the time that is left."""
    values = " ".join(f"{k} {v:.4g}" for k, v in row.items() if isinstance(v, float))
    print(
        f"{row['stage']} {row['epoch']}: {values}; {left / 60:.0f} min left", flush=True
    )
