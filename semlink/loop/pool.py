"""The contract of a scheduler: one pool of channel uses and power, shared among users.

What it sees and what it answers are arrays over users, with any axes before them. The
same scheduler serves one session, a cell, and thousands of episodes in one call.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from semlink.units import db_to_linear

LEAST_DB, MOST_DB = -16.0, 15.0  # power that a grant can express
MOST_REDUNDANCY = 3  # that a grant can express
REDUNDANCY_DB = 2.0  # of a step: the mean distance of two schemes of link adaptation
MOST_AGAIN = 3  # retransmissions that a grant can express
SMOOTH = 0.75  # share of the former mean in the moving mean of reported utilities


class Demands(NamedTuple):
    """What users ask of the pool; all arrays [..., K], of K users.

    uses : int, channel uses that the adapter asks for
    most : int, most channel uses that the profile has left
    least : int, fewest channel uses that hold a signal; 0 where that is unknown
    transmitter : int, place of the transmitter that the adapter asks for
    retransmissions : int, most retransmissions that it asks for
    state_db : last reported Es/N0 at nominal power [dB]; before a report the long-term
        mean if that is known, else NaN
    backlog : what waits: frames, or bits of a fluid; 0: the user asks for nothing
    wait_slots : slots that the oldest frame has waited
    left_slots : slots until its deadline
    priority : 0 to 3, the more the more urgent
    importance : mean weight of the frame's errors; 1 without a map
    prior : expected utility of the frame by shared knowledge; NaN without
    needs_db : power over the nominal power from which the channel uses that are asked
        for hold a signal, by shared knowledge [dB]; NaN without
    gained : utility by weight that was reported since the last decision; 0 without
        reports
    quality : moving mean of the reported utility of frames; NaN before the first report
    alternative : int, place of the other transmitter that it can be granted; -1 without
    alternative_uses : int, channel uses that it asks for with that transmitter
    alternative_least : int, as ``least``, with that transmitter
    alternative_prior, alternative_needs_db : as ``prior`` and ``needs_db``, with that
        transmitter and its channel uses
    """

    uses: np.ndarray
    most: np.ndarray
    least: np.ndarray
    transmitter: np.ndarray
    retransmissions: np.ndarray
    state_db: np.ndarray
    backlog: np.ndarray
    wait_slots: np.ndarray
    left_slots: np.ndarray
    priority: np.ndarray
    importance: np.ndarray
    prior: np.ndarray
    gained: np.ndarray
    quality: np.ndarray
    alternative: np.ndarray
    alternative_uses: np.ndarray
    alternative_least: np.ndarray
    alternative_prior: np.ndarray
    needs_db: np.ndarray
    alternative_needs_db: np.ndarray

    def exchanged(self, chosen: np.ndarray) -> "Demands":
        """Demands in which chosen users [..., K], bool, ask for their alternative."""
        other = chosen & (self.alternative >= 0)
        return self._replace(
            uses=np.where(other, self.alternative_uses, self.uses),
            least=np.where(other, self.alternative_least, self.least),
            transmitter=np.where(other, self.alternative, self.transmitter),
            prior=np.where(other, self.alternative_prior, self.prior),
            needs_db=np.where(other, self.alternative_needs_db, self.needs_db),
        )

    @property
    def wanted(self) -> np.ndarray:
        """Channel uses that are asked for and allowed; 0 where nothing waits."""
        return np.where(self.backlog > 0, np.minimum(self.uses, self.most), 0)

    @property
    def rate(self) -> np.ndarray:
        """Capacity at the reported state and nominal power [bit/use]; 0 if unknown."""
        return np.log2(1 + np.nan_to_num(db_to_linear(self.state_db)))


WHOLE = (
    "uses", "most", "least", "transmitter", "retransmissions", "priority",
    "alternative", "alternative_uses", "alternative_least",
)  # fmt: skip


class Demand(NamedTuple):
    """What one user asks of the pool; as :class:`Demands`, without axes."""

    uses: int
    most: int
    least: int = 0
    transmitter: int = 0
    retransmissions: int = 0
    state_db: float = np.nan
    backlog: float = 1.0
    wait_slots: float = 0.0
    left_slots: float = np.inf
    priority: int = 0
    importance: float = 1.0
    prior: float = np.nan
    gained: float = 0.0
    quality: float = np.nan
    alternative: int = -1
    alternative_uses: int = 0
    alternative_least: int = 0
    alternative_prior: float = np.nan
    needs_db: float = np.nan
    alternative_needs_db: float = np.nan


NOTHING = Demand(uses=0, most=0, backlog=0.0)


class Pool(NamedTuple):
    """What there is to share until the next decision.

    uses : int [...], channel uses
    power_db : mean power over all of these channel uses, over the nominal power; what
        some do not spend, others can [dB]
    slot : now
    price : what all of these channel uses cost at nominal power [utility by weight]
    """

    uses: np.ndarray | int
    power_db: float = 0.0
    slot: int = 0
    price: float = 0.0


class Shares(NamedTuple):
    """What users are granted; all arrays [..., K].

    uses : int, most channel uses; 0: nothing is sent
    power_db : power over the nominal power [dB]
    transmitter : int, place of the transmitter: the one that is asked for, or the
        alternative
    redundancy : int, 0 nominal; each step plans the frame for 2 dB less
        (:func:`planned_db`), which a transmitter turns into a more robust scheme
    retransmissions : int, most retransmissions of a frame; its first grant sets them
    """

    uses: np.ndarray
    power_db: np.ndarray
    transmitter: np.ndarray
    redundancy: np.ndarray
    retransmissions: np.ndarray


@runtime_checkable
class Scheduler(Protocol):
    """Shares a pool among users. Component kind ``scheduler``."""

    def __call__(
        self, demands: Demands, pool: Pool, memory: Any, draws: np.random.Generator
    ) -> tuple[Shares, Any]:
        """What each user is granted, and the new memory; ``None`` at first."""


def stacked(demands: Sequence[Demand]) -> Demands:
    """Demands of users as arrays [K]."""
    columns = zip(*demands, strict=True)
    kinds = (int if name in WHOLE else float for name in Demands._fields)
    return Demands(*map(np.array, columns, kinds))


def granted(
    demands: Demands, uses, power_db=0.0, redundancy=0, retransmissions=MOST_AGAIN
) -> Shares:
    """Shares of so many channel uses, by the transmitters that users ask for.

    Parameters
    ----------
    uses : int [..., K]
    power_db : [..., K], or one for all [dB]
    redundancy : int [..., K], or one for all
    retransmissions : int [..., K], or one for all; at most what users ask for
    """
    power_db = np.broadcast_to(np.asarray(power_db, float), uses.shape)
    redundancy = np.broadcast_to(np.asarray(redundancy).astype(int), uses.shape)
    again = np.asarray(retransmissions).astype(int)
    again = np.minimum(demands.retransmissions, again)
    return Shares(uses, power_db, demands.transmitter, redundancy, again)


def planned_db(state_db, margin_db, power_db, redundancy):
    """Es/N0 that a frame is planned for, in sessions and in cells alike [dB].

    A transmitter takes what this state bears: a scheme of link adaptation, or the rate
    of a learned code. What it saves in margin, it gains in quality; the receiver meets
    the state with the power, and without margin and redundancy.

    Parameters
    ----------
    state_db : reported Es/N0 at nominal power [dB]
    margin_db : reserve that the adapter asks for [dB]
    power_db, redundancy : as granted
    """
    return state_db + power_db - margin_db - REDUNDANCY_DB * redundancy


def smoothed(before, reported):
    """Moving mean of reported utilities; ``reported`` is NaN without a new one."""
    mean = np.where(
        np.isnan(before), reported, SMOOTH * before + (1 - SMOOTH) * reported
    )
    return np.where(np.isnan(reported), before, mean)


def in_order(score, demands: Demands, pool: Pool) -> np.ndarray:
    """Channel uses [..., K] in the order of falling scores, until nothing is left.

    A user gets what it wants, or what is left if that holds a signal. Equal scores
    keep the order of users; nobody of a score of minus infinity gets anything.
    """
    order = np.argsort(-np.asarray(score), axis=-1, kind="stable")
    wanted = np.where(np.isneginf(score), 0, demands.wanted)
    asks, least = (np.take_along_axis(v, order, -1) for v in (wanted, demands.least))
    left, given = np.array(pool.uses), np.zeros(wanted.shape, int)
    for rank in range(wanted.shape[-1]):
        most = np.minimum(asks[..., rank], left)
        given[..., rank] = np.where(most < least[..., rank], 0, most)
        left = left - given[..., rank]
    uses = np.zeros(wanted.shape, int)
    np.put_along_axis(uses, order, given, -1)
    return uses


def nominal_db(pool: Pool) -> float:
    """Power of all users if none is set apart [dB]: nominal, if the pool has it."""
    return max(min(float(pool.power_db), 0.0), LEAST_DB)
