"""Command line of training on a remote accelerator, called by ``on_device.sh``."""

import sys
from pathlib import Path

from experiments.failing import failing_in_one_line
from experiments.training.device.asked import Asked
from experiments.training.options import options_of


def main() -> None:
    """Train for a given time on the packed data."""
    parser = options_of("experiments.training.device", Asked)
    parser.add_argument(
        "--out", type=Path, required=True, help="folder that comes back"
    )
    options = vars(parser.parse_args())
    out = options.pop("out")
    from experiments.training.device.run import run

    with failing_in_one_line():
        run(out, Asked(**options))


if __name__ == "__main__":
    sys.exit(main())
