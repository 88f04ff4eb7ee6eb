"""Trained offline, adapted online: ``drift_plus_penalty`` whose price of power learns.

A base sets the price ``v`` of power and the urgency: a policy that was trained offline,
in each slot, or two numbers that were tuned offline. Experts scale ``v`` by a factor
each; one of them decides for a block of decisions. It begins with the factor 1, which
is the base itself.

What an expert would have gained is predicted from what it would have granted to the
same demands, by a model that is learned from reports (``Demands.gained``): a grant
gains the weight of its frame times a utility of the Es/N0 it is sent at
(:class:`Model`), less the price of its energy (``Pool.price``). So every block informs
about all experts. Their weights follow by exponential weights with fixed share
(:class:`Weights`), which track the best expert as load, channels, importance or prices
move. Predictions are of the slot alone: they do not count what a grant leaves of the
queues.

References
----------
M. Herbster, M. K. Warmuth, "Tracking the best expert", Machine Learning 32, 1998.
N. Cesa-Bianchi, G. Lugosi, "Prediction, learning, and games", Cambridge, 2006.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple

import numpy as np
from pydantic import Field

from blocks.schedulers import ppo_lagrangian
from blocks.schedulers.drift_plus_penalty import Alternative, DriftPlusPenalty, Price
from semlink.errors import InputError
from semlink.loop.pool import MOST_REDUNDANCY, Demands, Pool, Shares
from semlink.units import db_to_linear

LEVELS_DB = np.arange(-6.0, 25.0, 3.0)  # knots of utility over Es/N0
RIDGE = 1e-3
FEWEST = 8  # blocks before the weights move


class Weights(NamedTuple):
    """Exponential weights with fixed share, for gains from 0 to 1.

    With K experts and T rounds, the expected gain is at most
    ``(ln K + S ln(K / share) - T ln(1 - share)) / rate + rate T / 8`` below that of any
    sequence of experts that changes S times.

    rate : of learning
    share : part of the weights that all experts share anew in each round
    """

    rate: float
    share: float

    def learnt(self, weights: np.ndarray, gains: np.ndarray) -> np.ndarray:
        """Weights [..., K] after the gains of a round [..., K]."""
        best = gains.max(axis=-1, keepdims=True)
        raised = weights * np.exp(self.rate * (gains - best))
        raised = raised / raised.sum(axis=-1, keepdims=True)
        return (1 - self.share) * raised + self.share / weights.shape[-1]

    def bound(self, experts: int, rounds: int, changes: int = 0) -> float:
        """Largest expected regret to a sequence of experts."""
        paths = np.log(experts) - rounds * np.log1p(-self.share)
        if changes:
            paths += changes * np.log(experts / self.share)
        return paths / self.rate + self.rate * rounds / 8


class Model(NamedTuple):
    """Gain of grants by discounted least squares; arrays [...].

    A utility is piecewise linear in Es/N0, for each transmitter. Where nothing was
    sent, it is that of the levels beside it.

    gram : of the properties of a user's grants : [..., F, F]
    moment : of properties and gains : [..., F]
    """

    gram: np.ndarray
    moment: np.ndarray

    @property
    def slope(self) -> np.ndarray:
        """Gain of each property : [..., F]."""
        bent = np.diff(np.eye(len(LEVELS_DB)), axis=0)
        kinds = self.moment.shape[-1] // len(LEVELS_DB)
        smooth = np.kron(np.eye(kinds), bent.T @ bent + RIDGE * np.eye(len(bent.T)))
        return np.linalg.solve(self.gram + smooth, self.moment[..., None])[..., 0]

    def learnt(self, granted: np.ndarray, gained: np.ndarray, kept: float) -> "Model":
        """The model after a block.

        Parameters
        ----------
        granted : properties of the grants of each user : [..., K, F]
        gained : what was reported of each user : [..., K]
        kept : weight of the blocks before it
        """
        across = np.swapaxes(granted, -1, -2)
        moment = (across @ gained[..., None])[..., 0]
        return Model(kept * self.gram + across @ granted, kept * self.moment + moment)


def properties(demands: Demands, shares: Shares, kinds: int) -> np.ndarray:
    """The weight of a grant's frame at the levels beside its Es/N0 : [..., K, F].

    There are levels for each of the kinds of transmitters.
    """
    sent = shares.uses > 0
    snr_db = np.nan_to_num(demands.state_db) + shares.power_db
    step = LEVELS_DB[1] - LEVELS_DB[0]
    place = np.clip((snr_db - LEVELS_DB[0]) / step, 0, len(LEVELS_DB) - 1)
    near = np.maximum(1 - np.abs(place[..., None] - np.arange(len(LEVELS_DB))), 0.0)
    weight = np.where(sent, demands.importance * 2.0**demands.priority, 0.0)
    kind = np.minimum(shares.transmitter, kinds - 1)[..., None] == np.arange(kinds)
    at = (weight[..., None] * kind)[..., None] * near[..., None, :]
    return at.reshape(*sent.shape, -1)


def bill(pool: Pool, shares: Shares) -> np.ndarray:
    """Price of the energy of grants [..., K] : [...]."""
    energy = np.sum(shares.uses * db_to_linear(shares.power_db), axis=-1)
    return pool.price * energy / np.maximum(pool.uses, 1)


class Memory(NamedTuple):
    """What is remembered; arrays [...] but for the first two.

    decisions : of the present block
    blocks : that have ended
    weights : of the experts : [..., E]
    expert : int, of the present block
    granted, gained : of the present block : [..., K, F], [..., K]
    would, bills : properties and price of what experts would have granted in it :
        [..., E, F], [..., E]
    scale : mean difference of the best and the worst expert's gain
    model : of gains
    """

    decisions: int
    blocks: int
    weights: np.ndarray
    expert: np.ndarray
    granted: np.ndarray
    gained: np.ndarray
    would: np.ndarray
    bills: np.ndarray
    scale: np.ndarray
    model: Model


class Online:
    """Scales the price of power of a base by experts.

    Parameters
    ----------
    base : (demands, pool) -> v and urgency [...]; ``scheme`` of ``drift_plus_penalty``
    factors : of v, one for each expert; an odd number, the middle one is 1
    block : decisions of a block
    weights : of the experts
    kept : weight of a block in the model, over that of the next one
    explore : share of the blocks in which all experts are equally likely
    """

    def __init__(self, base, factors, block: int, weights: Weights, kept, explore):
        self._base, self._factors, self._block = base, factors, block
        self._weights, self._kept, self._explore = weights, kept, explore

    def __call__(self, demands, pool, memory, draws):
        """Shares of ``drift_plus_penalty`` at the price of the present expert."""
        now = self._begun(demands) if memory is None else memory
        now = now._replace(gained=now.gained + demands.gained)
        if now.decisions == self._block:
            now = self._ended(now, draws)
        all_shares = self._by_all(demands, pool)
        kinds = now.model.moment.shape[-1] // len(LEVELS_DB)
        wide = Demands(*(part[..., None, :] for part in demands))
        each = properties(wide, all_shares, kinds)  # [..., E, K, F]
        wide_pool = pool._replace(uses=np.expand_dims(pool.uses, -1))
        own = now.expert[..., None, None]
        shares = (np.take_along_axis(part, own, -2)[..., 0, :] for part in all_shares)
        granted = np.take_along_axis(each, own[..., None], -3)[..., 0, :, :]
        return Shares(*shares), now._replace(
            decisions=now.decisions + 1,
            granted=now.granted + granted,
            would=now.would + each.sum(axis=-2),
            bills=now.bills + bill(wide_pool, all_shares),
        )

    def _by_all(self, demands: Demands, pool: Pool) -> Shares:
        """Shares of all experts : [..., E, K]."""
        v, urgency = self._base(demands, pool)
        price, experts = v[..., None] * self._factors, len(self._factors)
        shape = *demands.uses.shape[:-1], experts, demands.uses.shape[-1]
        wide = Demands(*(np.broadcast_to(p[..., None, :], shape) for p in demands))
        pool = pool._replace(
            uses=np.broadcast_to(np.expand_dims(pool.uses, -1), shape[:-1])
        )
        rule = DriftPlusPenalty(price, urgency[..., None, None], **self._base.scheme)
        return rule(wide, pool, None, None)[0]

    def _begun(self, demands: Demands) -> Memory:
        users, experts = demands.uses.shape[-1], len(self._factors)
        shape = demands.uses.shape[:-1]
        places = np.maximum(demands.transmitter, demands.alternative)
        size = (int(places.max(initial=0)) + 1) * len(LEVELS_DB)
        return Memory(
            decisions=0,
            blocks=0,
            weights=np.full((*shape, experts), 1 / experts),
            expert=np.full(shape, experts // 2),
            granted=np.zeros((*shape, users, size)),
            gained=np.zeros((*shape, users)),
            would=np.zeros((*shape, experts, size)),
            bills=np.zeros((*shape, experts)),
            scale=np.zeros(shape),
            model=Model(np.zeros((*shape, size, size)), np.zeros((*shape, size))),
        )

    def _ended(self, now: Memory, draws) -> Memory:
        """Learn from a block, and draw the expert of the next one."""
        model = now.model.learnt(now.granted, now.gained, self._kept)
        gains = np.sum(now.would * model.slope[..., None, :], axis=-1) - now.bills
        spread = np.ptp(gains, axis=-1)
        fresh = max(1 - self._kept, 1 / (now.blocks + 1))
        scale = now.scale + fresh * (spread - now.scale)
        experts = now.weights.shape[-1]
        weights, likely = now.weights, np.arange(experts) == experts // 2
        if now.blocks >= FEWEST:
            best = gains.max(axis=-1, keepdims=True)
            below = (gains - best) / np.maximum(2 * scale[..., None], 1e-9)
            likely = weights = self._weights.learnt(weights, np.clip(1 + below, 0, 1))
        chances = (1 - self._explore) * likely + self._explore / experts
        level = draws.random(now.expert.shape)[..., None]
        return now._replace(
            decisions=0,
            blocks=now.blocks + 1,
            weights=weights,
            expert=np.sum(level >= np.cumsum(chances, axis=-1)[..., :-1], axis=-1),
            granted=0 * now.granted,
            gained=0 * now.gained,
            would=0 * now.would,
            bills=0 * now.bills,
            scale=scale,
            model=model,
        )


class Tuned(NamedTuple):
    """A base of two numbers."""

    v: float
    urgency: float
    scheme: Mapping[str, Any] = MappingProxyType({})

    def __call__(self, demands, pool):
        """The same in each slot."""
        ones = np.ones(demands.uses.shape[:-1])
        return self.v * ones, self.urgency * ones


def build(
    policy: str | None = None,
    v: Price = 1.0,
    urgency: Price = 4.0,
    experts: Annotated[int, Field(ge=3, le=33)] = 5,
    ratio: Annotated[float, Field(gt=1, le=100)] = 2.0,
    block: Annotated[int, Field(ge=1, le=1_000_000)] = 32,
    rate: Annotated[float, Field(gt=0, le=100)] = 10.0,
    share: Annotated[float, Field(ge=0, lt=1)] = 0.01,
    kept: Annotated[float, Field(gt=0, lt=1)] = 0.95,
    explore: Annotated[float, Field(ge=0, le=1)] = 0.02,
    alternative: Alternative = "never",
    fits: bool = False,
    redundancy: Annotated[int, Field(ge=0, le=MOST_REDUNDANCY)] = 0,
) -> Online:
    """Build the scheduler.

    Parameters
    ----------
    policy : ``ppo_lagrangian`` policy of the form ``parameters``, a name or a folder;
        by default the base is ``v`` and ``urgency``
    v, urgency : of the base without a policy
    experts : factors of v, an odd number
    ratio : of neighbouring factors
    block : decisions of a block
    rate : of learning of the experts' weights
    share : part of the weights that all experts share anew after each block
    kept : weight of a block in the model of gains, over that of the next one
    explore : share of the blocks in which all experts are equally likely
    alternative, fits, redundancy : of ``drift_plus_penalty``, without a policy

    Raises
    ------
    InputError
        The number of experts is even, or the policy has another form.
    """
    if experts % 2 == 0:
        raise InputError(f"experts must be an odd number, got {experts}")
    scheme = {"alternative": alternative, "fits": fits, "redundancy": redundancy}
    base = Tuned(v, urgency, scheme) if policy is None else _trained(policy)
    factors = float(ratio) ** (np.arange(experts) - experts // 2)
    return Online(base, factors, block, Weights(rate, share), kept, explore)


class Trained(NamedTuple):
    """A base of a policy, whose rule is that of the policy."""

    made: ppo_lagrangian.PpoLagrangian
    scheme: Mapping[str, Any] = MappingProxyType(ppo_lagrangian.SCHEME)

    def __call__(self, demands, pool):
        """What the policy says in this slot."""
        return self.made.parameters(demands, pool)


def _trained(policy: str) -> Trained:
    made = ppo_lagrangian.build(policy)
    if made.form != ppo_lagrangian.PARAMETERS:
        must = f"have the form {ppo_lagrangian.PARAMETERS}"
        raise InputError(f"policy must {must}, got one of {made.form}")
    return Trained(made)


def files(policy: str | None = None, **others) -> list[Path]:
    """Files that the results depend on."""
    return [] if policy is None else ppo_lagrangian.files(policy)
