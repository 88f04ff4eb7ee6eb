"""A learned scheduler: PPO with a multiplier for the weight of what is lost.

A network over the set of users (``blocks/nn/scheduling``) decides. Its weights say in
which form: ``grants``, for each user a score, a power, a redundancy, a transmitter and
the most retransmissions; or ``parameters``, the price of power and the urgency of
``drift_plus_penalty`` for this slot. ``docs/schedulers.md`` has the reward, the
constraint and the results.
"""

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from blocks.powers import LEAST, affordable
from blocks.schedulers.drift_plus_penalty import (
    DriftPlusPenalty,
    exchanges,
    needed,
)
from blocks.schedulers.features import (
    ASKS,
    FEATURES,
    RULE,
    advised,
    features,
    price_of,
)
from semlink.errors import InputError
from semlink.graph import compiled
from semlink.loop.pool import (
    MOST_AGAIN,
    MOST_REDUNDANCY,
    Demands,
    Pool,
    Shares,
    granted,
    in_order,
)
from semlink.units import linear_to_db

SHIPPED = Path(__file__).parents[1] / "nn"
MODEL, WEIGHTS, CONFIG = "ppo_lagrangian", "model.weights.h5", "config.json"
GRANTS, PARAMETERS = "grants", "parameters"
NUMBERS = ("score", "power")  # outputs of a user in the form grants, of one number each
HEADS = {  # choices of a user in the form grants, of one output for each
    "redundancy": 1 + MOST_REDUNDANCY,
    "alternative": 2,
    "retransmissions": 1 + MOST_AGAIN,
}
FORMS = {GRANTS: len(NUMBERS) + sum(HEADS.values()), PARAMETERS: 2}  # outputs
ACTIONS = {GRANTS: len(NUMBERS) + len(HEADS), PARAMETERS: 2}  # with a column a head
POWER_DB = 10.0  # of an output of one
V, URGENCY = (0.5, 80.0), (0.1, 60.0)  # ranges of the parameters
SCHEME = {"alternative": RULE, "fits": True, "redundancy": 1}  # of the rule beside them


class Decider:
    """A network in a graph.

    Parameters
    ----------
    net : takes features [B, K, F], gives outputs
    model : name of the scheduler
    """

    def __init__(self, net, model: str):
        import tensorflow as tf

        seen = tf.TensorSpec((None, None, FEATURES), tf.float64)
        name = f"scheduler.{model}"
        self._net = compiled(net, level="graph", name=name, signature=[seen])

    def outputs(self, seen: np.ndarray) -> np.ndarray:
        """Outputs for features [..., K, F]."""
        *before, users, _ = seen.shape
        flat = seen.reshape(-1, users, FEATURES).astype(np.float64)
        found = self._net(flat).numpy()
        return found.reshape(*before, *found.shape[1:])


class PpoLagrangian(Decider):
    """Decides by a network; remembers nothing.

    Parameters
    ----------
    net : takes features [B, K, F], gives outputs
    form : what the outputs are

    Attributes
    ----------
    form : as given
    """

    def __init__(self, net, form: str):
        super().__init__(net, MODEL)
        self.form = form

    def __call__(self, demands, pool, memory, draws):
        """Shares by what the network says of the users' features."""
        found = self.outputs(features(demands, pool))
        action = chosen(found) if self.form == GRANTS else found
        return shares_of(self.form, action, demands, pool), None

    def parameters(self, demands, pool) -> tuple[np.ndarray, np.ndarray]:
        """Price of power and urgency : [...], by a policy of form ``parameters``."""
        return parameters_of(self.outputs(features(demands, pool)))


def shares_of(form: str, actions, demands: Demands, pool: Pool) -> Shares:
    """Shares by actions of some form."""
    by = by_grants if form == GRANTS else by_parameters
    return by(actions, demands, pool)


def chosen(outputs: np.ndarray) -> np.ndarray:
    """Actions [..., 5] by outputs [..., 12]: of each head the largest."""
    *heads, _ = np.cumsum([len(NUMBERS), *HEADS.values()])
    numbers, *scores = np.split(outputs, heads, axis=-1)
    choices = [head.argmax(axis=-1, keepdims=True) for head in scores]
    return np.concatenate([numbers, *choices], axis=-1)


def by_grants(actions: np.ndarray, demands: Demands, pool: Pool) -> Shares:
    """Shares by actions of each user [..., K, 5].

    Score and power are corrections of what ``drift_plus_penalty`` says: users are
    served in the order of falling sums, those of 0 or less not at all; a power of 1 is
    10 dB more, as far as a grant can express it and the pool has the energy, and no
    correction takes a signal the power that it is known to need. The others
    are whole numbers: redundancy; 1 to depart from the heuristic's choice between the
    user's transmitter and its alternative; and the most retransmissions, if the user
    asks for as many.
    """
    score, power, redundancy, other, again = np.moveaxis(actions, -1, 0)
    redundancy, again = np.rint(redundancy), np.rint(again)
    asked = demands.exchanged(exchanges(demands, RULE) ^ (np.rint(other) > 0))
    price = price_of(demands, pool)
    base, base_power = advised(asked, pool, price, redundancy)
    score, power_db = base + score, POWER_DB * (base_power + power)
    least_db = linear_to_db(np.maximum(needed(asked, redundancy), LEAST))
    uses = in_order(np.where(score > 0, score, -np.inf), asked, pool)
    power_db = affordable(pool, uses, np.maximum(power_db, least_db))
    return granted(asked, uses, power_db, redundancy, again)


def by_parameters(outputs: np.ndarray, demands: Demands, pool: Pool) -> Shares:
    """Shares of ``drift_plus_penalty`` with parameters by outputs [..., 2]."""
    v, urgency = parameters_of(outputs)
    rule = DriftPlusPenalty(v, urgency[..., None], **SCHEME)
    return rule(demands, pool, None, None)[0]


def parameters_of(outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Price of power and urgency by outputs [..., 2] : [...].

    An output of 0 is the middle of a parameter's range on a logarithmic scale; from -1
    to 1 it spans the range, and is clipped beyond.
    """
    return _spread(outputs[..., 0], V), _spread(outputs[..., 1], URGENCY)


def _spread(output: np.ndarray, over: tuple[float, float]) -> np.ndarray:
    """Values of a range on a logarithmic scale, by outputs from -1 to 1."""
    share, (low, high) = (np.clip(output, -1, 1) + 1) / 2, over
    return low * (high / low) ** share


def build(policy: str = GRANTS) -> PpoLagrangian:
    """Build the scheduler.

    Parameters
    ----------
    policy : name of a shipped policy, or a folder that the training wrote
    """
    return _built(policy)


@lru_cache(maxsize=8)
def _built(policy: str) -> PpoLagrangian:
    return PpoLagrangian(*read(MODEL, policy, network))


def files(policy: str = GRANTS) -> list[Path]:
    """Files that the results depend on."""
    return files_of(MODEL, policy)


def files_of(model: str, policy: str) -> list[Path]:
    """Weights and configuration of a policy of a model."""
    folder = _folder(model, policy)
    return [folder / WEIGHTS, folder / CONFIG]


def network(form: str):
    """The network of a form, with random weights."""
    from blocks.nn.scheduling.equivariant import Equivariant

    net = Equivariant(FEATURES, FORMS[form], form == GRANTS, ASKS)
    net.build()
    return net


def _folder(model: str, policy: str) -> Path:
    for folder in (SHIPPED / f"{model}_{policy}", Path(policy)):
        if (folder / WEIGHTS).is_file():
            return folder
    found = sorted(path.parent.name for path in SHIPPED.glob(f"{model}_*/{WEIGHTS}"))
    known = " or ".join(name.removeprefix(f"{model}_") for name in found)
    must = f"{known or 'none'}, or a folder that the training wrote"
    raise InputError(f"policy must be {must}, got {policy!r}")


def read(model: str, policy: str, network_of: Callable[[str], Any]) -> tuple[Any, str]:
    """The network of a policy of a model, and its form.

    Parameters
    ----------
    model : name of the scheduler
    policy : name of a shipped policy, or a folder
    network_of : form -> network with random weights

    Raises
    ------
    InputError
        The policy does not exist, or its files are not what the training wrote.
    """
    from blocks.nn.weights import read_weights

    folder = _folder(model, policy)
    try:
        form = json.loads((folder / CONFIG).read_text("utf-8"))["form"]
        net = network_of(form)
        read_weights(folder / WEIGHTS, net)
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(
            f"weights must be what the training wrote, got {reason}"
        ) from None
    return net, form
