"""What systems came to: utilities, channel uses, and bounds in hindsight."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from blocks.adapters.switching import net_of
from experiments.sessions.rows import Row

BLOCK = 8  # frames of one wish of the user


class Played(NamedTuple):
    """Episodes of a system : [E, F] each.

    utility : of each frame
    uses : channel uses, down and up
    late : whether the deadline was missed
    """

    utility: np.ndarray
    uses: np.ndarray
    late: np.ndarray

    def net(self, price: float) -> np.ndarray:
        """Utility less the price of the channel uses : [E, F]."""
        return net_of(self.utility, self.uses, price)


def played(episodes: Sequence[Sequence[Row]]) -> Played:
    """Numbers of rows."""
    return Played(
        *(
            np.array([[float(row[name]) for row in rows] for rows in episodes])
            for name in Played._fields
        )
    )


def shared(below: Played, above: Played, uses: float) -> Played:
    """The mean of two systems that share time, so that they take these channel uses."""
    low, high = float(below.uses.mean()), float(above.uses.mean())
    share = (uses - low) / (high - low)
    return Played(*(a + share * (b - a) for a, b in zip(below, above, strict=True)))


def best_of(arms: Sequence[Played], price: float, frames: int = 1) -> Played:
    """The arm of the largest net utility in hindsight, anew for so many frames.

    All arms meet the same frames, levels and noise. A bound: the choice sees the noise.
    """
    net = np.stack([arm.net(price) for arm in arms])
    k, episodes, length = net.shape
    blocks = net.reshape(k, episodes, length // frames, frames).mean(axis=-1)
    best = np.repeat(np.argmax(blocks, axis=0), frames, axis=-1)
    return Played(*(_taken(np.stack(part), best) for part in zip(*arms, strict=True)))


def _taken(values: np.ndarray, best: np.ndarray) -> np.ndarray:
    return np.take_along_axis(values, best[None], axis=0)[0]


def best_fixed(arms: Mapping[str, Played], price: float) -> str:
    """The arm that is best for all frames of all episodes, in hindsight."""
    return max(arms, key=lambda name: arms[name].net(price).mean())


def interval(values: np.ndarray) -> tuple[float, float]:
    """Mean over episodes, and half of its 95 % interval : values [E]."""
    half = stdtrit(len(values) - 1, 0.975) * np.std(values, ddof=1)
    return float(values.mean()), float(half / np.sqrt(len(values)))


def after_steps(one: Played, bound: Played, price: float, frames: int) -> np.ndarray:
    """Net utility below a bound, by the number of frames since a step : [frames, E].

    Parameters
    ----------
    one, bound : of the same frames
    price : of a thousand channel uses
    frames : frames that a level lasts; the first level of an episode is left out
    """
    below = bound.net(price) - one.net(price)
    episodes, length = below.shape
    whole = below[:, frames : length // frames * frames]
    return whole.reshape(episodes, -1, frames).mean(axis=1).T


def settling(found: Mapping[str, Played], bound: Played, price: float, frames: int):
    """Markdown: net utility below a bound by the number of frames since a step."""
    lines = [f"| frames since a step | {' | '.join(found)} |"]
    lines += ["|---" * (1 + len(found)) + "|"]
    below = [after_steps(one, bound, price, frames) for one in found.values()]
    for frame, at in enumerate(zip(*below, strict=True)):
        cells = [f"{mean:.3f} ± {half:.3f}" for mean, half in map(interval, at)]
        lines.append(f"| {frame} | {' | '.join(cells)} |")
    return "\n".join(lines)


def table(found: Mapping[str, Played], against: str, price: float) -> str:
    """Markdown: each system, and its difference to one of them within episodes."""
    lines = [
        f"| system | uses | utility | less {against} | net | less {against} | late |",
        "|---" * 7 + "|",
    ]
    base = found[against]
    for name, one in found.items():
        cells = [name, f"{one.uses.mean():.0f}"]
        for of in (lambda p: p.utility, lambda p: p.net(price)):
            cells += _compared(of, one, base)
        lines.append(f"| {' | '.join([*cells, f'{one.late.mean():.1%}'])} |")
    return "\n".join(lines)


def _compared(of: Callable[[Played], np.ndarray], one: Played, base: Played):
    own, other = (of(p).mean(axis=1) for p in (one, base))
    mean, half = interval(own - other)
    return f"{own.mean():.3f}", "" if one is base else f"{mean:+.3f} ± {half:.3f}"
