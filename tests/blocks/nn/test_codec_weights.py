"""Files of weights: half precision and back, and no other model's."""

import h5py
import keras
import numpy as np
import pytest

from blocks.nn.weights import read_weights, write_weights


def variables(*shapes, seed=0):
    draw = np.random.default_rng(seed)
    return [
        keras.Variable(draw.normal(0, 10.0**-i, shape).astype(np.float32))
        for i, shape in enumerate(shapes)
    ]


def values(of):
    return [np.asarray(v) for v in of]


SHAPES = [(3, 4), (5,), (1,), (2, 1, 2), (6,)]


def test_half_precision_comes_back(tmp_path):
    saved, loaded = variables(*SHAPES), variables(*SHAPES, seed=1)
    write_weights(tmp_path / "w.h5", saved)
    read_weights(tmp_path / "w.h5", loaded)
    half = np.finfo(np.float16)
    eps, smallest = float(half.eps), float(half.smallest_subnormal)
    for before, after in zip(values(saved), values(loaded), strict=True):
        assert after.dtype == np.float32
        rounding = (eps * np.abs(before) + smallest) / 2
        assert np.all(np.abs(after - before) <= rounding)


def test_single_precision_is_exact(tmp_path):
    saved, loaded = variables(*SHAPES), variables(*SHAPES, seed=1)
    write_weights(tmp_path / "w.h5", saved, dtype="float32")
    read_weights(tmp_path / "w.h5", loaded)
    for before, after in zip(values(saved), values(loaded), strict=True):
        np.testing.assert_array_equal(after, before)


def test_more_than_ten_variables_keep_their_order(tmp_path):
    saved = [keras.Variable(np.float32([i])) for i in range(120)]
    loaded = [keras.Variable(np.float32([-1])) for _ in saved]
    write_weights(tmp_path / "w.h5", saved)
    read_weights(tmp_path / "w.h5", loaded)
    assert [float(v[0]) for v in loaded] == list(range(120))


@pytest.mark.parametrize(
    "other", [SHAPES[:-1], [*SHAPES, (1,)], [(4, 3), *SHAPES[1:]], []]
)
def test_another_model_is_refused(tmp_path, other):
    write_weights(tmp_path / "w.h5", variables(*other))
    mine = variables(*SHAPES)
    before = values(mine)
    with pytest.raises(ValueError, match=r"w\.h5 holds the weights of another model$"):
        read_weights(tmp_path / "w.h5", mine)
    for now, then in zip(values(mine), before, strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize("value", [np.nan, np.inf, 7e4])
def test_what_half_precision_cannot_hold_is_refused(tmp_path, value):
    spoilt = variables(*SHAPES)
    spoilt[1].assign(np.float32([1, 2, value, 4, 5]))
    with (
        np.errstate(over="ignore"),
        pytest.raises(ValueError, match="variable 1 does not fit float16"),
    ):
        write_weights(tmp_path / "w.h5", spoilt)


def test_file_is_half_as_large(tmp_path):
    write_weights(tmp_path / "w.h5", variables((100, 100)))
    with h5py.File(tmp_path / "w.h5") as file:
        assert file["0000"].dtype == np.float16
    assert (tmp_path / "w.h5").stat().st_size < 2.5 * 100**2


def test_failure_leaves_the_file_that_was_there(tmp_path):
    saved = variables(*SHAPES)
    write_weights(tmp_path / "w.h5", saved)
    before = (tmp_path / "w.h5").read_bytes()
    saved[-1].assign(np.nan * saved[-1])
    with pytest.raises(ValueError, match="variable 4 does not fit"):
        write_weights(tmp_path / "w.h5", saved)
    assert (tmp_path / "w.h5").read_bytes() == before


def test_missing_file_and_one_that_is_none(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_weights(tmp_path / "gone.h5", [])
    (tmp_path / "text.h5").write_text("no weights")
    with pytest.raises(OSError, match="signature"):
        read_weights(tmp_path / "text.h5", [])
