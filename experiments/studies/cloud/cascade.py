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
SPLITS = 300
RANDOM_DRAWS = 20  # of the random hand-over, for its average precision


class Bound(NamedTuple):
    """How often the bound failed.

    drawn : calibration frames drawn with replacement; the risk is that over all frames
    split : calibration on one half; the risk is the mean loss on the other
    edge : mean share of frames that the edge decides
    none : share of calibrations after which the edge decides nothing
    """

    drawn: int
    split: int
    edge: float
    none: float


def bound(
    seen: Frames, loss: str, epsilon: float, delta: float, splits: int, seed: int = 0
) -> Bound:
    """Calibrate again and again, on half of the frames.

    Where the calibration frames are drawn with replacement, the frames are the
    population and its risk is known without error. The mean loss of a held-out half is
    an estimate of the risk and may exceed ``epsilon`` where the risk does not.
    """
    n, failed, shares = len(seen.bytes), np.zeros((splits, 2), bool), []
    for number in range(splits):
        draws = np.random.default_rng(seed_of(seed, "cascade split", number))
        order, drawn = draws.permutation(n), draws.integers(n, size=n // 2)
        rest = order[n // 2 :]
        for place, (own, judged) in enumerate(
            ((drawn, np.arange(n)), (order[: n // 2], rest))
        ):
            rule = _rule(seen.take(own), loss, epsilon, delta, draws)
            failed[number, place] = risk(seen.take(judged), loss, rule) > epsilon
        shares.append(rule.takes(seen.take(rest).doubts).mean())
    counts = failed.sum(axis=0)
    none = float(np.mean(np.array(shares) == 0))
    return Bound(int(counts[0]), int(counts[1]), float(np.mean(shares)), none)


def risk(seen: Frames, loss: str, rule: Rule) -> float:
    """Mean loss of the frames that the edge decides; 0 if there are none."""
    taken = rule.takes(seen.doubts)
    return float(seen.losses[loss][taken].mean()) if taken.any() else 0.0


def bounds_table(seen: Frames, delta: float, splits: int) -> str:
    """A table, in Markdown, of how often the bound failed."""
    heads = ("loss", "epsilon", "drawn", "split", "at the edge", "none at the edge")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for loss, epsilons in EPSILONS.items():
        for epsilon in epsilons:
            found = bound(seen, loss, epsilon, delta, splits)
            shares = [_proportion(k, splits) for k in (found.drawn, found.split)]
            cells = [loss, f"{epsilon:g}", *shares]
            cells += [f"{found.edge:.2f}", f"{found.none:.2f}"]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def links_table(calibration: Frames, held_out: Frames, delta: float) -> str:
    """A table, in Markdown, of the held-out frames, by who decides them."""
    heads = ("who decides", "at the edge", "risk", "F1", "AP", "AP50", "kB a frame")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    n = len(held_out.bytes)
    lines.append(_row("edge alone", held_out, np.ones(n, bool)))
    lines.append(_row("cloud alone", held_out, np.zeros(n, bool)))
    for loss, epsilons in EPSILONS.items():
        for epsilon in epsilons:
            draws = np.random.default_rng(seed_of(0, "cascade"))
            rule = _rule(calibration, loss, epsilon, delta, draws)
            taken = rule.takes(held_out.doubts)
            name = f"cascade, {loss} {epsilon:g}, by `{rule.doubt}`"
            lines.append(_row(name, held_out, taken, risk(held_out, loss, rule)))
            if 0 < taken.sum() < n:
                lines.append(_random_row(held_out, int(taken.sum()), draws))
    return "\n".join(lines)


def _rule(seen: Frames, loss: str, epsilon: float, delta: float, draws) -> Rule:
    return calibrated(seen.doubts, seen.losses[loss], epsilon, delta, draws)


def _row(name: str, seen: Frames, taken: np.ndarray, risk: float | None = None) -> str:
    """A row of frames that the edge decides where ``taken`` [n] is true."""
    f1 = np.where(taken, seen.f1["edge"], seen.f1["cloud"])
    width = interval(np.stack([f1, np.ones_like(f1)], axis=1), False)
    size = np.where(taken, 0, seen.bytes).mean()
    known = "" if risk is None else f"{risk:.3f}"
    cells = [name, f"{taken.mean():.2f}", known, f"{f1.mean():.3f} ±{width:.3f}"]
    return _line(cells, _precision(seen, taken), size)


def _random_row(seen: Frames, count: int, draws: np.random.Generator) -> str:
    """A row of frames that are handed over at random: F1 and bytes are expectations."""
    n = len(seen.bytes)
    share = count / n
    f1 = share * seen.f1["edge"].mean() + (1 - share) * seen.f1["cloud"].mean()
    masks = [draws.permutation(n) < count for _ in range(RANDOM_DRAWS)]
    precision = np.mean([_precision(seen, mask) for mask in masks], axis=0)
    size = (1 - share) * seen.bytes.mean()
    return _line(["at random", f"{share:.2f}", "", f"{f1:.3f}"], precision, size)


def _line(cells: list[str], precision: Sequence[float], size: float) -> str:
    cells += [f"{value:.3f}" for value in precision] + [f"{size / 1e3:.1f}"]
    return f"| {' | '.join(cells)} |"


def _precision(seen: Frames, taken: np.ndarray) -> tuple[float, float]:
    rows = [
        seen.observed["edge" if own else "cloud"][place]
        for place, own in enumerate(taken)
    ]
    scores = Precision(rows).whole()
    return scores["ap"], scores["ap50"]


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
    parser.add_argument("--splits", type=int, default=SPLITS)
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
