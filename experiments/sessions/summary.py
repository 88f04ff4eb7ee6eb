"""What a session came to: utility, delay, channel uses, energy."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from experiments.sessions.rows import Row, spent
from semlink.signals import DOWN, UP
from semlink.sweeps.monitor import interval


class Mean(NamedTuple):
    """A mean over frames.

    value : the mean
    half : half width of its 95 % interval, NaN for a single batch
    batch : frames of a batch
    """

    value: float
    half: float
    batch: int


def batch_mean(values: Sequence[float]) -> Mean:
    """Mean of a correlated sequence, with an interval from batches.

    Frames of a session are correlated: a scene lasts, and so does the state of the
    channel. Means of batches of about the square root of their number are less so.

    References
    ----------
    G. S. Fishman, "Grouping observations in digital simulation", Management Science
    24, 1978.
    """
    batch = max(round(np.sqrt(len(values))), 1)
    parts = np.split(values, np.arange(batch, len(values), batch))
    sums = np.array([[part.sum(), len(part)] for part in parts], float)
    return Mean(float(np.mean(values)), interval(sums, False), batch)


class Totals:
    """Totals of a session.

    Parameters
    ----------
    rows : of all frames
    """

    def __init__(self, rows: Sequence[Row]):
        self._rows = rows

    def lines(self, sign: str = "±") -> list[str]:
        """The totals in lines of text.

        Parameters
        ----------
        sign : of an interval
        """
        return [
            f"utility  {self._utility(sign)}",
            f"frames   {self._frames()}",
            f"uses     {self._uses()}",
            f"energy   {self._sum('energy_mj') / 1e3:.3g} J, machines and air",
            f"backhaul {self._sum('backhaul_bytes') / 1e6:.3g} MB",
            *self._users(),
        ]

    def _users(self) -> list[str]:
        """A line for each user of a cell; none for a session alone."""
        own: dict[str, list[Row]] = {}
        for row in self._rows:
            if "user" in row:
                own.setdefault(row["user"], []).append(row)
        users = sorted(own, key=int)
        return [f"user {user:<3} {_in_short(own[user])}" for user in users]

    def _utility(self, sign: str) -> str:
        mean = batch_mean([float(row["utility"]) for row in self._rows])
        if np.isnan(mean.half):
            return f"{mean.value:.3f}"
        return (
            f"{mean.value:.3f} {sign} {mean.half:.3f} (95 %, batches of {mean.batch} "
            "frames: frames are correlated, episodes are the independent samples)"
        )

    def _frames(self) -> str:
        late = self._count("late")
        share = 100 * late / len(self._rows)
        not_sent = sum(not row["transmitter"] for row in self._rows)
        asked = sum(int(row["retransmissions"]) for row in self._rows)
        return (
            f"{share:.1f} % late ({late}, of which {not_sent} not sent), "
            f"{self._count('lost')} lost, {asked} retransmissions, "
            f"{self._count('acts')} acts"
        )

    def _uses(self) -> str:
        parts = spent(self._rows)
        return f"{sum(parts.values()):,}: " + "; ".join(
            f"{direction} {sum(own.values()):,} ({_listed(own)})"
            for direction in (DOWN, UP)
            if (own := _of(parts, direction))
        )

    def _count(self, flag: str) -> int:
        return sum(int(row[flag]) for row in self._rows)

    def _sum(self, column: str) -> float:
        return sum(float(row[column]) for row in self._rows)


def _in_short(rows: Sequence[Row]) -> str:
    """Utility, late frames and channel uses, in a line."""
    utility = np.mean([float(row["utility"]) for row in rows])
    late = np.mean([int(row["late"]) for row in rows])
    uses = sum(int(row["uses"]) for row in rows)
    return f"utility {utility:.3f}, {100 * late:.1f} % late, {uses:,} uses"


def _of(parts: dict[str, int], direction: str) -> dict[str, int]:
    """Channel uses of a direction, by purpose."""
    begin = f"{direction}_"
    return {k.removeprefix(begin): n for k, n in parts.items() if k.startswith(begin)}


def _listed(parts: dict[str, int]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in parts.items())
