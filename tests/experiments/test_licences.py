"""Licences: none is unknown, and what is under the GPL is named with how it runs."""

import json
import re
import subprocess
import sys
from email.message import Message
from importlib.metadata import PathDistribution, distribution
from pathlib import Path

import pytest
from packaging.licenses import canonicalize_license_expression

from baselines.separated import ffmpeg
from experiments.licences import __main__ as command
from experiments.licences import bom
from experiments.licences.binaries import LIBRARY, binaries_of
from experiments.licences.distributions import UNKNOWN, Part, licence_of

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"^([a-z0-9-]+)==(\S+) \\$", re.M)
ROW = re.compile(r"^\| ([a-z0-9-]+) \| ([^ ]+) \| [^|]+ \| [^|]*\|$", re.M)


@pytest.fixture(scope="module")
def parts():
    return bom.materials()


def every(parts):
    return [inner for part in parts for inner in (part, *part.parts)]


def test_what_setuptools_brings_is_no_distribution(parts, monkeypatch):
    import setuptools

    vendored = str(Path(setuptools.__file__).parent / "_vendor")
    monkeypatch.syspath_prepend(vendored)
    assert [part.name for part in bom.materials()] == [part.name for part in parts]


def test_every_licence_is_known_by_its_spdx_name(parts):
    assert len(parts) > 100
    assert [part.name for part in every(parts) if part.licence == UNKNOWN] == []
    for part in every(parts):
        assert canonicalize_license_expression(part.licence) == part.licence


def test_what_is_under_the_gpl_is_named_with_how_it_runs(parts):
    gpl = {p.name for p in every(parts) if re.match(r"A?GPL-[\d.]+[\w-]*$", p.licence)}
    assert gpl == {"ffmpeg", "libx265"}
    assert gpl <= bom.RUNS.keys()
    upper = bom.table(parts).partition("## All")[0]
    for part in every(parts):
        assert (f"\n| {part.name} " in upper) == bom.is_copyleft(part)


def test_the_page_has_what_is_locked():
    pins = set(PIN.findall((ROOT / "requirements.lock").read_text()))
    page = (ROOT / "docs" / command.PAGE).read_text().partition("## All")[2]
    assert set(ROW.findall(page)) - {("package", "version")} == pins
    tree = json.loads((ROOT / "docs" / command.BOM).read_text())
    assert {(c["name"], c["version"]) for c in tree["components"]} == pins


def test_a_bill_of_materials_has_what_cyclonedx_asks(parts):
    tree = bom.cyclonedx(parts)
    assert (tree["bomFormat"], tree["specVersion"]) == ("CycloneDX", "1.6")
    references = [c["bom-ref"] for c in tree["components"]]
    assert len(set(references)) == len(references)
    by_name = {c["name"]: c for c in tree["components"]}
    inner = {c["name"]: c for c in by_name["imageio-ffmpeg"]["components"]}
    assert inner["ffmpeg"]["licenses"] == [{"expression": "GPL-3.0-or-later"}]
    assert inner["ffmpeg"]["type"] == "application"


def test_ffmpeg_and_libheif_are_as_the_page_has_them():
    told = subprocess.run([ffmpeg.executable(), "-L"], capture_output=True, text=True)
    plain = " ".join(told.stdout.split())
    assert "GNU General Public License" in plain
    assert "either version 3 of the License, or (at your option) any later" in plain
    own = distribution("pillow-heif")
    library = next(f for f in own.files if Path(f).name.startswith("libheif"))
    assert b"libx265" in library.locate().read_bytes()


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("libx265-4883ecb5.so.217", "libx265"),
        ("libopenblaso-r0-d77a1985.3.15.so", "libopenblaso"),
        ("libgfortran-040039e1-0352e75f.so.5.0.0", "libgfortran"),
        ("liblzokay-c-f8c30da9.so", "liblzokay-c"),
        ("libcrypto-a324fe28.so.1.1.1k", "libcrypto"),
        ("libscipy_openblas64_-32a4b2a6.so", "libscipy_openblas64_"),
    ],
)
def test_the_name_of_a_bundled_library(file, name):
    assert LIBRARY.fullmatch(file)[1] == name


class Made(PathDistribution):
    """A distribution with given metadata and files."""

    def __init__(self, folder, text, **fields):
        super().__init__(folder)
        self.folder, self.text, self.fields = folder, text, fields

    @property
    def metadata(self):
        made = Message()
        for key, value in ({"Name": "made"} | self.fields).items():
            made[key.replace("_", "-")] = value
        return made

    @property
    def files(self):
        return [Path(self._file("LICENSE.txt"))]

    def _file(self, name):
        (self.folder / name).write_text(self.text)
        return self.folder / name


@pytest.mark.parametrize(
    ("fields", "text", "licence"),
    [
        ({"License_Expression": "mit or apache-2.0"}, "", "MIT OR Apache-2.0"),
        ({"License": "Apache 2.0"}, "", "Apache-2.0"),
        ({"License": "MIT License\n\nPermission is"}, "", "MIT"),
        ({"Classifier": "License :: OSI Approved :: ISC License (ISCL)"}, "", UNKNOWN),
        ({"License": "BSD"}, "Neither the\n name of", "BSD-3-Clause"),
        ({"License": "BSD"}, "Redistribution", "BSD-2-Clause"),
        ({"License": "BSD"}, "", UNKNOWN),
        ({}, "", UNKNOWN),
        ({"Name": "namex"}, "", "Apache-2.0"),
    ],
)
def test_a_licence_by_the_metadata(tmp_path, fields, text, licence):
    assert licence_of(Made(tmp_path, text, **fields)) == licence


def test_an_unknown_licence_ends_the_command(tmp_path, monkeypatch, capsys):
    found = [Part("good", "1", "MIT"), Part("odd", "2", UNKNOWN)]
    monkeypatch.setattr(command, "materials", lambda: found)
    monkeypatch.setattr(sys, "argv", ["licences", "--output", str(tmp_path)])
    with pytest.raises(SystemExit) as stop:
        command.main()
    assert stop.value.code == "error: every licence must be known, got none for odd"
    assert (tmp_path / command.PAGE).exists()
    monkeypatch.setattr(sys, "argv", ["licences", "--output", str(tmp_path / "gone")])
    with pytest.raises(SystemExit) as stop:
        command.main()
    assert "output must be a folder, got" in str(stop.value.code)


def test_an_unknown_bundled_library_is_unknown(tmp_path):
    own = Made(tmp_path, "")
    own.__class__ = type(
        "Bundling", (Made,), {"files": [Path("a.libs/libodd-01234567.so")]}
    )
    assert binaries_of(own) == (Part("libodd", "", UNKNOWN, "linked"),)
