"""A cell: sessions of several users over one clock and one pool.

Every session has its own world, ends and course of the channel. They meet at the
scheduler alone. A session runs until it needs a grant; those that need one in the same
slot are decided on together.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

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


Playing = Generator[Any, Shares | None, None]


def played(sessions: Sequence[Playing], sharing: Sharing) -> Iterator[tuple[int, Any]]:
    """Play sessions over one pool: the number of the user, and a step of its session.

    Parameters
    ----------
    sessions : sessions that yield what they ask for, and steps
    sharing : the pool
    """
    waiting: dict[int, Asked] = {}
    grants: dict[int, Shares] = dict.fromkeys(range(len(sessions)))
    while grants:
        for user, share in grants.items():
            found = _next(sessions[user], share)
            while found is not None and not isinstance(found, Asked):
                yield user, found
                found = _next(sessions[user], None)
            if found is not None:
                waiting[user] = found
        now = min((one.slot for one in waiting.values()), default=0)
        asked = {user: one for user, one in waiting.items() if one.slot == now}
        for user in asked:
            del waiting[user]
        grants = sharing(asked, len(sessions)) if asked else {}


def _next(session: Playing, share: Shares | None) -> Any:
    """What a session yields next; ``None`` at its end."""
    try:
        return session.send(share)
    except StopIteration:
        return None
