"""Quality of service of semantic transmission: accuracy, efficiency, latency.

The accuracy is a parametric law of this project, not a measured table. A feature is
Gaussian with variance 1. At q bits it is described with the error ``4^-q`` of
rate-distortion theory; its description, sent linearly at an SNR, is estimated with
LMMSE as in the linear code. The accuracy is 1 less the squared error,
``xi = (1 - 4^-q) snr / (1 + snr)``.
"""

from typing import NamedTuple

import numpy as np

MOST_BITS = 8
BITS = np.arange(1, MOST_BITS + 1)


class Needs(NamedTuple):
    """What a service needs, and what counts.

    least_accuracy : below it a transmission is worth nothing
    deadline : largest latency [ms]; above it a transmission is worth nothing
    efficiency_weight : w1; the latency has w2 = 1 - w1
    """

    least_accuracy: float = 0.9
    deadline: float = 20.0
    efficiency_weight: float = 0.5

    @property
    def best_efficiency(self) -> float:
        """Largest accuracy a bit of a transmission that counts."""
        without_noise = 1 - 4.0**-BITS
        counts = without_noise >= self.least_accuracy
        return float(np.max((without_noise / BITS)[counts]))


def accuracy(bits, snr):
    """Accuracy ``xi`` of features of q bits at a linear SNR; from 0 to 1."""
    return (1 - 4.0 ** -np.asarray(bits, float)) * snr / (1 + snr)


def rate(bandwidth, snr):
    """Rate [kbit/ms] of a bandwidth [MHz] at a linear SNR."""
    return bandwidth * np.log2(1 + snr)


def latency(bits, features, rates):
    """Latency [ms] of so many thousand features of q bits; infinite without a rate."""
    with np.errstate(divide="ignore"):
        return np.divide(bits * features, rates)


def quality(bits, features, bandwidth, snr, needs: Needs):
    """Effective QoS, ``w1 SQE + w2 (1 - T / T_max)``; shapes broadcast.

    SQE is the accuracy a bit, over the largest that counts. The QoS is 0 where the
    accuracy is too low or the latency too long.

    Parameters
    ----------
    bits : q
    features : number of features [thousands]
    bandwidth : of the user [MHz]
    snr : linear, of the user
    needs : of the service

    Output
    ------
    : from 0 to 1
    """
    xi = accuracy(bits, snr)
    late = latency(bits, features, rate(bandwidth, snr)) / needs.deadline
    weight = needs.efficiency_weight
    value = weight * xi / bits / needs.best_efficiency + (1 - weight) * (1 - late)
    return np.where((xi >= needs.least_accuracy) & (late <= 1), value, 0.0)


def best_bits(features, bandwidth, snr, needs: Needs):
    """The number of bits of the largest QoS, and that QoS; 1 bit if none counts."""
    parts = (np.asarray(part)[..., None] for part in (features, bandwidth, snr))
    values = quality(BITS, *parts, needs)
    return BITS[np.argmax(values, axis=-1)], np.max(values, axis=-1)
