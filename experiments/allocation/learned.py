"""Policies of trained agents, from their weights."""

from collections.abc import Sequence

import numpy as np

from experiments.allocation.downlink.cell import Cell, Decision, Scenes
from experiments.allocation.downlink.episodes import (
    Placed,
    allowed,
    bounded,
    divide,
    dividing_view,
    nothing,
    place,
    placing_view,
)
from experiments.allocation.nets import deep_set, perceptron
from experiments.allocation.power.draws import Draws
from experiments.allocation.power.features import SHARPNESS, features
from experiments.allocation.power.policies import Policy

Weights = Sequence[np.ndarray]


def placed_by(weights: Weights, scene: Scenes, cell: Cell) -> Placed:
    """Subchannels and bits by a deep Q-network, the best allowed ones at each step."""
    placed = nothing(len(scene.features), cell)
    for step in range(cell.users):
        values = perceptron(weights, placing_view(scene, cell, placed, step))
        best = np.where(allowed(placed, cell), values, -np.inf).argmax(axis=1)
        placed = place(placed, step, best)
    return placed


def divided_by(weights: Weights, scene: Scenes, cell: Cell, placed: Placed) -> Decision:
    """Shares of an actor of DDPG."""
    scores = perceptron(weights, dividing_view(scene, cell, placed))
    return divide(placed, bounded(scores, cell.users))


def shared_by(weights: Weights) -> Policy:
    """The policy of an actor of SAC: the most likely action."""

    def policy(draws: Draws) -> np.ndarray:
        action = np.tanh(deep_set(weights, features(draws))[..., 0])
        shares = np.exp(SHARPNESS * action)
        return draws.total * shares / shares.sum(axis=1, keepdims=True)

    return policy
