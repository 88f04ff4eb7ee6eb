"""A network that shares a total power among any number of users.

Each user passes through the same layers, which also see the mean over users. So the
shares of permuted users are the permuted shares (deep sets), and one set of weights
serves any K.

References
----------
M. Zaheer et al., "Deep sets", arXiv 1703.06114, 2017.
"""

import keras
import numpy as np
from keras import ops

from experiments.allocation.power.draws import Draws, drawn
from experiments.allocation.power.features import FEATURES, features
from experiments.allocation.power.policies import Policy, equal
from experiments.allocation.power.water_filling import weighted_distortion

WIDTH, ROUNDS = 32, 3
TRAINED_USERS = (4, 5, 6, 7, 8)
TRAINED_SNRS_DB = (-3.0, 23.0)
BATCH = 256


def make_network() -> keras.Model:
    """A network from features [B, K, 2] to shares [B, K], for any K."""
    seen = keras.Input((None, FEATURES))
    hidden = keras.layers.Dense(WIDTH, "relu")(seen)
    for _ in range(ROUNDS - 1):
        others = ops.mean(hidden, axis=1, keepdims=True)
        own = keras.layers.Dense(WIDTH)(hidden)
        hidden = ops.relu(own + keras.layers.Dense(WIDTH, use_bias=False)(others))
    scores = keras.layers.Dense(1)(hidden)[..., 0]
    return keras.Model(seen, ops.softmax(scores, axis=-1))


def policy_of(network: keras.Model) -> Policy:
    """The policy of a network."""

    def policy(draws: Draws) -> np.ndarray:
        shares = np.asarray(network.predict_on_batch(features(draws)), np.float64)
        return draws.total * shares / shares.sum(axis=-1, keepdims=True)

    return policy


def trained(rng: np.random.Generator, seed: int, steps: int) -> keras.Model:
    """Train a network by the gradient of the expected weighted distortion.

    The distortion of a draw is divided by that of equal power, so that draws of all
    SNRs count. A step has one number of users and one SNR for each draw.

    Parameters
    ----------
    rng : generator of the training draws
    seed : of the initial weights
    steps : number of gradient steps
    """
    keras.utils.set_random_seed(seed)
    network = make_network()
    rate = keras.optimizers.schedules.CosineDecay(5e-3, steps)
    network.compile(keras.optimizers.Adam(rate), loss=_loss, jit_compile=False)
    for step in range(steps):
        users = TRAINED_USERS[step % len(TRAINED_USERS)]
        snr_db = rng.uniform(*TRAINED_SNRS_DB, (BATCH, 1))
        draws = drawn(rng, BATCH, users, snr_db)
        network.train_on_batch(features(draws), _problem(draws))
    return network


def _problem(draws: Draws) -> np.ndarray:
    """What the loss needs of each user, weight and noise : [B, K, 2], float32."""
    scale = weighted_distortion(draws.weight, draws.noise, equal(draws))
    weight = draws.weight / scale[:, None]
    return np.stack([weight, draws.noise], axis=-1).astype(np.float32)


def _loss(problem, shares):
    """Weighted distortion of each draw, over that of equal power : [B]."""
    weight, noise = problem[..., 0], problem[..., 1]
    power = shares * ops.cast(ops.shape(shares)[-1], shares.dtype)
    return ops.sum(weight * noise / (noise + power), axis=-1)
