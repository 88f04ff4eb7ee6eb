"""Weights that another backend trained, without TensorFlow, are at home under it."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from blocks.nn.profiles import make_codec
from blocks.nn.weights import read_weights

ROOT = Path(__file__).parents[3]
SCRIPT = Path(__file__).with_name("few_steps.py")
ERROR = 1e-4
# fast compilation matters more than speed for a run of a second
QUICK = {"XLA_FLAGS": "--xla_backend_optimization_level=0"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Train under JAX where TensorFlow cannot be imported; give the folder."""
    pytest.importorskip("jax")
    folder = tmp_path_factory.mktemp("trained")
    environment = os.environ | QUICK | {"KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, SCRIPT, folder],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def codec(trained):
    """The networks under TensorFlow, with the weights that JAX trained."""
    codec = make_codec("tiny")
    read_weights(trained / "w.h5", codec)
    return codec


@pytest.mark.slow
def test_networks_give_what_they_gave_under_jax(trained, codec):
    expected = dict(np.load(trained / "outputs.npz"))
    found = runpy.run_path(str(SCRIPT))["outputs"](codec, expected)
    assert found.keys() == expected.keys()
    for name, values in found.items():
        np.testing.assert_allclose(values, expected[name], ERROR, ERROR, err_msg=name)


@pytest.mark.slow
def test_training_reached_the_networks(codec):
    """Weights that start at zero have moved; otherwise the other test shows little."""
    heads = [
        codec.analysis._head,
        codec.synthesis._head,
        codec.hyper_synthesis._head,
        codec.encoder._correction._head,
        codec.decoder._correction._head,
    ]
    for head in heads:
        assert np.abs(head.kernel).mean() > 0.01
