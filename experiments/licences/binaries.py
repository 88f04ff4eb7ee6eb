"""Binaries inside distributions: bundled libraries, and programs.

Wheels put the libraries that they bring along into a folder ``NAME.libs``. Their
licences, in ``binaries.csv``, are those that the wheels and the projects state.
"""

import csv
import re
from importlib.metadata import Distribution
from pathlib import Path

from experiments.licences.distributions import UNKNOWN, Part

LIBRARY = re.compile(
    r"(lib\w+?(?:-c)?)(?:-r0)?(?:-[0-9a-f]{8})*(?:\.[\d.]+)?\.so[\w.]*"
)
LINKED, PROCESS = "linked", "process"
# Programs, by a pattern of their path in the distribution.
PROGRAMS = {
    r"imageio_ffmpeg/binaries/ffmpeg-.*-v(.+)": ("ffmpeg", "GPL-3.0-or-later"),
    r"playwright/driver/node()": ("node", "MIT"),
}


def binaries_of(own: Distribution) -> tuple[Part, ...]:
    """Binaries of a distribution, sorted by name, each once."""
    licences, found = _licences(), set()
    for file in own.files or ():
        if Path(file).parts[0].endswith(".libs") and ".so" in file.name:
            match = LIBRARY.fullmatch(file.name)
            name = match[1] if match else file.name
            found.add(Part(name, "", licences.get(name, UNKNOWN), LINKED))
        for pattern, (name, licence) in PROGRAMS.items():
            if match := re.fullmatch(pattern, str(file)):
                found.add(Part(name, match[1], licence, PROCESS))
    return tuple(sorted(found))


def _licences() -> dict[str, str]:
    with open(Path(__file__).with_suffix(".csv"), newline="", encoding="utf-8") as file:
        return {line["file"]: line["licence"] for line in csv.DictReader(file)}
