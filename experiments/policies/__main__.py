"""Command line of the channel knowledge base's training.

TF-Agents needs Keras 2 under ``tf.keras``, which can be chosen once per process; this
process chooses it. The codec's networks use Keras 3 as elsewhere.
"""

import os
import warnings

from experiments.policies.asked import Recipe
from experiments.training.options import answer

FORCED = {"TF_USE_LEGACY_KERAS": "1", "KERAS_BACKEND": "tensorflow"}


def main() -> None:
    """Train the policy, or resume a run."""
    os.environ.update(FORCED)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    warnings.filterwarnings("ignore")
    answer("experiments.policies", Recipe, "experiments.policies.train")


if __name__ == "__main__":
    main()
