"""Files of weights: half precision and back by name, and no other model's."""

import h5py
import keras
import numpy as np
import pytest

from blocks.nn import weights
from blocks.nn.profiles import make_codec
from blocks.nn.weights import named_variables, read_weights, write_weights

SHAPES = {"a": (3, 4), "b": (5,), "c": (1,), "d": (2, 1, 2), "e": (6,)}


class Flat(keras.layers.Layer):
    """Holds a variable for each name."""

    def __init__(self, shapes, seed=0):
        super().__init__()
        draw = np.random.default_rng(seed)
        for i, (name, shape) in enumerate(shapes.items()):
            value = draw.normal(0, 10.0**-i, shape)
            variable = self.add_weight(name=name, shape=shape)
            variable.assign(value.astype(np.float32))
        self.built = True


class Pair(keras.layers.Layer):
    """Two parts of one shape, made in either order."""

    def __init__(self, order=("first", "second"), value=0.0):
        super().__init__()
        for name in order:
            setattr(self, name, keras.layers.Dense(3))
            getattr(self, name).build((None, 2))
        for number, name in enumerate(sorted(order), start=1):
            getattr(self, name).kernel.assign(np.full((2, 3), number * value))
        self.built = True


def values(layer):
    return {name: np.asarray(v) for name, v in named_variables(layer).items()}


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name, value in one.items():
        np.testing.assert_array_equal(other[name], value, err_msg=name)


def write_numbered(path, layer):
    """Write a file as earlier versions did."""
    with h5py.File(path, "w") as file:
        for number, variable in enumerate(layer.weights):
            file[f"{number:04d}"] = np.asarray(variable)


def test_half_precision_comes_back(tmp_path):
    saved, loaded = Flat(SHAPES), Flat(SHAPES, seed=1)
    write_weights(tmp_path / "w.h5", saved)
    read_weights(tmp_path / "w.h5", loaded)
    half = np.finfo(np.float16)
    eps, smallest = float(half.eps), float(half.smallest_subnormal)
    after = values(loaded)
    for name, before in values(saved).items():
        assert after[name].dtype == np.float32
        rounding = (eps * np.abs(before) + smallest) / 2
        assert np.all(np.abs(after[name] - before) <= rounding)


def test_single_precision_is_exact(tmp_path):
    saved, loaded = Flat(SHAPES), Flat(SHAPES, seed=1)
    write_weights(tmp_path / "w.h5", saved, dtype="float32")
    read_weights(tmp_path / "w.h5", loaded)
    assert_same(values(loaded), values(saved))


def test_names_are_places_in_the_networks():
    codec = make_codec("tiny")
    named = named_variables(codec)
    assert [id(v) for v in named.values()] == [id(v) for v in codec.weights]
    assert named["analysis/linear/kernel"] is codec.analysis.linear.kernel
    block = list(codec.synthesis._latent)[1]
    name = "synthesis/latent/stack/1/norms/0/gamma"
    assert named[name] is block._norms[0].gamma


def test_layers_made_in_another_order_are_themselves_again(tmp_path):
    write_weights(tmp_path / "w.h5", Pair(value=1.0))
    moved = Pair(("second", "first"))
    read_weights(tmp_path / "w.h5", moved)
    assert_same(values(moved), values(Pair(value=1.0)))


def test_a_numbered_file_is_read_in_its_own_order_only(tmp_path, monkeypatch):
    """Two layers of one shape would change places without a word."""
    write_numbered(tmp_path / "w.h5", Pair(value=1.0))
    order = weights._order(named_variables(Pair()))
    monkeypatch.setattr(weights, "NUMBERED", {order})
    same, moved = Pair(), Pair(("second", "first"))
    read_weights(tmp_path / "w.h5", same)
    assert_same(values(same), values(Pair(value=1.0)))
    before = values(moved)
    with pytest.raises(ValueError, match="numbered in the order of an earlier version"):
        read_weights(tmp_path / "w.h5", moved)
    assert_same(values(moved), before)


@pytest.mark.parametrize("context", [pytest.param(0, marks=pytest.mark.slow), 10])
def test_numbered_files_of_all_codecs_are_read(tmp_path, context):
    saved, loaded = make_codec("tiny", context), make_codec("tiny", context)
    draw = np.random.default_rng(0)
    for variable in saved.weights:
        variable.assign(draw.normal(size=variable.shape).astype(np.float32))
    write_numbered(tmp_path / "w.h5", saved)
    read_weights(tmp_path / "w.h5", loaded)
    assert_same(values(loaded), values(saved))


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({n: s for n, s in SHAPES.items() if n != "e"}, "it lacks e"),
        (SHAPES | {"f": (1,)}, "it also has f"),
        (SHAPES | {"a": (4, 3)}, r"a must have shape \(3, 4\), got \(4, 3\)"),
        ({}, "its 0 variables are numbered in the order of an earlier version"),
    ],
)
def test_another_model_is_refused(tmp_path, other, said):
    write_weights(tmp_path / "w.h5", Flat(other))
    mine = Flat(SHAPES)
    before = values(mine)
    message = rf"w\.h5 holds the weights of another model: {said}$"
    with pytest.raises(ValueError, match=message):
        read_weights(tmp_path / "w.h5", mine)
    assert_same(values(mine), before)


def test_weights_out_of_reach_are_refused():
    """In a dictionary a layer has no place of its own."""

    class Hidden(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.parts = {"dense": keras.layers.Dense(3)}
            self.parts["dense"].build((None, 2))

    with pytest.raises(ValueError, match=r"held by attributes or lists, got \['"):
        named_variables(Hidden())


@pytest.mark.parametrize("value", [np.nan, np.inf, 7e4])
def test_what_half_precision_cannot_hold_is_refused(tmp_path, value):
    spoilt = Flat(SHAPES)
    named_variables(spoilt)["b"].assign(np.float32([1, 2, value, 4, 5]))
    with (
        np.errstate(over="ignore"),
        pytest.raises(ValueError, match="b does not fit float16"),
    ):
        write_weights(tmp_path / "w.h5", spoilt)


def test_file_is_half_as_large(tmp_path):
    write_weights(tmp_path / "w.h5", Flat({"a": (100, 100)}))
    with h5py.File(tmp_path / "w.h5") as file:
        assert file["a"].dtype == np.float16
    assert (tmp_path / "w.h5").stat().st_size < 2.5 * 100**2


def test_failure_leaves_the_file_that_was_there(tmp_path):
    saved = Flat(SHAPES)
    write_weights(tmp_path / "w.h5", saved)
    before = (tmp_path / "w.h5").read_bytes()
    last = named_variables(saved)["e"]
    last.assign(np.nan * last)
    with pytest.raises(ValueError, match="e does not fit"):
        write_weights(tmp_path / "w.h5", saved)
    assert (tmp_path / "w.h5").read_bytes() == before


def test_missing_file_and_one_that_is_none(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_weights(tmp_path / "gone.h5", Flat({}))
    (tmp_path / "text.h5").write_text("no weights")
    with pytest.raises(OSError, match="signature"):
        read_weights(tmp_path / "text.h5", Flat({}))
