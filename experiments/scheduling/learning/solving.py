"""``python -m experiments.scheduling small``: schedulers beside the optimum."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from experiments.figures.canvas import save
from experiments.scheduling.asked import Small, at_least, folder, one_of
from experiments.scheduling.exact import value_of
from experiments.scheduling.learning.multiplier import RULES
from experiments.scheduling.rating import Judge, shipped
from experiments.scheduling.tables import shown, write

TABLE, PATHS = "small.csv", "multiplier.png"
LEARNT = "PPO-Lagrangian"


def small(asked: Small) -> None:
    """Rate all schedulers, train policies, and write a table and a figure.

    Raises
    ------
    InputError
        An option is invalid.
    """
    at_least("seeds", asked.seeds, 0)
    at_least("transitions", asked.transitions, 1)
    one_of("rule", asked.rule, RULES)
    output, judge = folder(asked.output), Judge()
    best = judge.best.value
    rows = [*shipped(judge), judge.values("optimum", np.array([best]))]
    write(output / TABLE, rows)
    values, paths = [], []
    for seed in range(1, asked.seeds + 1):
        policy, path = _learnt(asked, seed)
        values.append(value_of(judge.problem, policy))
        paths.append(path)
        rows.append(judge.policy(f"{LEARNT}, seed {seed}", policy))
        write(output / TABLE, rows)
        _draw(paths, judge.best.multiplier, judge.problem.limit, output / PATHS)
        print(f"seed {seed}: score {rows[-1].score:.4f}", flush=True)
    if values:
        rows.append(judge.values(f"{LEARNT}, {len(values)} seeds", np.array(values)))
        write(output / TABLE, rows)
    shown("small problem, means of a slot", rows)


def _learnt(asked: Small, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A learned policy, and the path of its multiplier."""
    from experiments.scheduling.learning.small_policy import learnt

    return learnt(seed, asked.transitions, asked.rule)


def _draw(paths: Sequence[np.ndarray], optimal: float, limit: float, path: Path):
    """Draw multiplier and loss of each batch of all trainings."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained", dpi=120)
    for seed, of in enumerate(paths, 1):
        axes[0].plot(of[:, 0], label=f"seed {seed}", linewidth=1)
        axes[1].plot(of[:, 1], linewidth=1)
    axes[0].axhline(optimal, color="k", linestyle="--", label="optimum")
    axes[1].axhline(limit, color="k", linestyle="--")
    axes[0].set_title("multiplier", fontsize=9)
    axes[1].set_title("lost frames of the urgent user in a slot", fontsize=9)
    axes[1].set_ylim(0, 5 * limit)
    for place in axes:
        place.set_xlabel("batches")
        place.grid(alpha=0.3)
    axes[0].legend(fontsize=7)
    return save(figure, path)
