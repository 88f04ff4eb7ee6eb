"""Promoted weights: those of the run, in half precision, with a card that is true."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from blocks.nn.profiles import make_codec
from blocks.nn.weights import read_weights
from experiments.commands import promoting
from experiments.training import promote as module
from experiments.training.promote import CARD, operations, promote
from experiments.training.recipe import CONFIG, Recipe, train
from experiments.training.trainer import WEIGHTS
from semlink.errors import InputError
from semlink.store.files import sha256


@pytest.fixture(scope="module")
def run(tmp_path_factory, klt):
    """A run of one step, and where its weights are promoted to."""
    folder = tmp_path_factory.mktemp("promote")
    photos = folder / "photos"
    photos.mkdir()
    rng = np.random.default_rng(0)
    for i in range(50):
        pixels = rng.integers(0, 256, (9, 9, 3), np.uint8)
        image = Image.fromarray(pixels).resize((256, 256), Image.Resampling.BICUBIC)
        image.save(photos / f"{i}.png")
    np.savez(folder / "klt.npz", **klt)
    recipe = Recipe(
        model="ntscc",
        profile="tiny",
        data=str(photos),
        entropy_epochs=0,
        joint_epochs=1,
        steps=1,
        batch_size=4,
        crop=64,
        klt=str(folder / "klt.npz"),
    )
    tf.config.run_functions_eagerly(True)  # one step is not worth a graph
    try:
        train(folder / "run", recipe, lambda row, left: None)
    finally:
        tf.config.run_functions_eagerly(False)
    return folder / "run"


@pytest.mark.slow
def test_promoted_weights_are_those_of_the_run(run, tmp_path, monkeypatch):
    monkeypatch.setitem(module.OWNERS, "ntscc", tmp_path)
    folder = promote(run, "A note.")
    assert folder == tmp_path / "ntscc_tiny"
    shipped, trained = make_codec("tiny"), make_codec("tiny")
    read_weights(folder / WEIGHTS, shipped)
    read_weights(run / WEIGHTS, trained)
    for one, other in zip(shipped.variables, trained.variables, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=2**-10, atol=1e-6)
    card = (folder / CARD).read_text()
    assert sha256(folder / WEIGHTS) in card
    assert "A note." in card
    count = sum(int(np.prod(v.shape)) for v in shipped.variables)
    assert f"| all | {count:,} |" in card
    assert str(run.parent) not in card, "a path of this machine"


@pytest.mark.parametrize(
    ("channel", "name"), [("awgn", "m_p"), ("rayleigh", "m_p_rayleigh")]
)
def test_weights_for_fading_stand_beside_the_others(channel, name):
    recipe = {"model": "m", "profile": "p", "channel": channel}
    assert module._name(recipe) == name


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(InputError, match="no trained run in"):
        promoting.promote(tmp_path, "")


@pytest.mark.slow
def test_networks_with_parts_that_a_codec_lacks_are_refused(run, tmp_path):
    for name in (CONFIG, WEIGHTS):
        shutil.copy(run / name, tmp_path)
    recipe = json.loads((run / CONFIG).read_text()) | {"objective": "level_power"}
    (tmp_path / CONFIG).write_text(json.dumps(recipe))
    with pytest.raises(InputError, match="objective must be joint .*'level_power'"):
        promote(tmp_path, "")


@pytest.mark.slow
def test_profiles_of_a_trial_take_the_same_operations():
    wanted = operations(make_codec("small"))
    for profile in ("small_wide", "small_deep"):
        found = operations(make_codec(profile))
        assert found == pytest.approx(wanted, rel=0.03), profile


@pytest.mark.slow
def test_operations_are_those_of_the_layers():
    """At least those of the largest layers, counted by hand, and not twice as many."""
    codec = make_codec("tiny")
    positions = 512 * 768 // 16**2
    dense = 2 * 2 * positions * 768 * codec.profile.channels  # linear paths
    a = codec.profile.widths[0]
    blocks = codec.profile.analysis_depths[0] + codec.profile.synthesis_depths[0]
    quarter = blocks * 2 * 2 * (16 * positions) * 9 * a * a
    stems = 2 * 2 * (16 * positions) * 9 * 48 * a + 2 * (16 * positions) * 9 * 48 * a
    assert dense + quarter + stems < operations(codec) < 3 * (dense + quarter + stems)
