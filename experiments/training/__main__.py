"""Command line of the training. argparse: the machine that trains may lack typer."""

import os
import warnings

from experiments.training.asked import Recipe
from experiments.training.options import answer

DEFAULTS = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2"}


def main() -> None:
    """Train a model, or go on where a run stopped."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    # the first stage trains a part of the networks, and Keras says so at length
    warnings.filterwarnings("ignore", message="Gradients do not exist")
    answer("experiments.training", Recipe, "experiments.training.recipe")


if __name__ == "__main__":
    main()
