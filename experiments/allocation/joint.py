"""How far agents are from the optima of subchannels, bits, power and bandwidth.

After the resource allocation of arXiv 2312.01081, in our reading: its split into a
deep Q-network for discrete and DDPG for continuous decisions could not be confirmed,
the accuracy is a law of ours (:mod:`experiments.allocation.downlink.qos`), and beams
are closed forms.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from rich.progress import track

from experiments.allocation.cases import CASES, FIXED_BITS, Job
from experiments.allocation.downlink.bandwidth import Users, best_bandwidths
from experiments.allocation.downlink.cell import Cell, Decision, Scenes, scenes, served
from experiments.allocation.downlink.optima import (
    chosen,
    corrected,
    equally,
    exhaustive,
    hungarian,
    searched_shares,
)
from experiments.allocation.downlink.placing import (
    by_exponents,
    greedy,
    own_subchannels,
    random_placement,
    random_shares,
    tuned_bits,
    tuned_exponents,
)
from experiments.allocation.learned import Weights, divided_by, placed_by
from experiments.allocation.learning import learnt
from experiments.allocation.power.draws import generator
from experiments.allocation.results import Row

OPTIMUM = "optimum"
CSV, FIGURE = "joint.csv", "joint.png"


class Setup(NamedTuple):
    """Size of the study.

    seeds : number of seeds, each with its own training and test draws
    steps : gradient steps of each agent
    draws : test draws of each seed and case, and draws that tune heuristics
    """

    seeds: int = 5
    steps: int = 2500
    draws: int = 256


QUICK = Setup(seeds=2, steps=20, draws=16)


class Test(NamedTuple):
    """A case for one seed.

    cell : its cell
    scene, tuning : draws of the test, and of the training of heuristics
    seed : root of random policies
    weights : of the agents, by name
    """

    cell: Cell
    scene: Scenes
    tuning: Scenes
    seed: int
    weights: Mapping[str, Weights]


def study(setup: Setup) -> list[Row]:
    """Gaps of all policies, by case and seed."""
    seeds = list(range(setup.seeds))
    agents = learnt(Job(list(CASES), seeds, setup.steps))
    rows = []
    for case, cell in CASES.items():
        for seed in track(seeds, case, transient=True):
            parts = {n.split()[1]: w for n, w in agents[seed].items() if case in n}
            draws = (
                scenes(generator(seed, f"{case} {role}"), setup.draws, cell)
                for role in ("test", "tuning")
            )
            rows += _rows(case, Test(cell, *draws, seed, parts))
    return rows


def run(setup: Setup, folder: Path) -> tuple[list[Row], list[Path]]:
    """Run the study; write CSV and figure into a folder."""
    from experiments.allocation.figures import draw_joint
    from experiments.allocation.results import write_rows

    rows = study(setup)
    paths = [write_rows(rows, folder / CSV), draw_joint(rows, folder / FIGURE)]
    return rows, paths


def subchannels(test: Test) -> dict[str, Decision]:
    """Subchannels and bits; powers and bandwidths are equal, and one antenna."""
    scene, cell = test.scene, test.cell
    rng = generator(test.seed, "subchannels random")
    bits = tuned_bits(test.tuning, cell)
    return {
        "random": equally(*random_placement(scene, cell, rng)),
        "own subchannel, tuned bits": equally(*own_subchannels(scene, bits)),
        "greedy": greedy(scene, cell),
        "dqn": equally(*placed_by(test.weights["dqn"], scene, cell)),
        OPTIMUM: hungarian(scene, cell),
    }


def bandwidth(test: Test) -> dict[str, Decision]:
    """Bandwidths; subchannels, bits and powers are fixed, and one antenna."""
    scene, cell = test.scene, test.cell
    rng = generator(test.seed, "bandwidth random")
    fixed, tuning = (own_subchannels(s, FIXED_BITS) for s in (scene, test.tuning))
    tuned = tuned_exponents(test.tuning, cell, tuning, keep_bits=True, powers=False)
    even = equally(*fixed)
    strength = chosen(scene.gain, fixed.subchannel) / cell.users
    best = best_bandwidths(Users(fixed.bits, scene.features, strength), cell.needs)
    return {
        "random": random_shares(fixed, rng, powers=False),
        "equal": even,
        "tuned exponents": by_exponents(scene, cell, tuned, fixed, keep_bits=True),
        "ddpg": divided_by(test.weights["ddpg"], scene, cell, fixed),
        OPTIMUM: even._replace(bandwidth=best),
    }


def joint(test: Test) -> dict[str, Decision]:
    """Everything at once, with several antennas and two users."""
    scene, cell = test.scene, test.cell
    rng = generator(test.seed, "joint random")
    bits = tuned_bits(test.tuning, cell)
    near, tuning = greedy(scene, cell), greedy(test.tuning, cell)
    tuned = tuned_exponents(test.tuning, cell, tuning, keep_bits=False, powers=True)
    placed = placed_by(test.weights["dqn"], scene, cell)
    shared = divided_by(test.weights["ddpg"], scene, cell, placed)
    random = random_placement(scene, cell, rng)
    return {
        "random": random_shares(random, rng, powers=True),
        "equal shares, tuned bits": equally(*own_subchannels(scene, bits)),
        "greedy, equal shares": near,
        "greedy, tuned exponents": by_exponents(
            scene, cell, tuned, near, keep_bits=False
        ),
        "dqn, equal shares": equally(*placed),
        "dqn and ddpg": shared,
        "dqn and ddpg, best bits after": corrected(scene, cell, shared),
        "subchannels of dqn, rest optimal": searched_shares(
            scene, cell, placed.subchannel
        ),
        OPTIMUM: exhaustive(scene, cell),
    }


PLAYED = {"subchannels": subchannels, "bandwidth": bandwidth, "joint": joint}


def _rows(case: str, test: Test) -> list[Row]:
    """Rows of all policies of a case."""
    cell = test.cell
    qos = {
        name: float(served(test.scene, decision, cell.needs).mean()) / cell.users
        for name, decision in PLAYED[case](test).items()
    }
    return [
        Row(case, cell.users, cell.snr_db, name, test.seed, value, gap)
        for name, value in qos.items()
        for gap in [100 * (1 - value / qos[OPTIMUM])]
    ]
