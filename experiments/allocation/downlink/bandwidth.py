"""The best bandwidths for fixed subchannels, bits and powers, by a KKT multiplier.

Each user has a subchannel of its own, so its QoS f depends on its own bandwidth b
alone. A user counts between the least b that keeps its deadline and the largest b at
which noise leaves its accuracy. There the latency term is concave, as
``b log2(1 + p g / (N0 b))`` is concave and its reciprocal convex; the accuracy term is
convex, but weak where the SNR is well above 1. Where their sum is concave, the optimum
has ``f'(b) = mu`` for each user between its limits, with one mu for all.
"""

from itertools import product
from typing import NamedTuple

import numpy as np

from experiments.allocation.downlink.cell import BANDWIDTH
from experiments.allocation.downlink.qos import Needs, latency, quality, rate

STEPS = 40  # of a bisection
LARGEST_PRICE = 1e4  # of the multiplier [1/MHz]
LN2 = np.log(2)


class Users(NamedTuple):
    """Users with subchannels of their own; arrays broadcast.

    bits : q
    features : number of features [thousands]
    strength : p g / N0, linear SNR at a bandwidth of 1 MHz [MHz]
    """

    bits: np.ndarray
    features: np.ndarray
    strength: np.ndarray

    @property
    def load(self) -> np.ndarray:
        """Bits to send [kbit]."""
        return self.bits * self.features


def limits(users: Users, needs: Needs) -> tuple[np.ndarray, np.ndarray]:
    """Least and largest bandwidth at which each user counts [MHz].

    The least is above the largest for a user who never counts.
    """
    excess = 1 - 4.0 ** -np.asarray(users.bits, float) - needs.least_accuracy
    with np.errstate(divide="ignore"):
        least_snr = np.where(excess > 0, needs.least_accuracy / excess, np.inf)
    high = np.minimum(users.strength / least_snr, BANDWIDTH)
    low, above = np.zeros_like(high), np.full_like(high, 2 * BANDWIDTH)
    for _ in range(STEPS):
        middle = (low + above) / 2
        rates = rate(middle, users.strength / middle)
        enough = latency(users.bits, users.features, rates) <= needs.deadline
        low, above = np.where(enough, low, middle), np.where(enough, middle, above)
    return above, high


def slope(width: np.ndarray, users: Users, needs: Needs) -> np.ndarray:
    """Derivative of the QoS by the bandwidth, between the limits [1/MHz]."""
    snr = users.strength / width
    rates = rate(width, snr)
    rise = np.log2(1 + snr) - snr / (1 + snr) / LN2
    faster = users.load / needs.deadline * rise / rates**2
    noisier = (1 - 4.0 ** -np.asarray(users.bits, float)) / users.bits
    noisier = noisier / needs.best_efficiency * snr / width / (1 + snr) ** 2
    weight = needs.efficiency_weight
    return (1 - weight) * faster - weight * noisier


def best_widths(users: Users, low, high, needs: Needs) -> np.ndarray:
    """Bandwidths of the largest sum of QoS : [..., K] [MHz].

    Input
    -----
    users : arrays [..., K]
    low, high : [..., K], limits; the low ones are at most ``BANDWIDTH`` in sum
    """
    cheap = np.zeros(low.shape[:-1] + (1,))
    dear = np.full_like(cheap, LARGEST_PRICE)
    for _ in range(STEPS):
        price = (cheap + dear) / 2
        total = _wanted(price, users, low, high, needs).sum(axis=-1, keepdims=True)
        over = total > BANDWIDTH
        cheap, dear = np.where(over, price, cheap), np.where(over, dear, price)
    return _wanted(dear, users, low, high, needs)


def best_bandwidths(users: Users, needs: Needs) -> np.ndarray:
    """Shares of the bandwidth of the largest sum of QoS : [B, K].

    Where not all users can count at once, every subset is tried; the others get none.
    """
    low, high = limits(users, needs)
    best, shares = np.full(len(low), -1.0), np.zeros_like(low)
    for chosen in product((False, True), repeat=low.shape[1]):
        own = np.flatnonzero(chosen)
        part = Users(*(value[:, own] for value in users))
        lows, highs = low[:, own], high[:, own]
        possible = np.all(lows <= highs, axis=1) & (lows.sum(axis=1) <= BANDWIDTH)
        widths = np.zeros_like(low)
        widths[:, own] = best_widths(part, lows, np.maximum(lows, highs), needs)
        snr = users.strength / np.maximum(widths, 1e-12)
        parts = users.bits, users.features, widths, snr
        value = quality(*parts, needs)[:, own].sum(axis=1)
        better = possible & (value > best)
        best = np.where(better, value, best)
        shares = np.where(better[:, None], widths / BANDWIDTH, shares)
    return shares


def _wanted(price, users: Users, low, high, needs: Needs) -> np.ndarray:
    """Bandwidths at which each slope is the price, within the limits : [..., K]."""
    below, above = np.array(low), np.array(high)
    for _ in range(STEPS):
        middle = (below + above) / 2
        steep = slope(middle, users, needs) > price
        below, above = np.where(steep, middle, below), np.where(steep, above, middle)
    # the side at which the limits hold
    return below
