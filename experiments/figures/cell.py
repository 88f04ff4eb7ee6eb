"""A cell against time: what each user was granted, and what it had of it."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from experiments.figures.canvas import save
from semlink.store.rows import Row


def draw_cell(rows: Sequence[Row], path: Path) -> Path:
    """Draw the frames of all users.

    Parameters
    ----------
    rows : of a cell, in any order
    path : of the figure
    """
    users = sorted({int(row["user"]) for row in rows})
    own = [[row for row in rows if int(row["user"]) == user] for user in users]
    figure, axes = plt.subplots(
        3, 1, sharex=True, figsize=(9, 6.4), layout="constrained", dpi=120
    )
    below = np.zeros(max(map(len, own)))
    for user, mine in zip(users, own, strict=True):
        frames, colour = _column(mine, "frame"), f"C{user % 10}"
        granted = _column(mine, "granted_uses")
        label = {"label": f"user {user}", "color": colour}
        axes[0].plot(frames, _column(mine, "snr_db"), **label)
        axes[1].bar(frames, granted, 0.9, bottom=below, **label)
        axes[2].plot(frames, _column(mine, "utility"), ".-", **label)
        below = below + granted
    axes[1].step(frames, _column(own[0], "pool_uses"), "k--", where="mid", label="pool")
    for place, title in zip(
        axes, ("Es/N0 [dB]", "channel uses", "utility"), strict=True
    ):
        place.set_ylabel(title)
        place.grid(alpha=0.3)
    axes[1].legend(fontsize=7, ncols=2)
    axes[2].set_xlabel("frame")
    return save(figure, path)


def _column(rows: Sequence[Row], name: str) -> np.ndarray:
    """A column as numbers; 0 where it is empty."""
    return np.array([float(row[name] or 0) for row in rows])
