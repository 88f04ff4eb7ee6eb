"""Impulse responses from files: reading, scaling, refusals."""

import h5py
import numpy as np
import pytest

from channels.cir import _scaled, read
from channels.ofdm import Settings
from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.errors import InputError
from semlink.rng import Course

E, R, P, T = 5, 2, 3, 4


def responses(**changes):
    draw = np.random.default_rng(1).normal(size=(2, E, R, P, T))
    arrays = {
        "gains": (draw[0] + 1j * draw[1]).astype(np.complex64),
        "delays_s": np.tile([3e-7, 5e-7, 9e-7], (E, 1)),
        "rate_hz": 1000.0,
    }
    return arrays | changes


@pytest.fixture
def saved(tmp_path):
    def save(name="x.npz", **changes):
        path = tmp_path / name
        arrays = {k: v for k, v in responses(**changes).items() if v is not None}
        if name.endswith(".npz"):
            np.savez(path, **arrays)
        else:
            with h5py.File(path, "w") as file:
                for key, value in arrays.items():
                    file[key] = value
        return path

    return save


def build(path, **params):
    spec = ComponentSpec(name="cir", argument=str(path), params=params)
    return catalogue().build("channel", spec)


def send(channel, rows=1, length=864, snr_db=60.0):
    x = np.ones((rows, length), np.complex64)
    rx = channel(x, np.float32(snr_db), Course(1))
    return [np.asarray(part) for part in rx]


def test_both_formats_are_one(saved):
    one, other = (send(build(saved(name)), 3) for name in ("x.npz", "x.h5"))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_response_is_that_of_the_paths(saved):
    path = saved(gains=responses()["gains"][:, :1, :, :1], rate_hz=None)
    channel = build(path, scale="each", interleave=False)
    h = send(channel, 20)[2]
    gains = responses()["gains"][:, 0, :, 0]
    carriers = 30e3 * (np.arange(72) - 36)
    turn = np.exp(-2j * np.pi * np.outer([0, 2e-7, 6e-7], carriers))
    expected = gains @ turn  # [E, F]
    expected /= np.sqrt(np.mean(np.abs(expected) ** 2, axis=1, keepdims=True))
    distance = np.abs(h[:, None, :72] - expected).max(axis=-1)
    assert np.all(distance.min(axis=1) < 1e-4)
    assert len(set(distance.argmin(axis=1))) > 2


@pytest.mark.parametrize("scale", ["set", "each"])
def test_mean_power_is_one(scale, saved):
    weak = responses()["gains"] * np.array([1, 1, 1, 1, 0.1])[:, None, None, None]
    held = read(saved(gains=weak))
    gains = _scaled(held, scale, Settings()).gains
    turn = np.exp(-2j * np.pi * 30e3 * (np.arange(72) - 36)[:, None] * [0, 2e-7, 6e-7])
    power = np.abs(np.einsum("erpt,fp->erft", gains, turn)) ** 2
    assert power.mean() == pytest.approx(1, rel=1e-4)
    of_example = power.mean(axis=(1, 2, 3))
    if scale == "each":
        np.testing.assert_allclose(of_example, 1, rtol=1e-4)
    else:
        assert of_example[4] < 0.05


def test_what_does_not_arrive_at_all_says_nothing(saved):
    gains = responses()["gains"]
    gains[..., 1] = 0  # a time when the way is blocked
    x_hat, no, _ = send(build(saved(gains=gains, rate_hz=2e4)), 3)
    assert np.all(np.isfinite(x_hat))
    assert no.max() > 1e8


def test_a_long_transmission_turns_back(saved):
    gains = np.zeros((1, 1, 2, 3), complex)
    gains[0, 0, 0] = [1, 2, 3]
    path = saved(gains=gains, delays_s=np.zeros((1, 2)), rate_hz=1.0)
    channel = build(path, interleave=False)
    rate = 1 / channel._grid.ofdm_symbol_duration
    path = saved(gains=gains, delays_s=np.zeros((1, 2)), rate_hz=rate)
    h = np.abs(send(build(path, interleave=False), 1)[2][0].reshape(12, 72)[:, 0])
    symbols = [s for s in range(14) if s not in (2, 11)]
    expected = np.array([1, 2, 3, 2] * 4)[symbols]
    np.testing.assert_allclose(h / h[0], expected, rtol=1e-4)


def nan_in(array):
    array = np.array(array)
    array.flat[0] = np.nan
    return array


REFUSED = {
    "got NaN": {"gains": nan_in(responses()["gains"])},
    "finite values": {"delays_s": nan_in(responses()["delays_s"])},
    r"got \[5, 2, 3\] and \[5, 3\]": {"gains": responses()["gains"][..., 0]},
    r"got \[5, 2, 3, 4\] and \[5, 2\]": {"delays_s": np.zeros((E, 2))},
    "at least 2 paths": {
        "gains": responses()["gains"][:, :, :1],
        "delays_s": np.zeros((E, 1)),
    },
    "delays >= 0, got -1e-07": {"delays_s": np.full((E, P), -1e-7)},
    "a path in every example": {"gains": np.zeros((E, R, P, T))},
    "rate_hz > 0": {"rate_hz": None},
    "got no 'gains'": {"gains": None},
    "cyclic prefix": {"delays_s": np.tile([0, 1e-5, 2e-5], (E, 1))},
    "got 22[0-9]{3} Hz": {"rate_hz": 1e5},
}


@pytest.mark.parametrize("name", ["x.npz", "x.h5"])
@pytest.mark.parametrize("match", REFUSED)
def test_what_is_none_is_refused(match, name, saved):
    with pytest.raises(InputError, match=match) as refusal:
        build(saved(name, **REFUSED[match]))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["x.npz", "x.h5"])
def test_files_that_cannot_be_read_are_refused(name, tmp_path, saved):
    with pytest.raises(InputError, match=name):
        build(tmp_path / name)
    for content in (b"", b"PK"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match="must be an .npz or HDF5 file"):
            build(tmp_path / name)
    (tmp_path / name).write_bytes(b"not a file of arrays")
    with pytest.raises(InputError, match="must be an .npz or HDF5 file"):
        build(tmp_path / name)
    whole = saved(name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="must be an .npz or HDF5 file"):
        build(tmp_path / name)
