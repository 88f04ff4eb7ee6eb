"""Gain of an agent at equal CBR, on held-out crops.

A policy may simply spend more. Its PSNR is therefore compared with that of presets,
interpolated over ``eta`` to the dimensions that it spent.
"""

from functools import partial
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from blocks.nn import policy
from blocks.nn.jscc import nominal_eta
from experiments.policies.environment import Conditions, Environment, Outcome, Scene
from experiments.training.validation import BATCH
from semlink.graph import compiled

POINTS = ((4.0, 0.5), (10.0, 0.6), (20.0, 0.7))  # Es/N0 [dB] and quality
ETAS = (0.6, 0.8, 1.0, 1.25, 1.6)  # eta of the presets, over the nominal one
NOMINAL = ETAS.index(1.0)
SEED = (7, 7)


class Point(NamedTuple):
    """Crops at one SNR, and the results of the presets.

    scenes : scenes at the nominal eta
    log_dimensions, psnr_db : [5], of the presets
    """

    snr_db: float
    scenes: list[Scene]
    log_dimensions: np.ndarray
    psnr_db: np.ndarray


class Validation:
    """Fixed crops at three SNRs.

    Parameters
    ----------
    environment : environment of the agent
    images : [N, H, W, 3], uint8
    contexts : [N, D], float32
    """

    def __init__(self, environment: Environment, images, contexts):
        self._reset = compiled(environment.reset, level="graph", name="kb.reset")
        self._policy = policy.Policy()
        self._policy.build()
        act = partial(act_on, environment, self._policy)
        self._act = compiled(act, level="graph", name="kb.act")
        self._points = [self._point(images, contexts, *point) for point in POINTS]

    def __call__(self, agent: policy.Policy) -> dict[str, float]:
        """PSNR of its likeliest actions, minus the presets' at equal CBR [dB]."""
        self._policy.set_weights(agent.get_weights())
        return {f"gain_{p.snr_db:g}dB": self._gain(p) for p in self._points}

    def _gain(self, point: Point) -> float:
        outcomes = [self._act(scene) for scene in point.scenes]
        spent, psnr_db = summary(outcomes)
        return float(
            psnr_db - np.interp(np.log(spent), point.log_dimensions, point.psnr_db)
        )

    def _point(self, images, contexts, snr_db: float, quality: float) -> Point:
        scenes = [self._scenes(images, contexts, snr_db, quality, eta) for eta in ETAS]
        presets = sorted(summary([s.preset for s in same]) for same in scenes)
        spent, psnr_db = np.array(presets).T
        return Point(snr_db, scenes[NOMINAL], np.log(spent), psnr_db)

    def _scenes(self, images, contexts, snr_db, quality, eta) -> list[Scene]:
        height, width = (n // 16 for n in images.shape[1:3])
        scenes = []
        for i in range(0, len(images), BATCH):
            part = images[i : i + BATCH]
            fading_db = np.zeros((len(part), height, width), np.float32)
            values = quality, eta * nominal_eta(snr_db), snr_db
            at = Conditions(*map(np.float32, values), fading_db)
            scenes.append(self._reset(part, contexts[i : i + BATCH], at, SEED))
        return scenes


def act_on(environment: Environment, agent: policy.Policy, scene: Scene) -> Outcome:
    """Outcome of a scene under an agent's likeliest actions."""

    return environment.step(scene, actions(environment, agent, scene))


def actions(environment: Environment, agent: policy.Policy, scene: Scene):
    """An agent's likeliest actions : [B, h, w], int32."""

    def see(previous):
        return tf.cast(environment.observe(scene, previous), tf.float64)

    return agent.actions(see, scene.level)


def summary(outcomes) -> tuple[float, float]:
    """Mean dimensions per position, and mean PSNR of the pictures [dB]."""
    error = np.concatenate([o.error.numpy() for o in outcomes])
    spent = np.concatenate([o.dimensions.numpy() for o in outcomes])
    mean = error.mean(axis=(1, 2)) / (3 * 16**2)
    return float(spent.mean()), float(np.mean(-10 * np.log10(mean)))
