"""A rescue against time: who was known, recognised, aided and rescued when."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from experiments.figures.canvas import save
from experiments.rescue.course import Moment
from experiments.rescue.events import EPISODE
from semlink.loop.rescue.config import STREAMS
from semlink.loop.rescue.environment import RescueEnvironment
from semlink.loop.rescue.incidents import NEVER

STAGES = (  # of an incident, each until the next
    ("unknown", "lightgrey"),
    ("known", "gold"),
    ("recognised", "darkorange"),
    ("aided", "yellowgreen"),
    ("rescued", "forestgreen"),
)
SMOOTH = 10  # slots of a mean


def draw_timeline(
    environment: RescueEnvironment, course: Sequence[Moment], path: Path
) -> Path:
    """Draw an episode that has been played.

    Parameters
    ----------
    environment : after the last slot
    course : of all slots
    path : of the figure
    """
    figure, axes = plt.subplots(
        3, 1, sharex=True, figsize=(9, 7), layout="constrained", dpi=120
    )
    _stages(axes[0], environment)
    _states(axes[1], course)
    _pool(axes[2], environment.config.uses, course)
    axes[-1].set_xlabel("slot [s]")
    for place in axes:
        place.grid(alpha=0.3)
        place.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return save(figure, path)


def bounds(environment: RescueEnvironment, sector: int) -> np.ndarray:
    """Slots in which the stages of an incident begin, and the end : [6]."""
    last = environment.config.slots
    each = (
        environment.incidents.starts,
        environment.known,
        environment.seen,
        environment.airdrops.reached,
        environment.teams.reached,
    )
    begins = [min(of[EPISODE, sector], last) for of in each]
    # who is aided before the level is recognised skips that stage
    return np.array([*np.minimum.accumulate(begins[::-1])[::-1], last])


def _stages(axes, environment: RescueEnvironment) -> None:
    """Bars of the incidents."""
    truth = environment.incidents
    there = np.flatnonzero(truth.starts[EPISODE] < NEVER)
    for row, sector in enumerate(there):
        at = bounds(environment, sector)
        for n, (name, colour) in enumerate(STAGES):
            label = {"label": name} if not row else {}
            axes.barh(row, at[n + 1] - at[n], left=at[n], color=colour, **label)
    names = [f"sector {k}, level {truth.level[EPISODE, k]}" for k in there]
    axes.set_yticks(range(len(there)), names, fontsize=7)


def _states(axes, course: Sequence[Moment]) -> None:
    """Es/N0 of the routes that are taken."""
    met = np.stack([moment.met_db for moment in course])
    direct = np.stack([moment.direct_db for moment in course])
    for k in range(met.shape[1]):
        axes.plot(_mean(met[:, k]), linewidth=0.9, label=f"UAV {k}")
    axes.plot(_mean(direct.mean(1)), "k--", linewidth=1, label="direct, mean")
    axes.set_ylabel("Es/N0 [dB]")


def _pool(axes, uses: int, course: Sequence[Moment]) -> None:
    """Channel uses of each stream."""
    each = np.stack([_mean(column) for column in np.stack([m.uses for m in course]).T])
    axes.stackplot(range(len(course)), each, labels=STREAMS, alpha=0.8)
    axes.axhline(uses, color="k", linestyle="--", label="pool")
    axes.set_ylabel("channel uses of a slot")


def _mean(values: np.ndarray) -> np.ndarray:
    """Moving means."""
    kernel = np.ones(SMOOTH)
    return np.convolve(values, kernel, "same") / np.convolve(
        np.ones(len(values)), kernel, "same"
    )
