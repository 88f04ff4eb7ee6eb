"""A cell: queues, deadlines and channels of many users in many episodes.

In each slot, frames arrive, those beyond their deadline leave, the scheduler shares the
pool among the oldest frames, and what is sent arrives or not. The scheduler sees what a
sender's end knows: its queues, what the table expects of their frames, and what was
reported some slots ago: states, in steps of 1 dB, and of the frames since the report
before the utility by weight and the mean utility, in steps of 1/8.
"""

from collections import deque
from collections.abc import Sequence

import numpy as np

from semlink.contracts.schedulers import check_shares
from semlink.loop.pool import (
    Demands,
    Pool,
    Scheduler,
    Shares,
    planned_db,
    smoothed,
)
from semlink.loop.traffic.arrivals import ArrivalProcess
from semlink.loop.traffic.config import LEVELS, TrafficConfig
from semlink.loop.traffic.queues import Queues
from semlink.loop.traffic.records import Feedback, Offer, Tally
from semlink.loop.traffic.service import Received, Sending, Service
from semlink.loop.traffic.states import States
from semlink.loop.traffic.streams import Stream, uniform
from semlink.rng import seed_of
from semlink.units import db_to_linear

WAITS = 256  # slots
STEP = 1 / 8  # of reported utility


class CellEnvironment:
    """Episodes of a cell, side by side.

    Parameters
    ----------
    config : traffic
    service : delivers frames

    Attributes
    ----------
    slot : number of the present slot
    begun : what came of its beginning, which its step counts
    waits : [B, K, WAITS], frames delivered after so many slots; the last are later ones
    """

    def __init__(self, config: TrafficConfig, service: Service):
        self.config, self._service = config, service
        users = config.each
        self._deadline = np.array([user.deadline_slots for user in users])
        self._priority = np.array([user.priority for user in users])
        self._uses = np.array([user.uses for user in users])
        self._margin = np.array([user.margin_db for user in users])
        self._again = np.array([user.retransmissions for user in users])
        self._transmitter = np.array([service.number(u.transmitter) for u in users])
        others = [u.alternative for u in users]
        self._alternative = np.array(
            [-1 if other is None else service.number(other) for other in others]
        )
        self._alternative_uses = np.array([u.alternative_uses or 0 for u in users])
        self._levels = np.cumsum([user.importance for user in users], axis=1)
        self._contents = _cumulated([user.contents for user in users])
        self._urgency = 2.0**self._priority
        offsets = np.array([user.fading.offset_db for user in users])
        self._mean_db = config.snr_db + offsets
        self._announced = config.signalling.grant  # channel uses of a grant

    def reset(self, seeds: Sequence[int]) -> Demands:
        """Begin episodes, one for each seed; the demands of their first slot."""
        shape = len(seeds), self.config.num_users
        self.slot, self._zero = 0, np.zeros(shape)
        self._start(seeds)
        self._kinds = Stream(seeds, "kinds of frames", (2, shape[1]), uniform)
        self._pictures = Stream(seeds, "pictures of frames", (shape[1],), uniform)
        self._chance = Stream(seeds, "deliveries", (shape[1],), uniform)
        self._queues = Queues(shape, self.config.queue)
        self._attempts, self._most = np.zeros((2, *shape), int)
        self.waits = np.zeros((*shape, WAITS), int)
        self._reported_db = np.full(shape, np.nan)
        self._value = self._judged = self._utility = self._zero  # since the last report
        self._gained, self._quality = self._zero, np.full(shape, np.nan)  # by reports
        self._reports = deque([None] * self.config.signalling.delay_slots)
        self.begun, self._asks = self._begin(), None
        return self.demands

    def _start(self, seeds: Sequence[int]) -> None:
        """Start the processes of channels and arrivals."""
        each = self.config.each
        self._states = States([user.fading for user in each], seeds, self.config.snr_db)
        self._arrivals = ArrivalProcess([user.arrivals for user in each], seeds)

    def step(self, shares: Shares) -> Tally:
        """Serve the oldest frames; then the next slot begins."""
        tally = self._serve(shares)
        self._value = self._value + tally.value
        self._judged = self._judged + tally.delivered + tally.lost
        self._utility = self._utility + tally.utility
        self.slot += 1
        after, self.begun, self._asks = self.begun, self._begin(), None
        return tally + after

    @property
    def demands(self) -> Demands:
        """What users ask for in this slot : [B, K]."""
        if self._asks is None:
            self._asks = self._demands()
        return self._asks

    @property
    def pool(self) -> Pool:
        """What there is to share in this slot."""
        config = self.config
        return Pool(config.uses, config.power_db, self.slot, config.price)

    def _begin(self) -> Tally:
        """Frames arrive and expire; states are reported."""
        zero, comes = self._zero, self._arrivals()
        (refused, harm), gone = self._arrive(comes), zero
        while (late := self._late()).any():
            harm = harm + np.where(late, self._queues.weight * self._urgency, 0.0)
            self._leave(late)
            gone = gone + late
        signalling = self._report()
        return Tally(
            arrived=comes + zero, delivered=zero, expired=gone, refused=refused,
            lost=zero, utility=zero, weight=harm, value=zero, harm=harm, wait=zero,
            attempts=zero, uses=zero, energy=zero, signalling=signalling,
        )  # fmt: skip

    def _report(self) -> np.ndarray:
        """States change and are reported; the channel uses of reports : [B, K]."""
        told, self._state_db = self.config.signalling, self._states()
        reports = self.slot % told.report_slots == 0
        self._reports.append(self._reported() if reports else None)
        arrives, self._gained = self._reports.popleft(), self._zero
        if arrives is not None:
            self._reported_db, feedback = arrives
            self._take(feedback)
        return self._zero + (told.report if reports else 0)

    def _reported(self) -> tuple[np.ndarray, Feedback]:
        """States, and what came of the frames since the last report."""
        return np.round(self._state_db), self._feedback()

    def _feedback(self) -> Feedback:
        """What came of the frames since the last report; the sums begin anew."""
        mean = self._utility / np.where(self._judged > 0, self._judged, np.nan)
        parts = (STEP * np.round(part / STEP) for part in (self._value, mean))
        self._value = self._judged = self._utility = self._zero
        return Feedback(*parts)

    def _take(self, feedback: Feedback) -> None:
        """Let the sender's end know what was reported."""
        self._gained = feedback.gained
        self._quality = smoothed(self._quality, feedback.quality)

    def _arrive(self, comes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Let frames join the queues; how many found no room, and their weight."""
        level, content = np.moveaxis(self._kinds(), 1, 0)
        weight = self._weights(level)
        content = (content[..., None] >= self._contents).sum(-1)
        kind = weight, content, self._pictures()
        refused, left = self._zero, comes
        while (now := left > 0).any():
            refused = refused + self._queues.push(now, self.slot, *kind)
            left = left - now
        return refused, refused * weight * self._urgency

    def _weights(self, level: np.ndarray) -> np.ndarray:
        """Importance of frames, by uniform numbers : [B, K]."""
        level = (level[..., None] >= self._levels).sum(-1)
        return np.array(LEVELS)[np.minimum(level, len(LEVELS) - 1)]

    def _late(self) -> np.ndarray:
        """Whose oldest frame can no longer arrive in time : [B, K], bool."""
        waited = self.slot - self._queues.arrived
        return (self._queues.count > 0) & (waited + 1 > self._deadline)

    def _leave(self, leaves: np.ndarray) -> None:
        self._queues.pop(leaves)
        self._attempts = np.where(leaves, 0, self._attempts)

    def _serve(self, shares: Shares) -> Tally:
        """Send the oldest frame of whoever has a grant."""
        queues, zero = self._queues, self._zero
        grant = self._announced
        sent = (queues.count > 0) & (shares.uses > 0)
        uses = np.where(sent, np.maximum(shares.uses - grant, 0), 0)
        got = self._delivered(uses, shares)
        arrives = got.arrives
        is_first = sent & (self._attempts == 0)
        self._most = np.where(is_first, shares.retransmissions, self._most)
        self._attempts = self._attempts + sent
        gives_up = sent & ~arrives & (self._attempts > self._most)
        leaves = arrives | gives_up
        weight = np.where(leaves, queues.weight * self._urgency, 0.0)
        utility = np.where(arrives, got.utility, np.where(gives_up, got.floor, 0.0))
        wait = np.where(arrives, self.slot - queues.arrived + 1, 0)
        which = *np.nonzero(arrives), np.minimum(wait[arrives], WAITS - 1)
        self.waits[which] += 1  # a user has one frame in a slot
        self._leave(leaves)
        return Tally(
            arrived=zero, delivered=arrives + zero, expired=zero, refused=zero,
            lost=gives_up + zero, utility=utility, weight=weight,
            value=weight * utility, harm=np.where(gives_up, weight, 0.0), wait=wait,
            attempts=sent + zero, uses=got.spent,
            energy=got.spent * db_to_linear(shares.power_db),
            signalling=np.where(sent, grant, 0) + zero,
        )  # fmt: skip

    def _delivered(self, uses: np.ndarray, shares: Shares) -> Received:
        """What becomes of the oldest frames."""
        return self._service(self._sending(uses, shares), self._chance())

    def _sending(self, uses: np.ndarray, shares: Shares) -> Sending:
        """What is sent, planned for the state that was reported."""
        known, reserve = self._known_db, self._margin
        plan = planned_db(known, reserve, shares.power_db, shares.redundancy)
        met_db, queues = self._state_db + shares.power_db, self._queues
        of = queues.content, queues.picture
        return Sending(shares.transmitter, met_db, plan, uses, *of)

    @property
    def _known_db(self) -> np.ndarray:
        """Reported states, or the long-term means before the first : [B, K]."""
        return np.nan_to_num(self._reported_db, nan=self._mean_db)

    def _demands(self) -> Demands:
        queues, shape = self._queues, self._zero.shape
        waited = self.slot - queues.arrived
        each = self._again, self._priority, self._alternative
        again, priority, alternative = (np.broadcast_to(v, shape) for v in each)
        own = self._offer(self._transmitter, self._uses)
        other = self._offer(self._alternative, self._alternative_uses)
        return Demands(
            uses=own.uses,
            most=np.maximum(own.uses, other.uses),
            least=own.least,
            transmitter=np.broadcast_to(self._transmitter, shape),
            retransmissions=again,
            state_db=self._reported_db,
            backlog=queues.count.astype(float),
            wait_slots=np.where(queues.count > 0, waited, 0).astype(float),
            left_slots=np.where(queues.count > 0, self._deadline - waited, np.inf),
            priority=priority,
            importance=np.where(queues.count > 0, queues.weight, 1.0),
            prior=own.prior,
            gained=self._gained,
            quality=self._quality,
            alternative=alternative,
            alternative_uses=other.uses,
            alternative_least=other.least,
            alternative_prior=other.prior,
            needs_db=own.needs_db,
            alternative_needs_db=other.needs_db,
        )

    def _offer(self, transmitter: np.ndarray, uses: np.ndarray) -> Offer:
        """What frames need, and should bring, by transmitters [K]; -1: none."""
        shape, plan = self._zero.shape, self._known_db - self._margin
        prior, held = np.full(shape, np.nan), transmitter >= 0
        if not held.any():
            zero = np.zeros(shape, int)
            return Offer(zero, zero, prior, prior)
        place = np.maximum(transmitter, 0)
        if self.config.prior == "table":
            known = self._service.expects(place, plan, uses, self._queues.content)
            prior = np.where(held, known, prior)
        least = np.where(held, self._least(place, plan) + self._announced, 0)
        needs_db = np.where(held, self._sure_db(place, uses) - plan, np.nan)
        return Offer(np.broadcast_to(uses, shape), least, prior, needs_db)

    def _sure_db(self, transmitter: np.ndarray, uses: np.ndarray) -> np.ndarray:
        """State that a grant of so many channel uses needs [dB]; NaN if unknown."""
        if self.config.prior == "none":
            return np.full(np.shape(uses), np.nan)
        return self._service.least_db(transmitter, uses - self._announced)

    def _least(self, transmitter: np.ndarray, planned_db: np.ndarray) -> np.ndarray:
        """Fewest channel uses that hold a signal : [B, K]."""
        return self._service.least(transmitter, planned_db)


def played(
    environment: CellEnvironment, scheduler: Scheduler, seeds: Sequence[int]
) -> Tally:
    """Play episodes to their end; sums over their slots : [B, K].

    Parameters
    ----------
    environment : of the cell
    scheduler : built component
    seeds : root of each episode
    """
    demands, memory, total = environment.reset(seeds), None, None
    draws = np.random.default_rng([seed_of(seed, "scheduler") for seed in seeds])
    for _ in range(environment.config.slots):
        pool = environment.pool
        shares, memory = scheduler(demands, pool, memory, draws)
        check_shares(f"scheduler {type(scheduler).__name__}", demands, pool, shares)
        tally = environment.step(shares)
        total = tally if total is None else total + tally
        demands = environment.demands
    return total


def _cumulated(shares: Sequence[Sequence[float]]) -> np.ndarray:
    """Cumulative shares of the users [K, C], of as many classes for all."""
    most = max(map(len, shares))
    table = [list(one) + [0.0] * (most - len(one)) for one in shares]
    return np.cumsum(table, axis=1)[:, :-1] + 1e-12
