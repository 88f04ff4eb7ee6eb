"""Command line of the training, with argparse: the training machine may lack typer."""

import os
import warnings

from experiments.training.asked import Recipe
from experiments.training.options import answer

DEFAULTS = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2"}


def main() -> None:
    """Train a model, or resume a run."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    # the first stage trains only part of the networks; Keras warns about the rest
    warnings.filterwarnings("ignore", message="Gradients do not exist")
    answer("experiments.training", Recipe, "experiments.training.recipe")


if __name__ == "__main__":
    main()
