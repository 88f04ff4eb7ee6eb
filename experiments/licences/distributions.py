"""Licences of installed distributions, from their own metadata, as SPDX expressions."""

import re
import sysconfig
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from typing import NamedTuple

from packaging.licenses import (
    InvalidLicenseExpression,
    canonicalize_license_expression,
)
from packaging.utils import canonicalize_name

UNKNOWN = "unknown"
# Distributions that are not locked.
TOOLS = ("pip", "semlink")
# Names of licences in metadata that are no SPDX expressions, in lower case.
ALIASES = {
    "apache": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache 2.0 license": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "3-clause bsd license": "BSD-3-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "freebsd": "BSD-2-Clause",
    "isc license": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "nvidia proprietary software": "LicenseRef-NVIDIA-Proprietary",
    "python software foundation license": "PSF-2.0",
}
# Distributions whose metadata name no licence, or none that has an SPDX name.
STATED = {
    "namex": "Apache-2.0",  # the licence file in its wheel
}
FAMILY = ("bsd", "bsd license")  # two or three clauses: the text of the licence tells
FILE = re.compile(r"(licen[cs]e|copying)[\w.-]*", re.I)


class Part(NamedTuple):
    """A distribution or a binary.

    name, version : as its owner has them; a binary's version may be empty
    licence : SPDX expression
    use : how it runs: in the process, linked, or as a process of its own
    parts : binaries inside
    """

    name: str
    version: str
    licence: str
    use: str = "imported"
    parts: tuple["Part", ...] = ()


def installed() -> Iterator[tuple[Distribution, Part]]:
    """Distributions of the environment, sorted by name, without the tools."""
    # on sys.path setuptools, once imported, has packages of its own
    site = {sysconfig.get_path(kind) for kind in ("purelib", "platlib")}
    found = {canonicalize_name(d.name): d for d in distributions(path=sorted(site))}
    for name in sorted(found.keys() - set(TOOLS)):
        own = found[name]
        yield own, Part(name, own.version, licence_of(own))


def licence_of(own: Distribution) -> str:
    """SPDX expression of a distribution; ``unknown`` if its metadata have none."""
    metadata = own.metadata
    said = [metadata.get("License-Expression"), metadata.get("License")]
    classifiers = metadata.get_all("Classifier", [])
    said += [c.rpartition(" :: ")[2] for c in classifiers if c.startswith("License ::")]
    names = [text.strip().splitlines()[0] for text in said if text and text.strip()]
    known = filter(None, map(_spdx, names))
    if any(name.lower() in FAMILY for name in names):
        known = [*known, _clauses(own)]
    return next(iter(known), STATED.get(canonicalize_name(own.name), UNKNOWN))


def _spdx(name: str) -> str:
    """A licence as SPDX expression; empty if the name has none."""
    if name.lower() in ALIASES:
        return ALIASES[name.lower()]
    try:
        return canonicalize_license_expression(name)
    except InvalidLicenseExpression:
        return ""


def _clauses(own: Distribution) -> str:
    """Which licence of the BSD family the files of a distribution contain."""
    texts = [
        f.read_text(encoding="utf-8") or ""
        for f in own.files or ()
        if FILE.fullmatch(f.name)
    ]
    plain = " ".join(" ".join(texts).lower().split())
    return f"BSD-{3 if 'neither the name' in plain else 2}-Clause" if plain else UNKNOWN
