"""The cascade on real frames: whether its bound holds, and what it saves.

``python -m experiments.studies.cloud.cascade coco:CALIBRATION coco:HELD_OUT``
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.special import betaincinv

from blocks.tasks.average_precision import Precision
from experiments.studies.cloud.frames import Frames, frames
from semlink.errors import InputError
from semlink.loop.risk import Rule, calibrated
from semlink.rng import seed_of
from semlink.sweeps.monitor import interval

DELTA = 0.1
EPSILONS = {"disagreement": (0.5, 0.55, 0.6), "regret": (0.1, 0.15, 0.2)}
# below the mean loss of all frames: for many calibration frames
TIGHT = {"disagreement": (0.4, 0.42, 0.45), "regret": (0.05, 0.06, 0.07)}
MANY = 2000
SPLITS = 300
RANDOM_DRAWS = 20  # of the random hand-over, for its average precision


class Bound(NamedTuple):
    """How often the bound failed.

    failed : calibrations after which the risk is above epsilon
    edge : mean share of frames that the edge decides
    none : share of calibrations after which the edge decides nothing
    """

    failed: int
    edge: float
    none: float


def bound(
    seen: Frames,
    loss: str,
    epsilon: float,
    delta: float,
    repeats: int,
    drawn: int | None = None,
) -> Bound:
    """Calibrate again and again, on some of the frames.

    Parameters
    ----------
    seen : the frames
    loss, epsilon, delta : of the bound
    repeats : number of calibrations
    drawn : calibration frames, drawn with replacement: the frames are the population,
        whose risk is known without error. ``None``: half of the frames, without
        replacement; the mean loss of the other half is an estimate of the risk, and may
        exceed ``epsilon`` where the risk does not
    """
    n, failed, shares = len(seen.bytes), 0, []
    for number in range(repeats):
        draws = np.random.default_rng(seed_of(0, "cascade split", number))
        own, judged = draws.integers(n, size=drawn or 1), np.arange(n)
        if drawn is None:
            own, judged = np.split(draws.permutation(n), [n // 2])
        rule = _rule(seen.take(own), loss, epsilon, delta, draws)
        left = seen.take(judged)
        failed += risk(left, loss, rule) > epsilon
        shares.append(rule.takes(left.doubts).mean())
    none = float(np.mean(np.array(shares) == 0))
    return Bound(int(failed), float(np.mean(shares)), none)


def risk(seen: Frames, loss: str, rule: Rule) -> float:
    """Mean loss of the frames that the edge decides; 0 if there are none."""
    taken = rule.takes(seen.doubts)
    return float(seen.losses[loss][taken].mean()) if taken.any() else 0.0


def bounds_table(seen: Frames, delta: float, repeats: int) -> str:
    """A table, in Markdown, of how often the bound failed."""
    half = len(seen.bytes) // 2
    heads = ("loss", "its mean", "epsilon", "calibrated on", "failed", "edge", "none")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    ways = (
        (EPSILONS, None, f"{half}, held out: {half}"),
        (EPSILONS, half, f"{half} drawn"),
        (TIGHT, MANY, f"{MANY} drawn"),
    )
    for loss in EPSILONS:
        mean = f"{seen.losses[loss].mean():.3f}"
        for grid, drawn, how in ways:
            for epsilon in grid[loss]:
                found = bound(seen, loss, epsilon, delta, repeats, drawn)
                cells = [loss, mean, f"{epsilon:g}", how]
                cells += [_proportion(found.failed, repeats)]
                cells += [f"{found.edge:.2f}", f"{found.none:.2f}"]
                lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def links_table(calibration: Frames, held_out: Frames, delta: float) -> str:
    """A table, in Markdown, of the held-out frames, by who decides them."""
    heads = ("who decides", "at the edge", "risk", "F1", "AP", "AP50", "kB a frame")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    n, judged = len(held_out.bytes), _Judged(held_out)
    lines.append(judged.row("edge alone", np.ones(n, bool)))
    lines.append(judged.row("cloud alone", np.zeros(n, bool)))
    for loss, epsilons in EPSILONS.items():
        for epsilon in epsilons:
            draws = np.random.default_rng(seed_of(0, "cascade"))
            rule = _rule(calibration, loss, epsilon, delta, draws)
            taken = rule.takes(held_out.doubts)
            name = f"cascade, {loss} {epsilon:g}, by `{rule.doubt}`"
            lines.append(judged.row(name, taken, risk(held_out, loss, rule)))
            if 0 < taken.sum() < n:
                lines.append(judged.random_row(int(taken.sum()), draws))
    return "\n".join(lines)


def _rule(seen: Frames, loss: str, epsilon: float, delta: float, draws) -> Rule:
    return calibrated(seen.doubts, seen.losses[loss], epsilon, delta, draws)


class _Judged:
    """Frames, and rows of a table by who decides them.

    Every frame is evaluated once as the edge sees it and once as the cloud does.
    """

    def __init__(self, seen: Frames):
        self._seen = seen
        self._scores = Precision([*seen.observed["edge"], *seen.observed["cloud"]])

    def row(self, name: str, taken: np.ndarray, risk: float | None = None) -> str:
        """A row of frames that the edge decides where ``taken`` [n] is true."""
        f1 = np.where(taken, self._seen.f1["edge"], self._seen.f1["cloud"])
        width = interval(np.stack([f1, np.ones_like(f1)], axis=1), False)
        size = np.where(taken, 0, self._seen.bytes).mean()
        known = "" if risk is None else f"{risk:.3f}"
        cells = [name, f"{taken.mean():.2f}", known, f"{f1.mean():.3f} ±{width:.3f}"]
        return _line(cells, self._precision(taken), size)

    def random_row(self, count: int, draws: np.random.Generator) -> str:
        """A row of frames handed over at random: F1 and bytes are expectations."""
        n, f1 = len(self._seen.bytes), self._seen.f1
        share = count / n
        expected = share * f1["edge"].mean() + (1 - share) * f1["cloud"].mean()
        masks = [draws.permutation(n) < count for _ in range(RANDOM_DRAWS)]
        precision = np.mean([self._precision(mask) for mask in masks], axis=0)
        size = (1 - share) * self._seen.bytes.mean()
        return _line(
            ["at random", f"{share:.2f}", "", f"{expected:.3f}"], precision, size
        )

    def _precision(self, taken: np.ndarray) -> tuple[float, float]:
        n = len(taken)
        scores = self._scores(np.where(taken, np.arange(n), n + np.arange(n)))
        return scores["ap"], scores["ap50"]


def _line(cells: list[str], precision: Sequence[float], size: float) -> str:
    cells += [f"{value:.3f}" for value in precision] + [f"{size / 1e3:.1f}"]
    return f"| {' | '.join(cells)} |"


def _proportion(count: int, total: int) -> str:
    """A share with its 95 % interval (Clopper-Pearson)."""
    low = betaincinv(count, total - count + 1, 0.025) if count else 0.0
    high = betaincinv(count + 1, total - count, 0.975) if count < total else 1.0
    return f"{count / total:.3f} ({low:.3f} to {high:.3f})"


def main(words: Sequence[str]) -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("calibration", help="source, as on the command line")
    parser.add_argument("held_out", help="source, as on the command line")
    parser.add_argument("--delta", type=float, default=DELTA)
    parser.add_argument("--splits", type=int, default=SPLITS, help="calibrations")
    parser.add_argument("--cache", type=Path, default=Path("runs/.frames"))
    given = parser.parse_args(words)
    if given.splits < 1:
        raise InputError(f"splits must be 1 or more, got {given.splits}")
    both = frames([given.calibration, given.held_out], given.cache)
    first = len(frames([given.calibration], given.cache).bytes)
    index = np.arange(len(both.bytes))
    print(bounds_table(both, given.delta, given.splits))
    print()
    parts = (both.take(index[:first]), both.take(index[first:]))
    print(links_table(*parts, given.delta))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except InputError as error:
        sys.exit(f"error: {error}")
