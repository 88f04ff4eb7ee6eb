"""``python -m experiments.scheduling online``: adapted schedulers on drifting traffic.

A policy and a heuristic that stay as they were trained and tuned, both with a head that
goes on learning, and the best settings of the heuristic in hindsight, on traffic whose
load, channels and price change. All meet the same episodes.
"""

from itertools import product
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np

from blocks.schedulers.drift_plus_penalty import DriftPlusPenalty
from blocks.schedulers.ppo_lagrangian import SCHEME
from blocks.scheduling import scheduler
from experiments.figures.canvas import save
from experiments.scheduling import traffic
from experiments.scheduling.asked import Online, TuneOnline, at_least, even, folder
from experiments.scheduling.comparing import half_width
from experiments.scheduling.drift import BIN, PHASES, SideBySide, course
from experiments.scheduling.tables import shown, write
from semlink.errors import InputError

PRICES = (3.0, 6.0, 12.0, 24.0, 48.0, 96.0, 192.0)
URGENCIES = (0.0, 4.0, 16.0)
CENTRE = {"block": 32, "rate": 3, "share": 0.01, "kept": 0.95, "explore": 0.05}
TRIED = {  # one at a time, in place of that of the centre
    "block": (16, 32, 64),
    "rate": (1, 3, 10),
    "share": (0.002, 0.01, 0.05),
    "kept": (0.9, 0.95, 0.98),
    "explore": (0.02, 0.05, 0.1),
}
TABLE, FIGURE, TUNING = "online.csv", "online_regret.png", "tune_online.csv"
FIXED, EACH = "best fixed setting", "best setting of each phase"
OVERALL, BY_PRICE = "all", "drift_plus_penalty, v by the price"
APART = 500_000  # of seeds from those of other commands


class Priced(NamedTuple):
    """The tuned heuristic where ``v`` follows the price of the pool; learns nothing.

    v, urgency : at the price of the training traffic
    price : that price
    """

    v: float
    urgency: float
    price: float

    def __call__(self, demands, pool, memory, draws):
        """Shares of ``drift_plus_penalty``; no memory."""
        v = self.v * pool.price / self.price
        rule = DriftPlusPenalty(v, self.urgency, **SCHEME)
        return rule(demands, pool, None, None)


class Adapted(NamedTuple):
    """Means of a slot in a phase, with half widths of 95 % intervals.

    scheduler : name
    phase : name, or ``all``
    reward, cost : as of :class:`experiments.scheduling.cells.Cells`
    gain : reward less that of the tuned heuristic, paired
    """

    scheduler: str
    phase: str
    reward: float
    reward_ci95: float
    gain: float
    gain_ci95: float
    cost: float


class Learner(NamedTuple):
    """Reward and gain of a setting of the head on tuning traffic."""

    setting: str
    reward: float
    gain: float
    gain_ci95: float


def online(asked: Online) -> list[Adapted]:
    """Play all schedulers on drifting traffic; write a table and a figure of regrets.

    Raises
    ------
    InputError
        An option is invalid.
    """
    at_least("seeds", asked.seeds, 2)
    _check(asked)
    output, count = folder(asked.output), asked.seeds * asked.episodes
    base, trained = base_of(asked), f"ppo_lagrangian:{asked.policy}"
    names = [f"drift_plus_penalty[{base}]", f"online[{base}]"]
    names += [trained, f"online[policy={asked.policy}]"]
    made = [scheduler(name) for name in names]
    names.append(BY_PRICE)
    made.append(Priced(asked.v, asked.urgency, traffic.PRICE * asked.users))
    settings = list(product(PRICES, URGENCIES))
    v, urgency = np.repeat(settings, count, axis=0).T
    grid = DriftPlusPenalty(v, urgency[:, None], **SCHEME)
    parts = [*((one, count) for one in made), (grid, len(v))]
    first = traffic.TEST + APART
    total = len(parts) - 1 + len(settings)
    seeds = list(range(first, first + count)) * total
    found = course(SideBySide(parts), PHASES, seeds, asked.users, asked.slots)
    rewards, costs = (_by_scheduler(of, total, asked.seeds) for of in found)
    rows, curves = [], {}
    for name, reward, cost in _named(names, settings, rewards, costs):
        rows += [_row(name, *part) for part in _phases(reward, cost, rewards[0])]
        curves[name] = reward
        write(output / TABLE, rows)
    shown("drifting traffic, means of a slot", rows)
    print(f"figure in {_draw(curves, output / FIGURE)}")
    return rows


def base_of(asked: Online | TuneOnline) -> str:
    """Parameters of the tuned heuristic, as of the head upon it."""
    scheme = ",".join(f"{key}={str(value).lower()}" for key, value in SCHEME.items())
    return f"v={asked.v:g},urgency={asked.urgency:g},{scheme}"


def _check(asked) -> None:
    even("users", asked.users)
    at_least("episodes", asked.episodes, 1)
    if asked.slots < BIN or asked.slots % BIN:
        raise InputError(f"slots must be a multiple of {BIN}, got {asked.slots}")


def _by_scheduler(values: np.ndarray, total: int, groups: int) -> np.ndarray:
    """Means of groups of episodes : [N, S G E] -> [S, N, G]."""
    split = values.reshape(len(values), total, groups, -1)
    return np.moveaxis(split.mean(axis=-1), 1, 0)


def _named(names, settings, rewards, costs):
    """Names, rewards and costs [N, G] of all, the best settings at the end."""
    yield from zip(names, rewards, costs, strict=False)
    fixed, cost = rewards[len(names) :], costs[len(names) :]
    best = int(np.argmax(fixed.mean(axis=(1, 2))))
    v, urgency = settings[best]
    yield f"{FIXED}, v={v:g}, urgency={urgency:g}", fixed[best], cost[best]
    parts = fixed.shape[0], len(PHASES), -1, fixed.shape[-1]
    each = fixed.reshape(parts).mean(axis=(2, 3)).argmax(axis=0)
    number = np.repeat(each, fixed.shape[1] // len(PHASES))
    at = np.arange(fixed.shape[1])
    chosen = (settings[one] for one in each)
    print(f"{EACH}: {', '.join(f'({v:g}, {urgency:g})' for v, urgency in chosen)}")
    yield EACH, fixed[number, at], cost[number, at]


def _phases(reward: np.ndarray, cost: np.ndarray, tuned: np.ndarray):
    """Phases, with rewards, gains and costs of the groups : [G] each."""
    yield OVERALL, reward.mean(0), (reward - tuned).mean(0), cost.mean(0)
    for number, phase in enumerate(PHASES):
        size = len(reward) // len(PHASES)
        own = slice(number * size, (number + 1) * size)
        gain = (reward - tuned)[own].mean(0)
        yield phase.name, reward[own].mean(0), gain, cost[own].mean(0)


def _row(name: str, phase: str, reward, gain, cost) -> Adapted:
    pairs = [(float(of.mean()), float(half_width(of))) for of in (reward, gain)]
    return Adapted(name, phase, *pairs[0], *pairs[1], float(cost.mean()))


def _draw(curves: dict[str, np.ndarray], path: Path) -> Path:
    """Draw cumulative regrets to the best setting of each phase, with intervals."""
    figure, axes = plt.subplots(figsize=(8, 4), layout="constrained", dpi=120)
    best = curves[EACH]
    slots = BIN * np.arange(1, len(best) + 1)
    for name, reward in curves.items():
        if name == EACH:
            continue
        regret = BIN * np.cumsum(best - reward, axis=0)
        wide = np.array([half_width(row) for row in regret])
        middle = regret.mean(axis=1)
        (line,) = axes.plot(slots, middle, label=name, linewidth=1.2)
        axes.fill_between(
            slots, middle - wide, middle + wide, color=line.get_color(), alpha=0.15
        )
    for number, phase in enumerate(PHASES):
        start = number * slots[-1] / len(PHASES)
        axes.axvline(start, color="0.7", linewidth=0.7)
        axes.text(start, axes.get_ylim()[1], f" {phase.name}", fontsize=7, va="top")
    axes.set_xlabel("slots")
    axes.set_ylabel("regret to the best setting of each phase")
    axes.legend(fontsize=7, loc="upper left", bbox_to_anchor=(0, 0.93))
    axes.grid(alpha=0.3)
    return save(figure, path)


def tune_online(asked: TuneOnline) -> list[Learner]:
    """Try settings of the head on tuning traffic, one parameter at a time.

    Raises
    ------
    InputError
        An option is invalid.
    """
    at_least("episodes", asked.episodes, 2)
    _check(asked)
    output, base = folder(asked.output), base_of(asked)
    pairs = [(key, value) for key, values in TRIED.items() for value in values]
    tried = [f"{key}={value}" for key, value in pairs]
    each = [CENTRE | {key: value} for key, value in pairs]
    words = (",".join(f"{key}={value}" for key, value in one.items()) for one in each)
    names = [f"drift_plus_penalty[{base}]", *(f"online[{base},{w}]" for w in words)]
    parts = [(scheduler(name), asked.episodes) for name in names]
    first = traffic.TUNING + APART
    seeds = list(range(first, first + asked.episodes)) * len(names)
    found = course(SideBySide(parts), PHASES, seeds, asked.users, asked.slots)
    reward = _by_scheduler(found.reward, len(names), asked.episodes).mean(axis=1)
    gains = reward - reward[0]
    rows = [
        Learner(name, float(of.mean()), float(gain.mean()), float(half_width(gain)))
        for name, of, gain in zip(["none", *tried], reward, gains, strict=True)
    ]
    write(output / TUNING, rows)
    shown("settings of the head, means of a slot", rows)
    return rows
