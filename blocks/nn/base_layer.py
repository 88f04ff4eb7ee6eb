"""Base layer: a coarse thumbnail, sent digitally, that the analog code refines.

An analog code spends power in proportion to deviation. The mean of a block has by far
the largest deviation, although its neighbours nearly predict it. A thumbnail at 1/32
costs a bit or two per 16x16 block and leaves less than half of that deviation.

References
----------
U. Mittal, N. Phamdo, "Hybrid digital-analog (HDA) joint source-channel codes for
broadcasting and robust communications", IEEE Trans. IT 48(5), 2002.
"""

import numpy as np
from keras import ops

SIZE = 32  # pixels per value, along one side
CHANNELS = 3
# Luminance and two differences of colours, orthonormal.
COLOURS = np.array(
    [[1, 1, 1], [1, 0, -1], [1, -2, 1]] / np.sqrt([[3], [2], [6]]), np.float32
)
STEPS = np.float32([0.16, 0.11, 0.13])  # quantiser steps, for pixels from 0 to 1


def base_values(x):
    """Thumbnail in quantiser steps : [B, 32 h, 32 w, 3] -> [B, h, w, 3], integers."""
    _, height, width, _ = ops.shape(x)
    shape = (-1, height // SIZE, SIZE, width // SIZE, SIZE, 3)
    mean = ops.mean(ops.reshape(x, shape), axis=(2, 4))
    projected = ops.matmul(mean - 0.5, ops.convert_to_tensor(COLOURS.T))
    return ops.round(projected / ops.convert_to_tensor(STEPS))


def base_picture(values):
    """The thumbnail as a smooth picture : [B, h, w, 3] -> [B, 32 h, 32 w, 3]."""
    thumbnail = ops.matmul(
        values * ops.convert_to_tensor(STEPS), ops.convert_to_tensor(COLOURS)
    )
    x = ops.pad(thumbnail + 0.5, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="symmetric")
    return _stretch(_stretch(x, axis=1), axis=2)


def _stretch(x, axis: int):
    """Interpolate linearly along an axis that is padded by one value at each end."""
    count = ops.shape(x)[axis] - 2
    position = (np.arange(SIZE, dtype=np.float32) + 0.5) / SIZE - 0.5
    before, after = np.maximum(-position, 0), np.maximum(position, 0)
    weights = np.stack([before, 1 - before - after, after])  # [3, SIZE]
    at = ops.arange(count)
    neighbours = [ops.take(x, at + i, axis=axis) for i in range(3)]
    stacked = ops.stack(neighbours, axis=-1)  # [..., count, ..., 3]
    wide = ops.matmul(stacked, ops.convert_to_tensor(weights))  # [..., SIZE]
    wide = ops.moveaxis(wide, -1, axis + 1)
    shape = list(ops.shape(x))
    shape[axis], shape[0] = count * SIZE, -1
    return ops.reshape(wide, shape)


def predicted(values):
    """Predict values from those above and to the left : [B, h, w, 3] -> the same.

    The prediction is their mean, rounded down; at the edges, the only neighbour; at the
    corner, zero.
    """
    above = ops.pad(values[:, :-1], ((0, 0), (1, 0), (0, 0), (0, 0)))
    left = ops.pad(values[:, :, :-1], ((0, 0), (0, 0), (1, 0), (0, 0)))
    first_row = ops.concatenate([left[:, :1], above[:, 1:]], axis=1)
    inside = ops.floor((above + left) / 2)
    inner = ops.concatenate([above[:, :, :1], inside[:, :, 1:]], axis=2)
    return ops.concatenate([first_row[:, :1], inner[:, 1:]], axis=1)


def restored(differences: np.ndarray) -> np.ndarray:
    """Values from their prediction errors, in scan order : [h, w, 3], int."""
    values = np.zeros_like(differences)
    for i, j in np.ndindex(differences.shape[:2]):
        above = values[i - 1, j] if i else values[i, j - 1]
        left = values[i, j - 1] if j else above
        guess = (above + left) // 2 if i or j else 0
        values[i, j] = differences[i, j] + guess
    return values
