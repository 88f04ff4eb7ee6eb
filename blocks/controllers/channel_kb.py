"""The channel knowledge base: a policy trained with PPO corrects the preset.

Both ends evaluate the policy on side information, SNR and its own previous action, and
derive the same corrections; nothing is signalled (``blocks/nn/policy.py``).
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from blocks.learned.controllers import Controller
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


def build(policy: str = "base") -> Controller:
    """Build the controller.

    Parameters
    ----------
    policy : name of a shipped policy, or a folder written by ``make promote``
    """
    return ChannelKb(policy_of(_folder(policy)))


def files(policy: str) -> list[Path]:
    """Files that the results depend on: the weights of the policy."""
    return [_folder(policy) / WEIGHTS]


def _folder(policy: str) -> Path:
    return folder_of(SHIPPED, "channel_kb", policy, "policy")


def _prospects(index):
    left = networks_of_policy.prospects(tf.gather(SCALES, index))
    return tf.nest.map_structure(lambda t: tf.cast(t, tf.float32), left)
