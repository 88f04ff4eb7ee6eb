"""``make venv``: interpreters, the locks, and TensorFlow for CPUs or for CUDA."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ALONE = {k: v for k, v in os.environ.items() if "MAKE" not in k and k != "MFLAGS"}
PIN = re.compile(r"^([a-z0-9-]+)==(\S+) \\$", re.M)


def pins(name):
    """Versions in a lock, by package."""
    return dict(PIN.findall((ROOT / name).read_text()))


def executable(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def make(tmp_path):
    """Run make with an environment whose pip only notes what it is asked."""
    noted = tmp_path / "noted"
    pip = tmp_path / "venv/bin/pip"

    def run(*arguments, version="3.11"):
        answers = f'[ "$1" = -c ] && echo {version}; true'
        python = executable(tmp_path / "python", answers)
        if not (own := tmp_path / "venv/bin/python").exists():
            executable(own, answers)
        executable(pip, f'shift 2; echo "$@" >> {noted}')
        noted.write_text("")
        done = subprocess.run(
            ["make", f"VENV={tmp_path / 'venv'}", f"PYTHON={python}", *arguments],
            cwd=ROOT, env=ALONE, capture_output=True, text=True,
        )  # fmt: skip
        return done.returncode, done.stderr, noted.read_text()

    return run


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_an_interpreter_that_the_lock_serves(make, version):
    status, _, noted = make("venv", version=version)
    assert status == 0
    assert "-r requirements.lock" in noted


@pytest.mark.parametrize("version", ["3.10", "3.14", "2.7", ""])
def test_another_interpreter_gives_one_line_on_how_to_have_one(make, version):
    status, error, noted = make("venv", version=version)
    assert status == 2
    assert noted == ""
    line, last = error.splitlines()
    assert line.startswith("error: semlink needs Python 3.11 to 3.13, got ")
    assert f"got {version or 'none'} (" in line
    for tool in ("uv python install", "pyenv install", "conda create"):
        assert tool in line
    assert last.startswith("make: ***")


def test_an_environment_of_another_interpreter_is_not_taken_for_the_one_asked(make):
    make("venv", version="3.11")
    status, error, _ = make("venv", version="3.12")
    assert status == 2
    assert "has Python 3.11 (make clean removes it) but got 3.12 (" in error


def test_cuda_replaces_tensorflow_in_an_environment_for_cpus(make, tmp_path):
    make("venv")
    status, _, noted = make("venv", "GPU=1")
    assert status == 0
    first, second = noted.splitlines()
    assert first == "uninstall -y tensorflow-cpu"
    assert second.endswith("--no-deps --require-hashes -r requirements-gpu.lock")
    assert make("venv", "GPU=1")[2] == ""  # it is there
    assert make("venv")[2] == ""  # other targets leave it there
    (tmp_path / "venv/ready").unlink()  # as if the lock had changed
    noted = make("venv")[2]
    assert "cuda.lock -r requirements-gpu.lock" in noted


def test_a_new_environment_for_cuda_has_no_tensorflow_for_cpus(make, tmp_path):
    noted = make("venv", "GPU=1")[2]
    assert "-r requirements.lock" not in noted
    assert "uninstall" not in noted
    of_cuda = dict(PIN.findall((tmp_path / "venv/cuda.lock").read_text()))
    expected = pins("requirements.lock")
    del expected["tensorflow-cpu"]
    assert of_cuda == expected


def test_the_lock_for_cuda_adds_tensorflow_and_nothing_twice():
    cpu, cuda = pins("requirements.lock"), pins("requirements-gpu.lock")
    assert cuda["tensorflow"] == cpu["tensorflow-cpu"]
    assert not cuda.keys() & cpu.keys()
    assert {n for n in cuda if not n.startswith("nvidia-")} == {"tensorflow"}
    text = (ROOT / "requirements-gpu.lock").read_text()
    assert all("--hash=sha256:" in part for part in text.split("==")[1:])


def test_the_package_admits_the_interpreters_of_the_makefile():
    named = re.search(r"^PYTHONS := (.*)$", (ROOT / "Makefile").read_text(), re.M)[1]
    setup = (ROOT / "setup.cfg").read_text()
    assert set(re.findall(r"Python :: (3\.\d+)", setup)) == set(named.split())
    assert "{}.{}".format(*sys.version_info) in named.split()
