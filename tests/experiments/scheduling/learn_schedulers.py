"""PPO-Lagrangian where Keras is what TF-Agents needs: run as a program."""

import os
import sys
from pathlib import Path

os.environ |= {"TF_USE_LEGACY_KERAS": "1", "KERAS_BACKEND": "tensorflow"}

import numpy as np

from blocks.schedulers.ppo_lagrangian import FORMS
from experiments.scheduling import small, traffic
from experiments.scheduling.asked import Train
from experiments.scheduling.cells import Cells
from experiments.scheduling.exact import constrained, score, value_of
from experiments.scheduling.learning.cell_policy import exported, learner
from experiments.scheduling.learning.small_policy import learnt
from experiments.scheduling.learning.training import episodes, played


def small_problem() -> dict:
    """Scores of a short training, and whether it repeats."""
    problem = small.problem()
    best = constrained(problem).value.reward
    worst = value_of(problem, small.random_policy()).reward
    first, again = learnt(1, 50_000), learnt(1, 50_000)
    long = value_of(problem, learnt(2, 250_000).policy)
    return {
        "first": first.policy,
        "again": again.policy,
        "reward": score(long.reward, worst, best),
        "cost": long.cost / problem.limit,
        "path": first.path,
    }


def of_form(form: str) -> dict:
    """Outputs of an actor after a batch and of its export, for two counts of users."""
    environment = episodes(Train(Path("."), form=form, users=4))
    environment.reset()
    agent = learner(environment, form, 3)
    before = agent.weights
    steps, reward, cost = played(agent, environment, 1, 0)
    agent.learn(steps, reward.astype(np.float32), 1.0, 0)
    cells = Cells(traffic.cell(4, 20))
    seen = cells.reset(range(5))
    actor, _ = agent.agent.actor_net(seen)
    ours = exported(agent, form)(seen.astype(np.float64)).numpy()
    moved = max(np.abs(a - b).max() for a, b in zip(before, agent.weights, strict=True))
    return {
        "actor": actor.mode().numpy(),
        "exported": ours.reshape(len(seen), -1),
        "moved": moved,
        "cost": cost,
    }


def main(path: Path) -> None:
    found = small_problem()
    for form in FORMS:
        found |= {f"{form} {name}": value for name, value in of_form(form).items()}
    np.savez(path, **found)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
