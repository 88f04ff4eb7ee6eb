"""Trains the channel knowledge base; resumes interrupted runs."""

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from blocks.importances import Importance, importance, weights_of
from blocks.learned.weights_folder import WEIGHTS, read_codec
from blocks.nn.codec import FINEST_QUALITY
from blocks.nn.jscc import TRAINED_SNRS_DB, nominal_eta
from blocks.nn.weights import write_weights
from experiments.policies import ppo
from experiments.policies.asked import Recipe
from experiments.policies.environment import (
    Conditions,
    Environment,
    block_fading_db,
)
from experiments.policies.learning import FIGURE, STAGE, draw_learning
from experiments.policies.validation import Validation
from experiments.training import state
from experiments.training.crops import crop
from experiments.training.log import log
from experiments.training.photos import few, held_out, photos_of_run
from experiments.training.recipe import claim, contexts_of
from experiments.training.state import Progress
from experiments.training.validation import fixed_crops
from semlink.graph import compiled
from semlink.signals import IMAGE, Sample

FADING_SHARE, FADED_POSITIONS = 0.3, 32  # share of batches; positions of a fade
QUALITIES = (0.15, FINEST_QUALITY)
ETA_SPREAD = 0.3  # half width of the range of log eta
HIGHEST_DB = TRAINED_SNRS_DB[1]
# A grid of prices over SNR and quality; the initial prices depend on the SNR.
PRICES = (4, 3)
FIRST_PRICES = 2.0, 0.12  # dB, and dB per dB
PRICE_RATE = 0.3
EPISODES = 2  # per scene


class Draw(NamedTuple):
    """Random parameters of an episode.

    image, context, at, seed : parameters of its scene
    cell : cell of its price
    """

    image: np.ndarray
    context: np.ndarray
    at: Conditions
    seed: np.ndarray
    cell: tuple[int, int]


def train(folder: Path, recipe: Recipe, note: Callable) -> None:
    """Train from the state in the folder to the end of the recipe.

    Raises
    ------
    ValueError
        The folder holds a run of another recipe, or the data is invalid.
    """
    trainer = Trainer(recipe)
    claim(folder, recipe)  # after all checks of the options
    if warning := few(trainer.num_photos, recipe.iterations * recipe.pictures):
        print(warning, file=sys.stderr, flush=True)
    done = state.progress(folder)
    if done:
        state.restore(folder, trainer.variables)
    for first in range(done.epoch if done else 0, recipe.iterations, recipe.every):
        began, last = time.monotonic(), min(first + recipe.every, recipe.iterations)
        row = trainer.play(range(first, last))
        state.save(folder, Progress(STAGE, last), trainer.variables)
        net = ppo.exported(trainer.agent)
        write_weights(folder / WEIGHTS, net, "float32")
        row |= trainer.validate(net)
        seconds = time.monotonic() - began
        row = {"stage": STAGE, "epoch": last, "seconds": seconds, **row}
        log(folder, row, step=last)
        draw_learning([folder], folder / FIGURE)
        note(row, left=seconds * (recipe.iterations - last) / recipe.every)


class Trainer:
    """Environment, agent and prices.

    Parameters
    ----------
    recipe : options of the run
    """

    def __init__(self, recipe: Recipe):
        codec, photos = read_codec(Path(recipe.weights)), photos_of_run(recipe.data)
        contexts = contexts_of(codec, recipe.contexts, photos.names)
        if contexts is None:
            contexts = np.zeros((len(photos), 0), np.float32)
        self.num_photos = len(photos)
        self._recipe, self._importance = recipe, importance(recipe.importance)
        first = held_out(len(photos))
        self._photos, self._contexts = photos[first:], contexts[first:]
        environment = Environment(codec)
        images, source = fixed_crops(photos[:first])
        self.validate = Validation(environment, images, contexts[source])
        self._rate = tf.Variable(recipe.learning_rate, trainable=False)
        self.agent = ppo.make_agent(self._rate, recipe.seed)
        self._prices = tf.Variable(_first_prices())
        self.variables = ppo.variables_of(self.agent) | {"prices": self._prices}

        def episode(image, context, at, seed, price):
            scene = environment.reset(image, context, at, seed)
            seeds = tf.random.experimental.stateless_split(seed + 1, EPISODES)
            played = [
                ppo.play(environment, self.agent, scene, price, seeds[i])
                for i in range(EPISODES)
            ]
            paths, came_to = zip(*played, strict=True)
            join, mean = partial(tf.concat, axis=0), tf.reduce_mean
            return (
                tf.nest.map_structure(lambda *t: join(t), *paths),
                tf.nest.map_structure(lambda *t: mean(t), *came_to),
            )

        self._episode = compiled(episode, level="graph", name="kb.episode")

    def play(self, iterations: range) -> dict[str, float]:
        """Train on some episodes; return the means of their results."""
        rows = [self._iterate(iteration) for iteration in iterations]
        names = (*ppo.Episode._fields, "loss", "price")
        return dict(zip(names, map(float, np.mean(rows, axis=0)), strict=True))

    def _iterate(self, iteration: int) -> list[float]:
        draw = _draw(self._recipe, iteration, self._photos, self._contexts)
        if self._importance:
            weight = weights_in(draw.image, self._importance)
            draw = draw._replace(at=draw.at._replace(weight=weight))
        price = self._prices[draw.cell]
        trajectory, episode = self._episode(*draw[:4], price)
        left = 1 - iteration / self._recipe.iterations
        self._rate.assign(left * self._recipe.learning_rate)
        loss = self.agent.train(trajectory).loss
        # a Lagrange multiplier: it rises if more is spent than by the presets
        price = price * tf.exp(PRICE_RATE * (episode.spent - 1))
        self._prices.scatter_nd_update([draw.cell], [price])
        return [*map(float, episode), float(loss), float(price)]


def _draw(recipe: Recipe, iteration: int, photos, contexts) -> Draw:
    """Random parameters of an episode, a pure function of seed and number."""
    rng = np.random.default_rng((recipe.seed, iteration))
    chosen = rng.integers(len(photos), size=recipe.pictures)
    image = np.stack([crop(photos[i], recipe.crop, rng) for i in chosen])
    snr_db, quality = rng.uniform(*TRAINED_SNRS_DB), rng.uniform(*QUALITIES)
    eta = nominal_eta(snr_db) * np.exp(rng.uniform(-ETA_SPREAD, ETA_SPREAD))
    shape = (recipe.pictures, recipe.crop // 16, recipe.crop // 16)
    fading_db = np.zeros(shape, np.float32)
    if rng.random() < FADING_SHARE:
        fading_db = block_fading_db(rng, shape, FADED_POSITIONS)
    at = Conditions(*map(np.float32, (quality, eta, snr_db)), fading_db)
    place = snr_db / HIGHEST_DB, (quality - QUALITIES[0]) / np.ptp(QUALITIES)
    cell = tuple(int(n * p) for n, p in zip(PRICES, place, strict=True))
    seed = rng.integers(0, 2**31 - 1, 2, np.int32)
    return Draw(image, contexts[chosen], at, seed, cell)


def weights_in(images: np.ndarray, matters: Importance) -> np.ndarray:
    """Weights of the positions of pictures, one on average in each.

    Input
    -----
    images : [B, H, W, 3], uint8

    Output
    ------
    : [B, H / 16, W / 16], float32
    """
    weight = np.stack([weights_of(matters(_sample(image))) for image in images])
    return np.float32(weight / weight.mean(axis=(1, 2), keepdims=True))


def _sample(image: np.ndarray) -> Sample:
    return Sample(image, IMAGE, image.size, 0, "crop")


def _first_prices() -> np.ndarray:
    """Gain of a picture by an e-fold of dimensions [dB] : [4, 3], float32."""
    snr_db = HIGHEST_DB * (np.arange(PRICES[0]) + 0.5) / PRICES[0]
    price = FIRST_PRICES[0] + FIRST_PRICES[1] * snr_db
    return np.broadcast_to(price[:, None], PRICES).astype(np.float32)
