"""SAC-Lagrangian on cells by the table: bids, powers and choices of users.

The replay holds rewards and costs apart, so that transitions of the past count with the
present multiplier. Actions are normal about the outputs of the network, squashed by a
hyperbolic tangent; the shipped policy takes the middle.

References
----------
T. Haarnoja et al., "Soft actor-critic algorithms and applications", arXiv 1812.05905.
"""

import time
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
from tf_agents.agents.sac.sac_agent import SacAgent
from tf_agents.distributions.utils import SquashToSpecNormal
from tf_agents.networks import network
from tf_agents.specs import BoundedTensorSpec
from tf_agents.trajectories.time_step import time_step_spec

from blocks.nn.scheduling.equivariant import WIDTHS, Equivariant
from blocks.schedulers.features import ASKS, FEATURES
from blocks.schedulers.sac_lagrangian import MODEL, OUTPUTS, SHIPPED, by_bids
from blocks.schedulers.sac_lagrangian import network as shipped
from experiments.allocation.agents.replay import Replay, transitions
from experiments.scheduling import traffic
from experiments.scheduling.asked import TrainSac, at_least, even, folder, one_of
from experiments.scheduling.cells import Cells
from experiments.scheduling.learning.card import publish
from experiments.scheduling.learning.multiplier import RULES, Multiplier
from experiments.scheduling.learning.ppo import Mean, begin
from experiments.scheduling.learning.training import SAID, SLOTS, Batch
from semlink.graph import compiled

EPISODES = 32  # of a batch; a step of learning takes so many new transitions
LEARNING_RATE, DISCOUNT, TARGET = 1e-3, 0.95, 0.01
SEEN, DRAWN, FEWEST = 100_000, 256, 5_000  # transitions
SCALE = 5.0  # of rewards, whose deviation is then about one
COLD = -4.0  # logarithm of the temperature at first; at 0 it undoes the first policy
# outputs at first: all are served, near nominal power, by the choices of the heuristic;
# then those of the deviations
FIRST = (1.0, 1.0, -1.0, -1.0, 1.0) + (1.0,) * OUTPUTS
ENTROPY = -float(OUTPUTS)  # of the action of a user, which the temperature holds


def train_sac(asked: TrainSac) -> None:
    """Train a policy, and write its weights with a card.

    Raises
    ------
    InputError
        An option is invalid.
    """
    one_of("rule", asked.rule, RULES)
    even("users", asked.users)
    at_least("batches", asked.batches, 1)
    folder(asked.output)
    began, known = time.monotonic(), {"model": MODEL, "form": SHIPPED}
    net, path = learnt(asked)
    batch = f"{EPISODES} episodes and {SLOTS} slots"
    publish(asked, net, known, path, began, batch)


class Set(tf.keras.layers.Layer):
    """As :class:`blocks.nn.scheduling.equivariant.Equivariant` : [N, K, D].

    Parameters
    ----------
    first : outputs of each user at first
    """

    def __init__(self, first: Sequence[float]):
        super().__init__()
        dense = tf.keras.layers.Dense
        self._own, self._both = (dense(width, "tanh") for width in WIDTHS)
        small = tf.keras.initializers.VarianceScaling(0.01)
        bias = tf.keras.initializers.Constant(first)
        self._last = dense(len(first), kernel_initializer=small, bias_initializer=bias)

    def call(self, seen):
        """Outputs of each user : [N, K, outputs]."""
        own, asks = self._own(seen), seen[..., ASKS : ASKS + 1]
        count = tf.maximum(tf.reduce_sum(asks, axis=-2, keepdims=True), 1)
        mean = tf.reduce_sum(own * asks, axis=-2, keepdims=True) / count
        joined = tf.concat([own, mean + tf.zeros_like(own)], axis=-1)
        return self._last(self._both(joined))

    def exported(self, outputs: int) -> list[np.ndarray]:
        """Weights in the order of the exported network, of its first outputs."""
        layers = self._own, self._both, self._last
        *inner, kernel, bias = (w for of in layers for w in of.get_weights())
        return [*inner, kernel[:, :outputs], bias[:outputs]]


class Actor(network.Network):
    """A distribution of actions : [N, K, F] -> [N, 5 K]."""

    def __init__(self, seen, action):
        super().__init__(seen, (), "actor")
        self._action, self.body = action, Set(FIRST)

    def call(self, seen, step_type=None, network_state=(), training=False):
        found = self.body(seen)
        middle, spread = (
            tf.reshape(part, (-1, seen.shape[-2] * OUTPUTS))
            for part in (found[..., :OUTPUTS], found[..., OUTPUTS:])
        )
        spread = tf.exp(tf.clip_by_value(spread - 2, -4.0, 0.5))
        normal = tfp.distributions.MultivariateNormalDiag(middle, spread)
        return SquashToSpecNormal(normal, self._action), network_state


class Critic(network.Network):
    """Value of a cell and of actions : ([N, K, F], [N, 5 K]) -> [N]."""

    def __init__(self, spec, name="critic"):
        super().__init__(spec, (), name)
        self._spec, self._body = spec, Set((0.0,))

    def call(self, both, step_type=None, network_state=(), training=False):
        seen, action = both
        action = tf.reshape(action, (-1, seen.shape[-2], OUTPUTS))
        asks = seen[..., ASKS : ASKS + 1]
        value = self._body(tf.concat([seen, action * asks], axis=-1))
        return tf.reduce_sum(value[..., 0], axis=-1), network_state

    def copy(self, **changes):
        return Critic(self._spec, changes.get("name", "critic"))


def make_agent(users: int, seed: int) -> SacAgent:
    """An agent with random weights from a seed."""
    begin(seed)
    seen = tf.TensorSpec((users, FEATURES), tf.float32)
    action = BoundedTensorSpec((users * OUTPUTS,), tf.float32, -1, 1)
    adam = tf.keras.optimizers.legacy.Adam
    agent = SacAgent(
        time_step_spec(seen),
        action,
        critic_network=Critic((seen, action)),
        actor_network=Actor(seen, action),
        actor_optimizer=adam(LEARNING_RATE),
        critic_optimizer=adam(LEARNING_RATE),
        alpha_optimizer=adam(LEARNING_RATE),
        initial_log_alpha=COLD,
        target_entropy=ENTROPY * users,
        target_update_tau=TARGET,
        gamma=DISCOUNT,
        train_step_counter=tf.Variable(0, dtype=tf.int64),
    )
    agent.initialize()
    return agent


class Learner:
    """An agent with its replay, and cells in which it acts.

    Parameters
    ----------
    asked : options of the run
    """

    def __init__(self, asked: TrainSac):
        self._asked, self._begun, self._played = asked, 0, 0
        self.agent, self._replay = make_agent(asked.users, asked.seed), Replay(SEEN)
        self._rng = np.random.default_rng([asked.seed, 1])
        self._cells = Cells(traffic.cell(asked.users))
        self._train = compiled(self.agent.train, level="graph", name="scheduling.sac")
        self._draw = compiled(self._drawn, level="graph", name="scheduling.bids")
        self._begin()

    def batch(self, multiplier: float) -> tuple[float, float]:
        """Act and learn for some slots; the mean reward and cost of one."""
        gained = [self._step(multiplier) for _ in range(SLOTS)]
        reward, cost = np.mean(gained, axis=(0, 2))
        return float(reward), float(cost)

    def _step(self, multiplier: float) -> np.ndarray:
        """Act in a slot, and learn from a draw of the replay : [2, B]."""
        if self._cells.ends:
            self._begin()
        cells, rng = self._cells, self._rng
        seen, seed = cells.seen, rng.integers(2**31, size=2, dtype=np.int32)
        action = self._draw(seen, seed).numpy()
        asks = cells.demands, cells.pool
        bids = action.reshape(len(seen), -1, OUTPUTS)
        gained = np.float32(cells.step(by_bids(bids, *asks)))
        self._replay.add(seen, action, *gained, cells.seen)
        self._played += len(seen)
        if self._played >= FEWEST:
            before, action, reward, cost, after = self._replay.sample(rng, DRAWN)
            both = SCALE * (reward - multiplier * cost) / (1 + multiplier)
            goes_on = np.zeros(DRAWN, bool)  # a course is endless
            both = both.astype(np.float32)
            self._train(transitions(before, action, both, after, goes_on))
        return gained

    def _drawn(self, seen, seed):
        return self.agent._actor_network(seen)[0].sample(seed=seed)

    def _begin(self) -> None:
        first = traffic.TRAINING + 100_000 * self._asked.seed + EPISODES * self._begun
        self._cells.reset(range(first, first + EPISODES))
        self._begun += 1


def learnt(asked: TrainSac) -> tuple[Equivariant, list[Batch]]:
    """The trained network, and the means of all batches."""
    learner, path, mean = Learner(asked), [], Mean()
    multiplier = Multiplier(asked.limit, RULES[asked.rule])
    for number in range(asked.batches):
        weight = multiplier.value
        reward, cost = learner.batch(weight)
        path.append(Batch(number, reward, cost, weight))
        multiplier(cost)
        actor = learner.agent._actor_network
        mean(actor.body.exported(OUTPUTS), (number + 1) / asked.batches)
        if number % SAID == 0:
            print(" ".join(f"{value:.4g}" for value in path[-1]), flush=True)
    net = shipped()
    net.set_weights(mean.weights)
    return net, path
