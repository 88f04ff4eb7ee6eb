"""The digital layer of latents in training: a differentiable twin of the link's.

The modes of a latent depend on its deviation over the threshold, on the SNR, and on
whether it has a dimension. A table of them, made once for typical pictures, replaces
the link's search for the floor; bits are counted by the entropy of their quantiser.
"""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from keras import ops

from blocks.nn.jscc import TRAINED_SNRS_DB

# Written by ``make digital-table``, because a training machine lacks the link.
TABLE = Path(__file__).with_name("digital_layer.npz")
PER_OCTAVE, LOWEST, HIGHEST = 8, -8, 10  # grid of log2 of deviation over threshold
BEFORE, ALONE = 1, 2  # bits before a dimension, and bits alone


class Table(NamedTuple):
    """Transmission of latents, by SNR in dB, dimension, and deviation over threshold.

    mode : [S, 2, D], int32, BEFORE, ALONE, or zero without bits
    step, left : [S, 2, D], quantiser step and deviation after it, over the threshold
    bits : [S, 2, D]
    efficiency : [S], bits per channel use
    """

    mode: np.ndarray
    step: np.ndarray
    left: np.ndarray
    bits: np.ndarray
    efficiency: np.ndarray


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
    threshold = _threshold(side.sigma, side.kept)
    row, table = _rows(side, threshold, snr_db), _table()
    mode, step, left, bits = (ops.take(t.reshape(-1), row) for t in table[:4])
    step, left = step * threshold, left * threshold
    has_layer = has_layer[:, None, None, None]
    digital = has_layer * ops.cast(mode > 0, "float32")
    alone = has_layer * ops.cast(mode == ALONE, "float32")
    centred = y - side.mu
    values = ops.stop_gradient(ops.round(centred / step) * step)
    # what is sent in bits alone arrives but for the rounding: straight through
    through = alone * (centred - ops.stop_gradient(centred))
    side = side._replace(
        mu=side.mu + digital * values + through,
        sigma=ops.where(digital > 0, left, side.sigma),
        kept=side.kept * (1 - alone),
    )
    bits = ops.sum(digital * bits, axis=(1, 2, 3))
    return side, bits / ops.take(table.efficiency, _snr_row(snr_db))


def _rows(side, threshold, snr_db):
    """Entry of the table for each latent : [B, h, w, M], int32."""
    relative = ops.log2(side.sigma / threshold)
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
    place = ops.maximum(ops.shape(ordered)[1] - 1 - count, 0)
    found = ops.take_along_axis(ordered, place[:, None], axis=1)
    return ops.reshape(found, (-1, 1, 1, 1))


def _snr_row(snr_db):
    return ops.cast(ops.round(ops.clip(snr_db, *TRAINED_SNRS_DB)), "int32")


@lru_cache(maxsize=1)
def _table() -> Table:
    with np.load(TABLE) as file:
        return Table(*(file[name] for name in Table._fields))
