"""``python -m experiments.allocation.agents JOB FILE``: trains agents, writes weights.

JOB is a :class:`experiments.allocation.cases.Job` in JSON, FILE an npz file. The caller
chooses Keras 2 by the environment.
"""

import json
import sys
from collections.abc import Callable, Mapping
from functools import partial

import experiments.__main__  # noqa: F401  # first, for threads and rounding

# isort: split
import numpy as np

from experiments.allocation.agents import ddpg, dqn, sac
from experiments.allocation.cases import CASES, FIXED_BITS, POWER, Job
from experiments.allocation.downlink.cell import BANDWIDTH, Cell, Scenes, served
from experiments.allocation.downlink.episodes import Placed
from experiments.allocation.downlink.optima import chosen
from experiments.allocation.downlink.placing import (
    greedy,
    mixed,
    own_subchannels,
    random_placement,
)
from experiments.allocation.downlink.qos import quality
from experiments.allocation.learned import Weights, divided_by, placed_by
from experiments.allocation.power.draws import generator

Networks = Mapping[str, Weights]


def power(seed: int, steps: int) -> Networks:
    """SAC for the power of users with importance."""
    return {"sac": sac.learnt(seed, steps, generator(seed, "sac"))}


def subchannels(seed: int, steps: int) -> Networks:
    """DQN for subchannels and bits, at equal powers and bandwidths."""
    cell = CASES["subchannels"]

    def reward(scene: Scenes, placed: Placed, step: int) -> np.ndarray:
        gain = chosen(scene.gain[:, [step]], placed.subchannel[:, [step]])[:, 0]
        parts = placed.bits[:, step], scene.features[:, step]
        return quality(*parts, BANDWIDTH / cell.users, gain, cell.needs)

    return {"dqn": dqn.learnt(cell, reward, seed, steps, generator(seed, "dqn"))}


def bandwidth(seed: int, steps: int) -> Networks:
    """DDPG for bandwidths, at fixed subchannels, bits and powers."""
    rng, cell = generator(seed, "ddpg"), CASES["bandwidth"]

    def fixed(scene: Scenes) -> Placed:
        return own_subchannels(scene, FIXED_BITS)

    return {"ddpg": ddpg.learnt(cell, fixed, seed, steps, rng, powers=False)}


def joint(seed: int, steps: int) -> Networks:
    """DQN and DDPG in turn: shares, placements for them, shares for those."""
    rng, cell = generator(seed, "joint"), CASES["joint"]
    some = partial(_some, cell=cell, rng=rng)
    first = ddpg.learnt(cell, some, seed, steps // 2 + 1, rng, powers=True)

    def reward(scene: Scenes, placed: Placed, step: int) -> np.ndarray:
        if step < cell.users - 1:
            return np.zeros(len(scene.features))
        return served(scene, divided_by(first, scene, cell, placed), cell.needs)

    chooser = dqn.learnt(cell, reward, seed, steps, rng)

    def chosen_ones(scene: Scenes) -> Placed:
        ours = placed_by(chooser, scene, cell)
        return mixed([ours, ours, some(scene)], rng)

    second = ddpg.learnt(cell, chosen_ones, seed, steps, rng, powers=True)
    return {"dqn": chooser, "ddpg": second}


def _some(scene: Scenes, cell: Cell, rng: np.random.Generator) -> Placed:
    """Placements to learn shares from: greedy ones and random ones, of few bits."""
    best, random = greedy(scene, cell), random_placement(scene, cell, rng)
    few = rng.integers(2, 4, random.bits.shape)
    places = best.subchannel, best.subchannel, random.subchannel
    return mixed([Placed(place, few) for place in places], rng)


STUDIES: Mapping[str, Callable[[int, int], Networks]] = {
    POWER: power,
    "subchannels": subchannels,
    "bandwidth": bandwidth,
    "joint": joint,
}


def main(job: Job, path: str) -> None:
    """Train for all seeds and write the weights as SEED/STUDY NETWORK/NUMBER."""
    arrays = {
        f"{seed}/{study} {name}/{number}": array
        for seed in job.seeds
        for study in job.studies
        for name, weights in STUDIES[study](seed, job.steps).items()
        for number, array in enumerate(weights)
    }
    np.savez(path, **arrays)


if __name__ == "__main__":
    main(Job(**json.loads(sys.argv[1])), sys.argv[2])
