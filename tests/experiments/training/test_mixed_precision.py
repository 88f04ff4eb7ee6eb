"""Mixed precision is for the Swin and convolutional blocks; the rest stays exact."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = Path(__file__).with_name("mixed_precision.py")
# a network that runs once need not be compiled well
QUICK = {"XLA_FLAGS": "--xla_backend_optimization_level=0"}


@pytest.mark.slow
def test_what_both_ends_derive_is_the_same_to_the_bit():
    runpy.run_path(str(SCRIPT))["compare"]()


@pytest.mark.slow
def test_what_both_ends_derive_is_the_same_to_the_bit_under_jax():
    pytest.importorskip("jax")
    done = subprocess.run(
        [sys.executable, SCRIPT],
        env=os.environ | QUICK | {"KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
