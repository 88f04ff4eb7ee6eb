"""Trained on a Gaussian source, the codec is between uncoded transmission and D(R).

The pictures are Gaussian with a known covariance: 32 independent components in each
16x16 block. ``D(R)`` is that of reverse water-filling, at the rate that the capacity
gives in all channel uses, those of the side information (sent at capacity) included.

References
----------
T. Cover, J. Thomas, "Elements of Information Theory", 2006, section 10.3.3.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.optimize import brentq

from channels.nn.awgn import awgn
from experiments.training.objective import EntropyObjective, JointObjective, draw

pytestmark = pytest.mark.slow

BATCH, SIDE, CHANNELS = 16, 4, 32
SIGMA = np.geomspace(2.0, 0.1, CHANNELS)
DEVIATIONS = np.tile(SIGMA, SIDE**2)  # of all components of a picture
STEPS = {"entropy": 150, "joint": 60}
NUM_TESTED, SIGMAS = 512, 4


def components(rng, count=BATCH) -> np.ndarray:
    """Independent Gaussian values : [count, SIDE, SIDE, CHANNELS]."""
    return rng.normal(0, SIGMA, (count, SIDE, SIDE, CHANNELS))


def pictures(basis, y) -> np.ndarray:
    """Pictures in levels, neither rounded nor clipped : [count, 64, 64, 3]."""
    count = len(y)
    x = (y @ basis[:, :CHANNELS].T).reshape(count, SIDE, SIDE, 16, 16, 3)
    x = x.swapaxes(2, 3).reshape(count, 16 * SIDE, 16 * SIDE, 3)
    return (255 * (0.5 + x)).astype(np.float32)


class Gaussian(keras.utils.PyDataset):
    """New pictures in every step."""

    def __init__(self, basis, steps):
        super().__init__()
        self._basis, self._steps = basis, steps

    def __len__(self):
        return self._steps

    def __getitem__(self, index):
        rng = np.random.default_rng((1, index))
        image = pictures(self._basis, components(rng))
        return ({"image": image, **draw(rng, BATCH)._asdict()},)


def bound(bits: float) -> float:
    """Least distortion of a picture at a number of bits."""

    def rate(level):
        return np.sum(np.maximum(np.log2(DEVIATIONS**2 / level), 0)) / 2

    variances = DEVIATIONS**2
    level = brentq(lambda d: rate(d) - bits, 1e-9, variances.max())
    return float(np.minimum(variances, level).sum())


def uncoded(y: np.ndarray, uses: float, no: float) -> np.ndarray:
    """Squared errors if the strongest components are sent with a single gain."""
    order = np.argsort(DEVIATIONS)[::-1]
    y, strongest = y.reshape(len(y), -1)[:, order], DEVIATIONS[order]
    count = min(int(2 * uses), len(strongest))
    gain = 1 / np.sqrt(np.mean(strongest[:count] ** 2))
    noise = np.random.default_rng(9).normal(0, np.sqrt(no), (len(y), count))
    received, sigma = gain * y[:, :count] + noise, strongest[:count]
    y_hat = gain * sigma**2 / (gain**2 * sigma**2 + no) * received
    lost = np.sum(y[:, count:] ** 2, axis=1)
    return np.sum((y_hat - y[:, :count]) ** 2, axis=1) + lost


@pytest.fixture(scope="module")
def trained(klt):
    """The networks after a minute, from deviations that were all the same."""
    from blocks.nn.profiles import make_codec, start_at_klt

    keras.utils.set_random_seed(1)
    codec = make_codec("tiny")
    images = pictures(klt["basis"], components(np.random.default_rng(0))) / 255
    start_at_klt(codec, klt, images)
    alike = np.broadcast_to(np.log(SIGMA).mean(), (codec.profile.classes, CHANNELS))
    codec.classes.log_deviation.assign(alike)
    joint = JointObjective(codec, awgn)
    before = sent(joint, klt, 0.5, 10.0)
    for model, name, rate in (
        (EntropyObjective(codec), "entropy", 0.02),
        (joint, "joint", 0.002),
    ):
        model.compile(keras.optimizers.Adam(rate, global_clipnorm=1.0))
        model.fit(Gaussian(klt["basis"], STEPS[name]), verbose=0, shuffle=False)
    return joint, before


def sent(joint, klt, quality, snr_db):
    """Components of many pictures, squared error of each, and channel uses of one."""
    y = components(np.random.default_rng(7), NUM_TESTED)
    full = np.ones(NUM_TESTED, np.float32)
    batch = {
        "image": pictures(klt["basis"], y),
        "quality": quality * full,
        "eta": 0.3 * full,
        "snr_db": snr_db * full,
        "design_snr_db": snr_db * full,
    }
    batch = {name: tf.convert_to_tensor(v, "float32") for name, v in batch.items()}
    x, received, _, (_, bits), uses = joint(batch, training=False)
    error = np.sum((x - received).numpy().astype(float) ** 2, axis=(1, 2, 3))
    return y, error, float(np.mean(uses) + np.mean(bits) / capacity(snr_db))


def capacity(snr_db: float) -> float:
    return np.log2(1 + 10 ** (snr_db / 10))


def standard_error(samples) -> float:
    return np.std(samples, ddof=1) / np.sqrt(len(samples))


@pytest.mark.parametrize("quality", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("snr_db", [3.0, 10.0, 17.0])
def test_distortion_is_never_below_the_bound(trained, klt, quality, snr_db):
    _, error, uses = sent(trained[0], klt, quality, snr_db)
    least = bound(uses * capacity(snr_db))
    assert error.mean() + SIGMAS * standard_error(error) >= least


@pytest.mark.parametrize("quality", [0.5, 0.9])
@pytest.mark.parametrize("snr_db", [3.0, 10.0, 17.0])
def test_uncoded_transmission_is_worse_at_equal_uses(trained, klt, quality, snr_db):
    y, error, uses = sent(trained[0], klt, quality, snr_db)
    excess = uncoded(y, uses, 10 ** (-snr_db / 10)) - error
    assert excess.mean() > SIGMAS * standard_error(excess)


def test_training_learned_the_source(trained, klt):
    joint, (_, before, uses_before) = trained
    _, after, uses = sent(joint, klt, 0.5, 10.0)
    assert after.mean() + SIGMAS * standard_error(after) < before.mean()
    assert uses < uses_before
