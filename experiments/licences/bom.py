"""The bill of materials: CycloneDX for machines, a table for people."""

import re
from collections.abc import Sequence

from experiments.licences.binaries import PROCESS, binaries_of
from experiments.licences.distributions import Part, installed
from semlink import __version__

COPYLEFT = re.compile(r"\b(A?GPL|LGPL|MPL)-")
HEAD = """# Licences

`make licences` writes this page and [licences.cdx.json](licences.cdx.json), a bill of
materials in CycloneDX 1.6, from the environment. semlink is under Apache 2.0. It
contains no code of the packages below and distributes none of them: pip fetches each
from its owner. Who passes an environment or an image on distributes them, and owes what
their licences ask.

## Copyleft, and how it runs

| component | in | licence | how semlink runs it |
|---|---|---|---|
"""
# How components under copyleft run, beside "linked" and "imported".
HEIF = "for `heif_ldpc` and pictures in HEIF"
RUNS = {
    "ffmpeg": "a process of its own, for `vvc_ldpc`, `hevc_ldpc` and "
    "`fine_coarse_ldpc`; data go through pipes, no code is linked",
    "libx265": f"linked by libheif, in the process, {HEIF}; without the extra `heif` "
    "it is not installed",
    "libheif": f"linked by pillow-heif, in the process, {HEIF}",
    "libde265": f"linked by libheif, in the process, {HEIF}",
}
LOADED = "a shared library that the package loads"
IMPORTED = "imported, unchanged"


def materials() -> list[Part]:
    """All distributions of the environment, with their binaries."""
    return [part._replace(parts=binaries_of(own)) for own, part in installed()]


def is_copyleft(part: Part) -> bool:
    """Whether a licence asks for the source of what contains the component."""
    return bool(COPYLEFT.search(part.licence))


def cyclonedx(parts: Sequence[Part]) -> dict:
    """The bill of materials as CycloneDX 1.6; the same for the same environment."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": _component(Part("semlink", __version__, "Apache-2.0"))
        },
        "components": [_component(part, "pypi") for part in parts],
    }


def _component(part: Part, registry: str = "") -> dict:
    tree = {
        "type": "application" if part.use == PROCESS or not registry else "library",
        "name": part.name,
        "licenses": [{"expression": part.licence}],
    }
    if part.version:
        tree["version"] = part.version
    if registry == "pypi":
        tree["purl"] = f"pkg:pypi/{part.name}@{part.version}"
        tree["bom-ref"] = tree["purl"]
    if part.parts:
        tree["components"] = [_component(inner, "wheel") for inner in part.parts]
    return tree


def table(parts: Sequence[Part]) -> str:
    """The page: components under copyleft first, then all distributions."""
    pairs = [(part, "PyPI") for part in parts if is_copyleft(part)]
    pairs += [
        (inner, part.name)
        for part in parts
        for inner in part.parts
        if is_copyleft(inner)
    ]
    lines = [
        f"| {part.name} {part.version}".rstrip() + f" | {where} | {part.licence} | "
        f"{how(part)} |"
        for part, where in pairs
    ]
    lines += ["", "## All packages", "", "| package | version | licence | binaries |"]
    lines += ["|---|---|---|---|"]
    for part in parts:
        inside = ", ".join(f"{p.name} ({p.licence})" for p in part.parts)
        lines.append(f"| {part.name} | {part.version} | {part.licence} | {inside} |")
    return HEAD + "\n".join(lines) + "\n"


def how(part: Part) -> str:
    """How a component under copyleft runs."""
    return RUNS.get(part.name, IMPORTED if part.use == "imported" else LOADED)
