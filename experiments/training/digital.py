"""The digital layer of latents in training: a differentiable twin of the link's.

The modes of a latent depend on its deviation over the threshold, on the SNR, and on
whether it has a dimension. A table of them, made once for typical pictures, replaces
the link's search for the floor; bits are counted by the entropy of their quantiser.
"""

from functools import lru_cache

import numpy as np
from keras import ops

from blocks.nn.jscc import TRAINED_SNRS_DB
from blocks.phy import hybrid, side_information
from blocks.phy.mcs import SCHEMES

PER_OCTAVE, LOWEST, HIGHEST = 8, -8, 10  # grid of log2 of deviation over threshold
# Density of log2 deviation falls by this factor an octave in photos.
DECAY = 0.5


def digital_layer(y, side, snr_db, has_layer):
    """Send some bits of the latents without error.

    Input
    -----
    y : [B, h, w, M], float, latents in quantiser steps
    side : maps of the images
    snr_db : [B], design SNR
    has_layer : [B], one or zero

    Output
    ------
    side : maps of what is left after the bits
    uses : [B], channel uses of the bits
    """
    row = _rows(side, snr_db)
    mode, step, left, bits, efficiency = (
        ops.convert_to_tensor(table) for table in _tables()
    )
    threshold = _threshold(side.sigma, side.kept)
    has_layer = has_layer[:, None, None, None]
    mode = ops.take(ops.reshape(mode, (-1,)), row)
    step = ops.take(ops.reshape(step, (-1,)), row) * threshold
    of_latent = ops.take(ops.reshape(left, (-1,)), row) * threshold
    digital = has_layer * ops.cast(mode >= hybrid.SPLIT, "float32")
    alone = has_layer * ops.cast(mode == hybrid.DIGITAL, "float32")
    centred = y - side.mu
    values = ops.stop_gradient(ops.round(centred / step) * step)
    # what is sent in bits alone arrives but for the rounding: straight through
    through = alone * (centred - ops.stop_gradient(centred))
    side = side._replace(
        mu=side.mu + digital * values + through,
        sigma=ops.where(digital > 0, of_latent, side.sigma),
        kept=side.kept * (1 - alone),
    )
    bits = ops.sum(digital * ops.take(ops.reshape(bits, (-1,)), row), axis=(1, 2, 3))
    return side, bits / ops.take(efficiency, _snr_row(snr_db))


def _rows(side, snr_db):
    """Entry of the tables for each latent : [B, h, w, M], int32."""
    relative = ops.log2(side.sigma / _threshold(side.sigma, side.kept))
    size = (HIGHEST - LOWEST) * PER_OCTAVE + 1
    place = ops.round((relative - LOWEST) * PER_OCTAVE)
    place = ops.cast(ops.clip(place, 0, size - 1), "int32")
    row = 2 * _snr_row(snr_db)[:, None, None, None] + ops.cast(side.kept, "int32")
    return row * size + place


def _threshold(sigma, kept):
    """Deviation that as many latents exceed as have a dimension : [B, 1, 1, 1]."""
    shape = ops.shape(sigma)
    ordered = ops.sort(ops.reshape(sigma, (shape[0], -1)), axis=-1)
    count = ops.cast(ops.sum(kept, axis=(1, 2, 3)), "int32")
    place = ops.shape(ordered)[1] - 1 - count
    place = ops.maximum(place, 0)
    found = ops.take_along_axis(ordered, place[:, None], axis=1)
    return ops.reshape(found, (-1, 1, 1, 1))


def _snr_row(snr_db):
    return ops.cast(ops.round(ops.clip(snr_db, *TRAINED_SNRS_DB)), "int32")


@lru_cache(maxsize=1)
def _tables() -> tuple[np.ndarray, ...]:
    """Mode, step, deviation left, and bits : [S, 2, D]; efficiency : [S].

    For each SNR in dB, latents without and with a dimension, and deviations over the
    threshold.
    """
    sigma = 2.0 ** np.arange(LOWEST, HIGHEST + 1 / PER_OCTAVE, 1 / PER_OCTAVE)
    both, kept = np.broadcast_to(sigma, (2, len(sigma))), np.array([[False], [True]])
    count = sigma**-DECAY * np.where(kept, both > 1, both <= 1)
    rows, quantiser = [], hybrid.quantiser()
    for snr_db in np.arange(TRAINED_SNRS_DB[0], TRAINED_SNRS_DB[1] + 1):
        no = 10 ** (-snr_db / 10)
        mcs = side_information.choose(snr_db, hybrid.LONG)
        efficiency = SCHEMES[mcs].efficiency
        floor = hybrid.best_floor(both, count, 1.0, no, efficiency, kept=kept)
        prices = hybrid.prices(1.0, floor, no, efficiency)
        by = hybrid.split(both, prices, kept=kept)
        rows.append((by.mode, by.step, by.sigma, quantiser.bits[by.row], efficiency))
    mode, *values = zip(*rows, strict=True)
    return np.array(mode, np.int32), *(np.array(v, np.float32) for v in values)
