"""The channel knowledge base: a policy trained with PPO corrects the preset.

Both ends evaluate the policy on side information, SNR and its own previous action, and
derive the same corrections; nothing is signalled (``blocks/nn/policy.py``). With
``actions=signalled``, the transmitter corrects the map of the policy further, with
actions that it chooses from the latents and signals
(``blocks/learned/actions/look_ahead.py``).
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from blocks.learned.actions import action_code
from blocks.learned.actions.look_ahead import best_actions, unsent_energies
from blocks.learned.controllers import Actions, Controller
from blocks.learned.weights_folder import WEIGHTS, folder_of, policy_of
from blocks.nn import policy as networks_of_policy
from blocks.nn.codec import log_gain
from blocks.nn.entropy import SCALES
from blocks.nn.jscc import TRAINED_SNRS_DB
from blocks.nn.policy import Policy, Prospects

SHIPPED = Path(__file__).parents[1] / "nn"


class Features(NamedTuple):
    """Features of a picture for the policy.

    entropy : [1, h, w], float32, bits
    left : prospects of each rate level, float32
    """

    entropy: np.ndarray
    left: Prospects


class Corrections(NamedTuple):
    """The stage that corrects a preset, as a graph.

    policy : policy with its weights
    channels : M, latents of a position
    """

    policy: Policy
    channels: int

    def __call__(self, level, bits, unsent, sent, log_gain, snr_db):
        """Preset [1, h, w], int32, to the rate map; in float64 up to rounded scores."""
        entropy = tf.cast(bits, tf.float64)
        # the SNR map is constant: only the average SNR is known to both ends
        everywhere = tf.zeros_like(entropy) + snr_db
        left = Prospects(tf.cast(unsent, tf.float64), tf.cast(sent, tf.float64))

        def see(previous):
            maps = entropy, level, left, everywhere, log_gain, previous
            return networks_of_policy.observe(*maps, self.channels)

        action = self.policy.actions(see, level)
        return networks_of_policy.corrected(level, action, self.channels)


class ChannelKb:
    """The preset, corrected by a policy.

    Parameters
    ----------
    policy : policy with its weights
    """

    signalled = False

    def __init__(self, policy: Policy):
        self.policy = policy

    def features(self, networks, view) -> Features:
        left = networks.run(_prospects, view.statistics.index)
        return Features(view.statistics.entropy, Prospects(*left))

    def rate_map(self, networks, features: Features, at) -> np.ndarray:
        level = networks.levels(features.entropy, at.eta)
        corrections = Corrections(self.policy, networks.codec.profile.channels)
        gain = log_gain(np.float64([at.quality]))
        snr_db = np.clip(np.float64([at.design_snr_db]), *TRAINED_SNRS_DB)
        maps = features.entropy, *features.left
        return networks.run(corrections, level, *maps, gain, snr_db)


class Ahead(NamedTuple):
    """Features of a picture for signalled actions.

    shared : features for the policy, the same at both ends
    left : prospects of each rate level, with the true energy of the latents not sent;
        ``None`` at the receiver
    """

    shared: Features
    left: Prospects | None


class SignalledActions:
    """The map of the policy, corrected by actions that the transmitter signals.

    Parameters
    ----------
    policy : policy with its weights
    """

    signalled = True

    def __init__(self, policy: Policy):
        self.policy, self._suggested = policy, ChannelKb(policy)

    def features(self, networks, view) -> Ahead:
        shared, left = self._suggested.features(networks, view), None
        if view.latents is not None:
            gain = np.float32(np.exp(log_gain(np.float64([view.quality]))))
            latents = gain * view.latents.y, *view.statistics[:2]
            unsent = networks.run(unsent_energies, *latents)
            left = Prospects(unsent, shared.left.sent)
        return Ahead(shared, left)

    def rate_map(self, networks, features: Ahead, at) -> np.ndarray:
        level = self._suggested.rate_map(networks, features.shared, at)
        action = best_actions(level, features.left, at, networks.highest)
        return (level + np.take(networks_of_policy.OFFSETS, action)).astype(np.int32)

    def encode(self, networks, features: Ahead, at, level: np.ndarray) -> np.ndarray:
        suggested = self._suggested.rate_map(networks, features.shared, at)
        action = level - suggested + networks_of_policy.NEUTRAL
        return action_code.encode(action, suggested)

    def decode(self, networks, features: Ahead, at, bits: np.ndarray) -> np.ndarray:
        suggested = self._suggested.rate_map(networks, features.shared, at)
        action = action_code.decode(bits, suggested)
        level = suggested + np.take(networks_of_policy.OFFSETS, action)
        if level.min() < 0 or level.max() > networks.highest:
            raise ValueError(
                f"rate levels must be from 0 to {networks.highest}, got {level.min()} "
                f"to {level.max()}"
            )
        return level.astype(np.int32)


def build(policy: str = "base", actions: Actions = "policy") -> Controller:
    """Build the controller.

    Parameters
    ----------
    policy : name of a shipped policy, or a folder written by ``make promote``
    actions : ``policy``, both ends derive them and nothing is sent; ``signalled``, the
        transmitter chooses further ones from the latents, and they are sent and counted
    """
    kind = SignalledActions if actions == "signalled" else ChannelKb
    return kind(policy_of(_folder(policy)))


def files(policy: str, **_) -> list[Path]:
    """Files that the results depend on: the weights of the policy."""
    return [_folder(policy) / WEIGHTS]


def _folder(policy: str) -> Path:
    return folder_of(SHIPPED, "channel_kb", policy, "policy")


def _prospects(index):
    left = networks_of_policy.prospects(tf.gather(SCALES, index))
    return tf.nest.map_structure(lambda t: tf.cast(t, tf.float32), left)
