"""How near orchestrators come to the best in hindsight, on three mixes of traffic.

``python -m experiments.studies.cloud.orchestration --seeds 5``
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from blocks.orchestrating import foresees, orchestrator
from experiments.studies.cloud.services import SNRS_DB, shipped, worth
from experiments.studies.cloud.traffic import MIXES, traffic
from semlink.errors import InputError
from semlink.loop.cloud import Budgets, Cloud, Needs
from semlink.loop.epochs import Outcome, net, play
from semlink.sweeps.monitor import interval

MEMORY = (12.0, 16.0, 24.0, 32.0)  # of the edges [MB]
AGENTS = ("random", "static", "greedy", "oracle")


class Setup(NamedTuple):
    """What the study is made with.

    budgets : of the edges
    epochs : of training, and as many of the test
    seeds : number of seeds
    """

    budgets: Budgets
    epochs: int = 24
    seeds: int = 5


class Played(NamedTuple):
    """A course of traffic under an orchestrator.

    share : of the net utility of the best in hindsight
    total : the same of all utility, that without services included
    moved : over the backhaul [MB an epoch]
    room : of the edges' memory that is used
    """

    share: float
    total: float
    moved: float
    room: float


def table(setup: Setup, mixes: Sequence[str] = tuple(MIXES)) -> str:
    """A table, in Markdown, of all orchestrators on all mixes.

    Raises
    ------
    InputError
        A mix is not known, or a budget breaks.
    """
    cloud = shipped()
    heads = ("mix", "orchestrator", "gain", "all utility", "MB an epoch", "memory")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for mix in mixes:
        runs = defaultdict(list)
        for seed in range(setup.seeds):
            for name, one in _played(cloud, setup, mix, seed).items():
                runs[name].append(one)
        lines += [f"| {mix} | `{name}` | {_cells(own)} |" for name, own in runs.items()]
    return "\n".join(lines)


def inventory(cloud: Cloud) -> str:
    """A table, in Markdown, of items, and of the services that need them."""
    lines = ["| item | kind | MB | SHA-256 | needed by |", "|---" * 5 + "|"]
    for one, item in cloud.items.items():
        users = [name for name, needs in cloud.services.items() if one in needs]
        size = f"{item.size / 1e6:.2f}"
        cells = (f"`{item.name}`", item.kind, size, one[:12], ", ".join(users))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _played(cloud: Cloud, setup: Setup, mix: str, seed: int) -> dict[str, Played]:
    """All orchestrators on one course of traffic."""
    known, budgets = worth(), setup.budgets
    edges = [
        {name: by_snr[SNRS_DB[e % len(SNRS_DB)]] for name, by_snr in known.items()}
        for e in range(len(budgets.memory))
    ]
    course = traffic(mix, seed, 2 * setup.epochs, edges)
    training, test = course[: setup.epochs], course[setup.epochs :]
    best = orchestrator("oracle").learn(cloud, budgets, test)
    played = {}
    for name in AGENTS:
        agent = orchestrator(name)
        memory = best if foresees(name) else agent.learn(cloud, budgets, training)
        outcomes = play(agent, cloud, budgets, test, memory, seed)
        played[name] = _judged(cloud, budgets, outcomes, best.bound, test)
    return played


def _judged(
    cloud: Cloud,
    budgets: Budgets,
    outcomes: Sequence[Outcome],
    bound: float,
    test: Sequence[Needs],
) -> Played:
    value, epochs = net(outcomes), len(outcomes)
    floor = sum(need.requests * need.without for needs in test for need in needs)
    moved = sum(one.moved.of(direction="backhaul") for one in outcomes)
    used = sum(cloud.size(held) for one in outcomes for held in one.held)
    room = used / epochs / sum(budgets.memory)
    total = (floor + value) / (floor + bound)
    return Played(value / bound, total, moved / epochs / 1e6, room)


def _cells(own: Sequence[Played]) -> str:
    """Means with 95 % intervals over seeds."""
    values = np.array(own)
    widths = [interval(np.stack([v, np.ones_like(v)], axis=1), False) for v in values.T]
    pairs = list(zip(values.mean(axis=0), widths, strict=True))
    shares = [f"{mean:.3f} ±{width:.3f}" for mean, width in pairs[:2]]
    return " | ".join([*shares, f"{pairs[2][0]:.1f}", f"{pairs[3][0]:.2f}"])


def main(words: Sequence[str]) -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=24, help="of training and test")
    parser.add_argument(
        "--memory", type=float, nargs="+", default=MEMORY, help="of each edge [MB]"
    )
    parser.add_argument("--backhaul", type=float, default=24.0, help="an epoch [MB]")
    parser.add_argument("--price", type=float, default=0.1, help="utility a MB")
    given = parser.parse_args(words)
    for name in ("seeds", "epochs", "backhaul"):
        if not getattr(given, name) > 0:
            raise InputError(f"{name} must be above 0, got {getattr(given, name):g}")
    memory = tuple(int(one * 1e6) for one in given.memory)
    budgets = Budgets(memory, int(given.backhaul * 1e6), given.price / 1e6)
    print(inventory(shipped()))
    print()
    print(table(Setup(budgets, given.epochs, given.seeds)))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except InputError as error:
        sys.exit(f"error: {error}")
