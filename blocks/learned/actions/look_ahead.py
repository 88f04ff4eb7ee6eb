"""The transmitter's look ahead: the best action of each position, from its latents.

The transmitter knows the energy of the latents that a rate level leaves out, where both
ends know its expectation alone. It chooses the action of each position that minimises
squared error plus the price of dimensions and of signalled bits.

References
----------
Y. Shoham, A. Gersho, "Efficient bit allocation for an arbitrary set of quantizers",
IEEE Trans. ASSP 36(9), 1988, for the common price of a rate. J. Besag, "On the
statistical analysis of dirty pictures", J. Royal Stat. Soc. B 48(3), 1986, for
iterated conditional modes.
"""

import numpy as np
from keras import ops

from blocks.learned.actions import action_code
from blocks.nn.jscc import LEVELS
from blocks.nn.policy import OFFSETS, Prospects

SLOPE = 0.7  # relative decrease of an error per relative increase of its dimensions
# bits of a position, of photos: at quality 0, and their growth with quality
TYPICAL_BITS, GROWTH = 26.5, 2.45
EFFICIENCY = 0.5  # value of a bit: its symbols at this share of the capacity
# Error is less visible at positions of much energy: exponent of the weight of their
# error, which keeps MS-SSIM from falling.
MASKING = 0.2
PASSES = 4  # over actions and their information, which depend on each other


def unsent_energies(y, mu, index):
    """Energy of the latents not sent at each rate level.

    Input
    -----
    y, mu : [B, h, w, M], float, latents and their means, in quantiser steps
    index : [B, h, w, M], int32, deviations, entries of the table

    Output
    ------
    : [B, h, w, L], float, squares of a step
    """
    channels = index.shape[-1]
    # the order of ``kept_latents``
    rank = index * channels + np.arange(channels - 1, -1, -1, dtype=np.int32)
    energy = ops.take_along_axis((y - mu) ** 2, ops.argsort(-rank, axis=-1), axis=-1)
    sent = ops.pad(ops.cumsum(energy, axis=-1), ((0, 0), (0, 0), (0, 0), (1, 0)))
    return sent[..., -1:] - ops.take(sent, np.minimum(LEVELS, channels), axis=-1)


def best_actions(level: np.ndarray, left: Prospects, at, highest: int) -> np.ndarray:
    """The best action of each position.

    Input
    -----
    level : [1, h, w], int32, rate map to which actions apply
    left : [1, h, w, L] each, true energies of unsent latents, deviations of sent ones
    at : conditions of the transmission
    highest : highest level of a position

    Output
    ------
    : [1, h, w], int64, entries of ``OFFSETS``
    """
    no = 10 ** (-at.design_snr_db / 10)
    costs, price = _costs(level, left, at, no)
    levels = level[..., None] + np.array(OFFSETS)
    costs = np.take_along_axis(costs, np.clip(levels, 0, highest), axis=-1)
    costs = np.where((levels >= 0) & (levels <= highest), costs, np.inf)
    # two dimensions a symbol
    price = 2 * price / (EFFICIENCY * np.log2(1 + 1 / no))
    # a position at a time, of a chessboard: its neighbours have the other colour
    colour = np.indices(level.shape).sum(axis=0) % 2
    action = np.argmin(costs, axis=-1)
    for number in range(2 * PASSES):
        if number % 2 == 0:
            bits = action_code.information(action, level)
        best = np.argmin(costs + price * _bits(action, level, bits), axis=-1)
        action = np.where(colour == number % 2, best, action)
    return action


def _bits(action, level, information) -> np.ndarray:
    """Information of each action of a position and of its neighbours after it.

    Input
    -----
    action, level : [1, h, w], integers
    information : [L, C, A], bits

    Output
    ------
    : [1, h, w, A], bits
    """
    context, actions = action_code.contexts(action), np.arange(len(OFFSETS))
    bits = information[level, context]
    for after, before in _NEIGHBOURS:
        # their context without the action, and with each
        others = (context[after] - action[before])[..., None] + actions
        coded = level[after][..., None], others, action[after][..., None]
        bits[before] += information[coded]
    return bits


# slices of a position's right and lower neighbour, and of the position
_ALL, _FIRST, _NEXT = slice(None), slice(None, -1), slice(1, None)
_NEIGHBOURS = (
    ((_ALL, _ALL, _NEXT), (_ALL, _ALL, _FIRST)),
    ((_ALL, _NEXT), (_ALL, _FIRST)),
)


def _costs(level, left: Prospects, at, no: float) -> tuple[np.ndarray, float]:
    """Cost of each rate level of a position, and the price of a dimension.

    A picture with the error D and K dimensions, of deviations that sum to S, has
    ``D = unsent + no S^2 / ((1 + no) K)``. Costs are the derivatives of D, plus the
    price. It is proportional to D, so a dimension costs every picture the same in dB.

    Output
    ------
    costs : [1, h, w, L], squares of a step
    price : squares of a step
    """
    dimensions = np.float64(LEVELS)
    unsent, sent = (_at(values, level) for values in left)
    spent = max(dimensions[level].sum(), 1)
    noise = no / (1 + no) * sent.sum() / spent
    typical = level.size * at.eta * TYPICAL_BITS * np.exp(GROWTH * at.quality)
    price = SLOPE * (unsent.sum() + noise * sent.sum()) / typical
    weight = (1 + left.unsent[..., :1]) ** -MASKING
    weight = weight * unsent.sum() / max((weight[..., 0] * unsent).sum(), 1e-9)
    costs = weight * left.unsent + (1 + weight) * noise * left.sent
    # the power that a dimension adds serves the whole picture
    power = noise * sent.sum() / spent
    return costs + (price - power) * dimensions, price


def _at(values, level):
    return np.take_along_axis(values, level[..., None], axis=-1)[..., 0]
