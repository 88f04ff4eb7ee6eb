"""An interrupted run resumes, and always has a complete state."""

import errno
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops
from PIL import Image

from blocks.nn.weights import read_weights
from experiments.training import state, trainer, validation
from experiments.training.recipe import Recipe, train
from experiments.training.state import Progress
from experiments.training.trainer import WEIGHTS, Diverged, Stage, run_stage

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def short_warm_up(monkeypatch):
    """Let a few steps move something."""
    monkeypatch.setattr(trainer, "WARM_UP", 2)


class Killed(BaseException):
    """Stands for the end of the process."""


class Line(keras.layers.Layer):
    """The smallest codec: two numbers."""

    def build(self, shape=None):
        self.pair = self.add_weight(name="pair", shape=(2,), initializer="ones")


class Toy(keras.Model):
    """Moves two numbers to where noisy data are."""

    def __init__(self):
        super().__init__(autocast=False)
        self.codec = Line()
        self.codec.build()
        self.noise = keras.random.SeedGenerator(1)
        self.built = True

    def call(self, batch):
        noise = keras.random.normal(ops.shape(batch["value"]), seed=self.noise)
        return self.codec.pair - batch["value"] - noise

    def compute_loss(self, x, y, y_pred, sample_weight=None, **_):
        return ops.mean(y_pred**2)


class Values(keras.utils.PyDataset):
    """Data of the toy; not a number in some epoch."""

    def __init__(self, epoch, *, spoilt=99):
        super().__init__()
        self.epoch, self.spoilt = epoch, spoilt

    def __len__(self):
        return 3

    def __getitem__(self, index):
        value = np.full((4, 2), 3 * self.epoch + index, np.float32)
        return ({"value": value * (np.nan if self.epoch == self.spoilt else 1)},)


def toy_stage(epochs=4, **data):
    crops = partial(Values, **data)
    return Stage("toy", Toy(), epochs, 0.1, crops, lambda: {"v": 1.0})


def saved(folder) -> dict:
    return dict(np.load(folder / state.FILE))


def assert_same(found: dict, expected: dict):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def silent(row, left):
    """Notes nothing."""


def killer(*, after: int):
    """A callback that ends the process after some epochs."""
    seen = []

    def note(row, left):
        seen.append(row)
        if len(seen) == after:
            raise Killed

    return note


@pytest.mark.slow
def test_stage_runs_under_jax(tmp_path):
    """There a step gives all its buffers away: none may stand in two places."""
    pytest.importorskip("jax")
    code = "from test_training_runs import *; "
    code += f"run_stage(Path({str(tmp_path)!r}), toy_stage(2), 0, silent)"
    paths = f"{ROOT}{os.pathsep}{Path(__file__).parent}"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"KERAS_BACKEND": "jax", "PYTHONPATH": paths},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert state.progress(tmp_path) == Progress("toy", 2)


@pytest.mark.parametrize("after", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_interrupted_stage_ends_where_an_unbroken_one_does(tmp_path, after):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    for folder in (whole, broken):
        folder.mkdir()
    run_stage(whole, toy_stage(), 0, silent)
    with pytest.raises(Killed):
        run_stage(broken, toy_stage(), 0, killer(after=after))
    assert state.progress(broken) == Progress("toy", after)
    run_stage(broken, toy_stage(), after, silent)
    assert state.progress(broken) == Progress("toy", 4)
    assert_same(saved(broken), saved(whole))
    rows = [(f / "toy.csv").read_text().splitlines() for f in (whole, broken)]
    assert len(rows[0]) == len(rows[1]) == 1 + 4
    losses = [[line.split(",")[3] for line in lines] for lines in rows]
    assert losses[0] == losses[1]


def test_killed_before_the_state_is_written_an_epoch_is_lost(tmp_path, monkeypatch):
    run_stage(tmp_path, toy_stage(epochs=2), 0, silent)
    before = saved(tmp_path)

    def die(*_):
        raise Killed

    monkeypatch.setattr(os, "fsync", die)
    with pytest.raises(Killed):
        run_stage(tmp_path, toy_stage(epochs=4), 2, silent)
    assert state.progress(tmp_path) == Progress("toy", 2)
    assert_same(saved(tmp_path), before)


def test_loss_that_is_no_number_stops_the_run_at_the_last_good_state(tmp_path):
    run_stage(tmp_path, toy_stage(epochs=2), 0, silent)
    before = saved(tmp_path)
    with pytest.raises(Diverged, match="the loss of epoch 3 is nan"):
        run_stage(tmp_path, toy_stage(spoilt=2), 2, silent)
    assert state.progress(tmp_path) == Progress("toy", 2)
    assert_same(saved(tmp_path), before)
    assert len((tmp_path / "toy.csv").read_text().splitlines()) == 3


def test_full_disk_leaves_the_last_state(tmp_path, monkeypatch):
    run_stage(tmp_path, toy_stage(epochs=2), 0, silent)
    before, files = saved(tmp_path), sorted(p.name for p in tmp_path.iterdir())

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left on device"):
        run_stage(tmp_path, toy_stage(), 2, silent)
    assert_same(saved(tmp_path), before)
    assert sorted(p.name for p in tmp_path.iterdir()) == files


def test_state_of_another_model_is_refused(tmp_path):
    run_stage(tmp_path, toy_stage(epochs=1), 0, silent)
    with pytest.raises(ValueError, match="holds another model than the run's"):
        state.restore(tmp_path, {"v": keras.Variable(np.zeros(3, "f"))})
    assert state.progress(tmp_path / "gone") is None


@pytest.mark.parametrize(
    ("steps", "warm_up", "momentum"),
    [(50, 5, 0.8), (1000, 100, 0.99), (60_000, 300, 0.999)],
)
def test_short_runs_warm_up_and_average_over_a_tenth(
    monkeypatch, steps, warm_up, momentum
):
    monkeypatch.setattr(trainer, "WARM_UP", 300)
    optimiser = trainer._optimiser(toy_stage(epochs=1), steps)
    assert optimiser.ema_momentum == pytest.approx(momentum)
    rates = [float(optimiser._learning_rate(step)) for step in (warm_up, steps)]
    assert rates == pytest.approx([toy_stage(epochs=1).learning_rate, 0], abs=1e-6)


def test_averages_begin_at_the_weights_and_give_way_to_them_again(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(trainer, "SHARE", 2)  # of six steps
    stage, during = toy_stage(epochs=2), []
    model = stage.objective

    def validate():
        during.append(np.asarray(model.codec.pair))
        return {}

    run_stage(tmp_path, stage._replace(validate=validate), 0, silent)
    average = np.asarray(model.optimizer._model_variables_moving_average[0])
    pair = np.asarray(model.codec.pair)
    np.testing.assert_array_equal(during[-1], average)
    # a third of the way in each step, from where both were
    assert np.all(np.abs(average - 1) < 0.9 * np.abs(pair - 1))
    assert np.all(np.abs(average - 1) > 0.1 * np.abs(pair - 1))
    # the file of weights has the averages
    read_weights(tmp_path / WEIGHTS, model.codec)
    np.testing.assert_array_equal(model.codec.pair, average)


@pytest.fixture
def quick(monkeypatch):
    """Steps that are not traced first, and a validation of two small crops."""
    small = {
        "SIZE": 32,
        "COUNT": 2,
        "BATCH": 2,
        "QUALITIES": (0.5,),
        "SNRS_DB": (10.0,),
    }
    for name, value in small.items():
        monkeypatch.setattr(validation, name, value)
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def small_recipe(tmp_path, klt):
    """A recipe of four steps in three epochs."""
    np.savez(tmp_path / "klt.npz", **klt)
    (tmp_path / "photos").mkdir()
    draw = np.random.default_rng(0)
    for number in range(8):
        photo = Image.fromarray(draw.integers(0, 256, (64, 80, 3), np.uint8))
        photo.save(tmp_path / "photos" / f"{number}.png")
    return Recipe(
        "ntscc", "tiny", str(tmp_path / "photos"), entropy_epochs=1, joint_epochs=2,
        steps=2, batch_size=2, crop=64, klt=str(tmp_path / "klt.npz"),
    )  # fmt: skip


@pytest.mark.slow
def test_interrupted_training_ends_where_an_unbroken_one_does(
    tmp_path, quick, small_recipe
):
    """Killed between the stages, and within one."""
    rows = []
    train(tmp_path / "whole", small_recipe, lambda row, left: rows.append(row))
    assert [(r["stage"], r["epoch"]) for r in rows] == [
        ("entropy", 1), ("joint", 1), ("joint", 2),
    ]  # fmt: skip
    for _ in range(2):
        with pytest.raises(Killed):
            train(tmp_path / "broken", small_recipe, killer(after=1))
    train(tmp_path / "broken", small_recipe, silent)
    whole, broken = saved(tmp_path / "whole"), saved(tmp_path / "broken")
    assert (str(whole["stage"]), int(whole["epoch"])) == ("joint", 2)
    assert_same(broken, whole)
    for name in ("entropy.csv", "joint.csv"):
        losses = [
            [line.split(",")[3:] for line in path.read_text().splitlines()]
            for path in (tmp_path / "whole" / name, tmp_path / "broken" / name)
        ]
        assert losses[0] == losses[1]
    # once it is done there is nothing left to do
    train(tmp_path / "whole", small_recipe, killer(after=1))
