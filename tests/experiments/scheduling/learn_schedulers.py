"""PPO-Lagrangian where Keras is what TF-Agents needs: run as a program."""

import os
import sys
from pathlib import Path

os.environ |= {"TF_USE_LEGACY_KERAS": "1", "KERAS_BACKEND": "tensorflow"}

import numpy as np

from blocks.schedulers.ppo_lagrangian import FORMS, GRANTS, chosen
from experiments.scheduling import small, traffic
from experiments.scheduling.asked import Train
from experiments.scheduling.cells import Cells
from experiments.scheduling.exact import constrained, score, value_of
from experiments.scheduling.learning import small_policy
from experiments.scheduling.learning.cell_policy import exported, learner
from experiments.scheduling.learning.heads import Heads
from experiments.scheduling.learning.small_policy import learnt
from experiments.scheduling.learning.training import episodes, played


def small_problem() -> dict:
    """Scores of a short training, and whether it repeats."""
    problem = small.problem()
    best = constrained(problem).value.reward
    worst = value_of(problem, small.random_policy()).reward
    first, again = learnt(1, 150_000), learnt(1, 150_000)
    long = value_of(problem, learnt(2, 2_000_000).policy)
    return {
        "first": first.policy,
        "again": again.policy,
        "reward": score(long.reward, worst, best),
        "cost": long.cost / problem.limit,
        "path": first.path,
    }


def acting() -> dict:
    """What is drawn from a table of scores, beside the agent's own policy."""
    agent = small_policy.learner(5)
    net = agent.agent.actor_net
    rng = np.random.default_rng(6)
    net.set_weights([rng.normal(0, 0.5, of.shape) for of in net.get_weights()])
    scores = small_policy.scores_of(agent)
    course = small.Course(small_policy.COURSES, 0)
    steps, *_ = small_policy.played(scores, course, np.random.default_rng(7))
    state, action, kept = (
        np.concatenate(of)
        for of in zip(
            *((s, a, k["dist_params"]["logits"]) for s, a, k in steps), strict=True
        )
    )
    _, theirs = agent.act(state, (0, 0))
    return {
        "state": state,
        "action": action,
        "kept": kept,
        "theirs": theirs["dist_params"]["logits"],
        "scores": by_hand(net.get_weights()),
    }


def by_hand(weights: list[np.ndarray]) -> np.ndarray:
    """Scores of all states by the layers' weights : [S, A]."""
    found = small_policy.seen(small.parts(np.arange(small.STATES)))
    for kernel, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        found = np.tanh(found @ kernel + bias)
    return found @ weights[-2] + weights[-1]


def of_form(form: str) -> dict:
    """Outputs of an actor after a batch and of its export, for two counts of users."""
    environment = episodes(Train(Path("."), form=form, users=4))
    environment.reset()
    agent = learner(environment, form, 3)
    before = agent.weights
    steps, (reward, cost), beside = played(agent, environment, 1, 0)
    agent.learn(steps, reward.astype(np.float32), 1.0, 0)
    cells = Cells(traffic.cell(4, 20))
    seen = cells.reset(range(5))
    actor, _ = agent.agent.actor_net(seen)
    ours = exported(agent, form)(seen.astype(np.float64)).numpy()
    ours = chosen(ours) if form == GRANTS else ours
    moved = max(np.abs(a - b).max() for a, b in zip(before, agent.weights, strict=True))
    return {
        "actor": actor.mode().numpy(),
        "exported": ours.reshape(len(seen), -1),
        "moved": moved,
        "cost": cost,
        "beside": beside,
    }


def heads() -> dict:
    """What a distribution of actions draws, and how probable it says that it is."""
    rng = np.random.default_rng(8)
    outputs = rng.normal(0, 1, (3, 2, FORMS[GRANTS])).astype(np.float32)
    spread = rng.uniform(0.1, 0.5, (3, 2, 2)).astype(np.float32)
    asks = np.array([[1, 1], [1, 0], [0, 0]], np.float32)
    of = Heads(outputs, spread, asks)
    drawn = of.sample(4_000, seed=(1, 2))
    return {
        "heads outputs": outputs,
        "heads spread": spread,
        "heads drawn": drawn.numpy(),
        "heads chance": of.log_prob(drawn[:5]).numpy(),
        "heads mode": of.mode().numpy(),
    }


def main(path: Path) -> None:
    found = small_problem() | acting() | heads()
    for form in FORMS:
        found |= {f"{form} {name}": value for name, value in of_form(form).items()}
    np.savez(path, **found)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
