"""``make licences``: write the bill of materials of the environment into a folder."""

import argparse
import json
import sys
from pathlib import Path

from experiments.licences.bom import cyclonedx, materials, table
from experiments.licences.distributions import UNKNOWN
from semlink.store.files import write_whole

PAGE, BOM = "licences.md", "licences.cdx.json"


def main() -> None:
    """Write both files; a component without a known licence ends it with status 1."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments.licences",
        description="Write licences into a folder.",
    )
    parser.add_argument("--output", type=Path, default=Path("docs"), help="[docs]")
    folder = parser.parse_args().output
    if not folder.is_dir():
        sys.exit(f"error: output must be a folder, got '{folder}'")
    parts = materials()
    write_whole(folder / PAGE, table(parts).encode())
    write_whole(folder / BOM, (json.dumps(cyclonedx(parts), indent=1) + "\n").encode())
    print(f"{folder / PAGE}\n{folder / BOM}")
    every = [inner for part in parts for inner in (part, *part.parts)]
    if missing := [part.name for part in every if part.licence == UNKNOWN]:
        sys.exit(
            f"error: every licence must be known, got none for {', '.join(missing)}"
        )


if __name__ == "__main__":
    main()
