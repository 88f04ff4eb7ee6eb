"""A cell: sessions of several users over one clock and one pool.

Every session has its own world, ends and course of the channel. They meet at the
scheduler alone. A session runs until it needs a grant; those that need one in the same
slot are decided on together.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from semlink.contracts.schedulers import check_shares
from semlink.loop.pool import NOTHING, Demand, Pool, Scheduler, Shares, stacked


class Asked(NamedTuple):
    """A session that waits for a grant.

    slot : now
    demand : what it asks for
    load : share of the pool that others than the users take
    """

    slot: int
    demand: Demand
    load: float = 0.0


class Sharing:
    """A scheduler with its memory, and the grants that still hold.

    A grant holds for a period, or until its user asks again. So the grants that hold at
    any time are together no more than the pool.

    Parameters
    ----------
    scheduler : built component
    uses : channel uses of the pool in a period
    period_slots : slots for which a grant holds
    draws : slot -> generator of the scheduler's draws
    """

    def __init__(
        self,
        scheduler: Scheduler,
        uses: int,
        period_slots: int,
        draws: Callable[[int], np.random.Generator],
    ):
        self._scheduler, self._uses = scheduler, uses
        self._period, self._draws = period_slots, draws
        self._who = f"scheduler {type(scheduler).__name__}"
        self._memory: Any = None
        self._held: dict[int, tuple[int, int]] = {}  # uses, and slot of their end

    def __call__(self, asked: Mapping[int, Asked], users: int) -> dict[int, Shares]:
        """Grants of users that ask in the same slot, each without axes.

        Parameters
        ----------
        asked : what each user asks for, by its number
        users : number of users
        """
        slot = next(iter(asked.values())).slot
        demands = stacked(
            [asked[user].demand if user in asked else NOTHING for user in range(users)]
        )
        load = max(one.load for one in asked.values())
        pool = Pool(self._left(asked, slot, load), slot=slot)
        shares, self._memory = self._scheduler(
            demands, pool, self._memory, self._draws(slot)
        )
        check_shares(self._who, demands, pool, shares)
        for user in asked:
            self._held[user] = int(shares.uses[user]), slot + self._period
        return {user: Shares(*(value[user] for value in shares)) for user in asked}

    def _left(self, asked: Mapping[int, Asked], slot: int, load: float) -> int:
        """Channel uses that no grant of another user holds."""
        held = [
            uses
            for user, (uses, end) in self._held.items()
            if end > slot and user not in asked
        ]
        return max(int(self._uses * (1 - load)) - sum(held), 0)


class Playable(Protocol):
    """A session."""

    def play(self) -> Generator[Any, Shares | None, None]:
        """What it asks of the pool, and its steps."""


class Cell:
    """Sessions that share a pool.

    Parameters
    ----------
    sessions : one of each user
    sharing : the pool
    """

    def __init__(self, sessions: Sequence[Playable], sharing: Sharing):
        self.sessions, self._sharing = sessions, sharing

    def __iter__(self) -> Iterator[Any]:
        """Play them to their ends; the steps of all, as they come."""
        playing, waiting = [session.play() for session in self.sessions], {}
        grants: dict[int, Shares | None] = dict.fromkeys(range(len(playing)))
        while grants:
            for user, share in grants.items():
                found = _next(playing[user], share)
                while found is not None and not isinstance(found, Asked):
                    yield found
                    found = _next(playing[user], None)
                if found is not None:
                    waiting[user] = found
            grants = self._decide(waiting)

    def _decide(self, waiting: dict[int, Asked]) -> dict[int, Shares]:
        """Grants of those who wait in the first slot, who then wait no more."""
        if not waiting:
            return {}
        now = min(one.slot for one in waiting.values())
        asked = {user: one for user, one in waiting.items() if one.slot == now}
        for user in asked:
            del waiting[user]
        return self._sharing(asked, len(self.sessions))


def _next(session: Generator[Any, Shares | None, None], share: Shares | None) -> Any:
    """What a session yields next; ``None`` at its end."""
    try:
        return session.send(share)
    except StopIteration:
        return None
