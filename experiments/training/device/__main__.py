"""Command line of training on a lent accelerator: see ``on_device.sh`` beside it."""

import sys
from pathlib import Path


def main() -> None:
    """Train for a given time on what was packed."""
    from experiments.training.device.run import Asked, run
    from experiments.training.options import failing_in_one_line, options_of

    parser = options_of("experiments.training.device", Asked)
    parser.add_argument(
        "--out", type=Path, required=True, help="folder that comes back"
    )
    options = vars(parser.parse_args())
    out = options.pop("out")
    with failing_in_one_line():
        run(out, Asked(**options))


if __name__ == "__main__":
    sys.exit(main())
