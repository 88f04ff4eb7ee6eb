"""``make training-profile`` reports the speed of a step, and its operations."""

import re
import time
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from experiments.training import step_profile
from experiments.training.objective import JointObjective
from experiments.training.step_profile import Profiled


@pytest.fixture
def data(tmp_path):
    """A folder with one photo."""
    noise = np.random.default_rng(0).integers(0, 256, (80, 90, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "photo.png")
    return str(tmp_path)


@pytest.fixture(autouse=True)
def without_graphs():
    """A few steps are not worth a graph."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def slow_step(monkeypatch):
    """Make a step take 0.2 s longer than it does."""

    class Slow(JointObjective):
        def train_step(self, batch):
            time.sleep(0.2)
            return {"loss": 0.0}

        def make_train_function(self, force=False):
            self.train_function = lambda data: self.train_step(next(data))

    monkeypatch.setattr(step_profile.objective, "JointObjective", Slow)


def profiled(data, **options):
    asked = {"model": "ntscc", "profile": "tiny", "batch_size": 2, "crop": 64}
    return step_profile.step_profile(Profiled(data=data, **asked | options))


@pytest.mark.parametrize(
    "model", [pytest.param(m, marks=pytest.mark.slow) for m in ("ntscc", "akb_jscc")]
)
def test_steps_that_were_taken_are_described(data, model):
    first, speed, faults, feeding = profiled(data, model=model, steps=2).splitlines()
    assert first == f"{model}, tiny: 2 crops of 64x64, float32, tensorflow"
    seconds, pixels = map(float, re.findall(r"[\d.]+", speed))
    # neither is shown to more than three digits
    assert seconds * pixels * 1e3 == pytest.approx(2 * 64**2, rel=0.2)
    assert re.fullmatch(r"  \d+ page faults a step", faults)
    assert re.fullmatch(r"  \d+ ms for a batch of crops, beside that", feeding)


@pytest.mark.slow
def test_seconds_are_those_of_a_step(data, slow_step):
    words = profiled(data, steps=3)
    (seconds,) = re.findall(r"([\d.]+) s a step", words)
    assert float(seconds) == pytest.approx(0.2, abs=0.05)


def test_what_does_not_exist_is_named(data, tmp_path):
    with pytest.raises(KeyError, match="no model 'ntsc'; there are ntscc, akb_jscc"):
        profiled(data, model="ntsc")
    with pytest.raises(ValueError, match="data must be a folder of photos"):
        profiled(str(tmp_path / "gone"))


def test_longest_operations_come_first_with_their_shares():
    times = {"a": 1, "b": 6, "c": 3} | {f"rest {i}": 0 for i in range(20)}
    events = [SimpleNamespace(key=k, self_cpu_time_total=t) for k, t in times.items()]
    found = step_profile._longest(events)
    assert found[:3] == [("b", 0.6), ("c", 0.3), ("a", 0.1)]
    assert len(found) == step_profile.SHOWN
