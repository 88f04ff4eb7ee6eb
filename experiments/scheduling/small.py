"""A cell that is small enough to be solved: two users, one is served in a slot.

The state is the channel of each user, of three, and its queue, from 0 to 4 frames. A
channel is a Markov chain; a frame arrives with a fixed probability in each slot, so
that a queue is a Markov chain, too. Action 0 serves nobody, action k serves user k - 1.
The oldest frame of the user that is served arrives with the probability of its channel.
To serve an empty queue is to serve nobody. Then the channels move, and frames arrive; a
frame that finds its queue full is lost.

The reward of a slot is the importance of what is delivered, less the price of the
slot if it is used. The cost is the lost frames of the first user, which is the urgent
one, although its frames are of less importance: the limit alone makes it served.
"""

from typing import NamedTuple

import numpy as np

from experiments.scheduling.exact import Problem
from semlink.loop.pool import Demands, Pool, Scheduler
from semlink.units import db_to_linear, linear_to_db

USERS, CHANNELS, LEVELS = 2, 3, 5
SHAPE = (CHANNELS, CHANNELS, LEVELS, LEVELS)  # of the states
STATES, ACTIONS = int(np.prod(SHAPE)), 1 + USERS
USES = 1_000  # channel uses of a slot, all of which a frame takes


class Cell(NamedTuple):
    """Parameters of the cell.

    moves : probabilities of the next channel, by channel
    delivery : probability that a frame arrives, by channel
    arrivals : probability of a frame in a slot, by user
    importance : of a frame, by user
    price : what a slot that is used costs
    limit : lost frames of the urgent user in a slot
    deadlines : of the frames, by user [slots]; for schedulers that ask
    """

    moves: tuple = ((0.6, 0.4, 0.0), (0.2, 0.6, 0.2), (0.0, 0.4, 0.6))
    delivery: tuple = (0.25, 0.6, 0.95)
    arrivals: tuple = (0.2, 0.6)
    importance: tuple = (1.0, 3.0)
    price: float = 0.5
    limit: float = 0.01
    deadlines: tuple = (10.0, 20.0)


CELL = Cell()


class Parts(NamedTuple):
    """Channels and queues of states; all arrays [..., 2].

    channel : int, 0 to 2, from bad to good
    queue : int, frames that wait, 0 to 4
    """

    channel: np.ndarray
    queue: np.ndarray


def parts(states) -> Parts:
    """Channels and queues of states [...]."""
    found = np.stack(np.unravel_index(states, SHAPE), axis=-1)
    return Parts(found[..., :USERS], found[..., USERS:])


def together(of: Parts) -> np.ndarray:
    """Numbers of states : [...]."""
    each = np.concatenate([of.channel, of.queue], axis=-1)
    return np.ravel_multi_index(tuple(np.moveaxis(each, -1, 0)), SHAPE)


def problem(cell: Cell = CELL) -> Problem:
    """The cell as transitions, rewards and costs."""
    moves, chain = np.array(cell.moves), np.zeros((STATES, ACTIONS, STATES))
    of = parts(np.arange(STATES))
    channels = moves[of.channel[:, 0]][:, :, None] * moves[of.channel[:, 1]][:, None]
    delivered = _deliveries(cell, of)  # [S, A, 2]
    for action in range(ACTIONS):
        first, second = (
            _next_queue(of.queue[:, k], delivered[:, action, k], cell.arrivals[k])
            for k in range(USERS)
        )
        queues = first[:, :, None] * second[:, None]
        each = channels[:, :, :, None, None] * queues[:, None, None]
        chain[:, action] = each.reshape(STATES, STATES)
    used = delivered.sum(-1) > 0
    reward = delivered @ np.array(cell.importance) - cell.price * used
    full = (of.queue[:, :1] == LEVELS - 1) * (1 - delivered[..., 0])
    return Problem(chain, reward, cell.arrivals[0] * full, cell.limit)


def _deliveries(cell: Cell, of: Parts) -> np.ndarray:
    """Mean frames that are delivered : [..., 3, 2], by action and user."""
    arrives = np.where(of.queue > 0, np.array(cell.delivery)[of.channel], 0.0)
    return np.eye(ACTIONS)[:, 1:] * arrives[..., None, :]


def _next_queue(queue, delivered, arrival: float) -> np.ndarray:
    """Probabilities of the next length of a queue : [S, 5]."""
    levels, found = np.eye(LEVELS), 0.0
    for leaves, chance in ((0, 1 - delivered), (1, delivered)):
        for comes, odds in ((0, 1 - arrival), (1, arrival)):
            after = np.clip(queue - leaves + comes, 0, LEVELS - 1)
            found = found + (chance * odds)[:, None] * levels[after]
    return found


def random_policy() -> np.ndarray:
    """Users whose frames wait with equal chances, as of scheduler ``random``."""
    asks = parts(np.arange(STATES)).queue > 0
    count = asks.sum(axis=1, keepdims=True)
    chosen = asks / np.maximum(count, 1)
    return np.concatenate([1.0 * (count == 0), chosen], axis=1)


def demands(of: Parts, gained=0.0, cell: Cell = CELL) -> Demands:
    """What the users ask for, as schedulers see it : [..., 2].

    The reported Es/N0 is that of a rate of twice the probability of delivery. The
    state holds no ages: a frame has waited the mean time of its queue's arrivals.

    Parameters
    ----------
    of : channels and queues
    gained : importance of what the last slot delivered : [..., 2]
    cell : parameters
    """
    asks, zero = of.queue > 0, np.zeros(of.queue.shape, int)
    rate = 2 * np.array(cell.delivery)[of.channel]
    waited = of.queue / np.array(cell.arrivals)
    left = np.maximum(np.array(cell.deadlines) - waited, 0.0)
    return Demands(
        uses=zero + USES, most=zero + USES, least=zero, transmitter=zero,
        retransmissions=zero, state_db=linear_to_db(2.0**rate - 1),
        backlog=of.queue.astype(float), wait_slots=waited,
        left_slots=np.where(asks, left, np.inf),
        priority=np.broadcast_to([1, 0], zero.shape),
        importance=np.broadcast_to(np.array(cell.importance), zero.shape),
        prior=np.full(zero.shape, np.nan), gained=zero + gained,
        quality=np.full(zero.shape, np.nan), alternative=zero - 1,
        alternative_uses=zero, alternative_least=zero,
        alternative_prior=np.full(zero.shape, np.nan),
        needs_db=np.full(zero.shape, np.nan),
        alternative_needs_db=np.full(zero.shape, np.nan),
    )  # fmt: skip


def actions_of(scheduler: Scheduler, of: Parts, memory, draws, gained=0.0):
    """Actions of a scheduler : [...], int, and its new memory.

    Whoever has the most energy of a slot is served in it; at equal energies, the first.
    """
    shares, memory = scheduler(
        demands(of, gained), Pool(USES, price=CELL.price), memory, draws
    )
    energy = shares.uses * db_to_linear(shares.power_db)
    served = np.argmax(energy, axis=-1) + 1
    return np.where(energy.max(axis=-1) > 0, served, 0), memory


class Course:
    """Many courses of the cell side by side, from empty queues.

    Parameters
    ----------
    count : B, courses
    seed : root of all randomness
    cell : parameters

    Attributes
    ----------
    at : channels and queues : [B, 2]
    gained : importance of what the last slot delivered : [B, 2]
    """

    def __init__(self, count: int, seed: int, cell: Cell = CELL):
        self._cell, self._draws = cell, np.random.default_rng(seed)
        self._problem = problem(cell)
        self._moves = np.cumsum(cell.moves, axis=1)[:, :-1]
        shape = (count, USERS)
        self.at = Parts(np.ones(shape, int), np.zeros(shape, int))
        self.gained = np.zeros(shape)

    def step(self, action: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Serve by actions [B]; mean rewards and costs of state and action : [B]."""
        cell, (channel, queue) = self._cell, self.at
        at = together(self.at), action
        chance, turn, news = self._draws.random((3, *queue.shape))
        served = (action[:, None] == np.arange(1, ACTIONS)) & (queue > 0)
        arrives = served & (chance < np.array(cell.delivery)[channel])
        self.gained = arrives * np.array(cell.importance)
        queue = queue - arrives + (news < np.array(cell.arrivals))
        channel = np.sum(turn[..., None] >= self._moves[channel], axis=-1)
        self.at = Parts(channel, np.minimum(queue, LEVELS - 1))
        return self._problem.reward[at], self._problem.cost[at]
