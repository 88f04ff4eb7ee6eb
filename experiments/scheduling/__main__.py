"""Command line of the learned schedulers.

TF-Agents needs Keras 2 under ``tf.keras``, which can be chosen once per process; this
process chooses it. The shipped networks use Keras 3 as elsewhere.
"""

import os
import sys
import warnings
from importlib import import_module

from experiments.failing import failing_in_one_line
from experiments.scheduling.asked import (
    Ablate,
    Compare,
    Online,
    Order,
    Small,
    Train,
    TrainSac,
    Tune,
    TuneOnline,
)
from experiments.training.options import options_of

FORCED = {"TF_USE_LEGACY_KERAS": "1", "KERAS_BACKEND": "tensorflow"}
COMMANDS = {  # options, and the module that has it
    "small": (Small, "learning.solving"),
    "tune": (Tune, "tuning"),
    "train": (Train, "learning.training"),
    "train_sac": (TrainSac, "learning.sac"),
    "compare": (Compare, "comparing"),
    "ablate": (Ablate, "learning.ablating"),
    "order": (Order, "order"),
    "online": (Online, "online"),
    "tune_online": (TuneOnline, "online"),
}


def main() -> None:
    """Run a command by its name."""
    os.environ.update(FORCED)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    warnings.filterwarnings("ignore")
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in COMMANDS:
        print(
            f"error: a command must be {', '.join(COMMANDS)}, got {name!r}",
            file=sys.stderr,
        )
        sys.exit(2)
    recipe, module = COMMANDS[name]
    options = options_of(f"experiments.scheduling {name}", recipe)
    asked = vars(options.parse_args(sys.argv[2:]))
    with failing_in_one_line():
        run = getattr(import_module(f"experiments.scheduling.{module}"), name)
        run(recipe(**asked))


if __name__ == "__main__":
    main()
