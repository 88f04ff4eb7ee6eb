"""Swin transformer blocks: attention within windows that shift from block to block.

References
----------
Z. Liu et al., "Swin Transformer: Hierarchical Vision Transformer using Shifted
Windows", ICCV 2021. Deviations: pre-normalisation only, ReLU-free GELU MLP of ratio
2, and maps of any size, padded up to whole windows and masked.
"""

import keras
import numpy as np
from keras import ops

from blocks.nn.convolution import start_at_zero
from blocks.nn.stack import Stack

MASKED = -1e4


class SwinBlock(keras.layers.Layer):
    """One block of windowed self-attention and a perceptron, both residual.

    Parameters
    ----------
    width : channels, a multiple of ``heads``
    heads : attention heads
    window : side of a window, in positions
    shift : shift of the windows in positions; 0 or half a window
    mlp_ratio : hidden width of the perceptron over ``width``

    Input
    -----
    x : [B, H, W, width], float; H and W are free, and a graph may leave them open

    Output
    ------
    : [B, H, W, width], float
    """

    def __init__(self, width, *, heads, window, shift=0, mlp_ratio=2, **kwargs):
        super().__init__(**kwargs)
        self._heads, self._window, self._shift = heads, window, shift
        self._norms = [keras.layers.LayerNormalization(epsilon=1e-5) for _ in "am"]
        self._qkv = keras.layers.Dense(3 * width)
        self._merge = keras.layers.Dense(width)
        self._expand = keras.layers.Dense(mlp_ratio * width, activation="gelu")
        self._contract = keras.layers.Dense(width)
        self._offsets = _relative_offsets(window)

    def build(self, shape):
        width, hidden = shape[-1], self._expand.units
        for layer, channels in (
            (self._norms[0], width),
            (self._norms[1], width),
            (self._qkv, width),
            (self._merge, width),
            (self._expand, width),
            (self._contract, hidden),
        ):
            layer.build((None, channels))
        self._bias = self.add_weight(
            name="relative_position_bias",
            shape=((2 * self._window - 1) ** 2, self._heads),
            initializer="zeros",
        )

    def call(self, x):
        x = x + self._attend(self._norms[0](x))
        return x + self._contract(self._expand(self._norms[1](x)))

    def start_at_identity(self) -> None:
        """Set the residual to zero, the starting point of training."""
        start_at_zero(self._merge)
        start_at_zero(self._contract)

    def _attend(self, x):
        window, (_, height, width, _) = self._window, ops.shape(x)
        size = height, width
        below, beside = -height % window, -width % window
        x = ops.pad(x, ((0, 0), (0, below), (0, beside), (0, 0)))
        shift = self._shift_within(size)
        x = ops.roll(x, (-shift, -shift), axis=(1, 2))
        mask = _window_mask(size, (height + below, width + beside), window, shift)
        x = self._attention(split_windows(x, window), mask)
        x = merge_windows(x, (height + below, width + beside), window)
        x = ops.roll(x, (shift, shift), axis=(1, 2))
        return x[:, :height, :width]

    def _shift_within(self, size):
        """Shift of the windows; zero for a map of a single window."""
        if not self._shift:
            return 0
        several = (size[0] > self._window) | (size[1] > self._window)
        if isinstance(several, bool):
            return self._shift * several
        return ops.where(several, self._shift, 0)

    def _attention(self, x, mask):
        """Self-attention : [B, windows, positions, width] -> the same."""
        _, windows, positions, width = ops.shape(x)
        heads, depth = self._heads, width // self._heads
        qkv = ops.reshape(self._qkv(x), (-1, windows, positions, 3 * heads, depth))
        qkv = ops.transpose(qkv, (0, 1, 3, 2, 4))
        q, k, v = ops.split(qkv, 3, axis=2)
        scores = ops.matmul(q * depth**-0.5, ops.transpose(k, (0, 1, 2, 4, 3)))
        bias = ops.transpose(ops.take(self._bias, self._offsets, axis=0), (2, 0, 1))
        scores = scores + ops.cast(bias, scores.dtype)
        if mask is not None:
            scores = scores + ops.cast(mask, scores.dtype)
        mixed = ops.matmul(ops.softmax(scores, axis=-1), v)
        mixed = ops.transpose(mixed, (0, 1, 3, 2, 4))
        return self._merge(ops.reshape(mixed, (-1, windows, positions, width)))


def swin_stack(width, *, depth, heads, window, **kwargs) -> Stack:
    """A stack of ``depth`` blocks, every second one shifted by half a window."""
    return Stack(
        [
            SwinBlock(
                width, heads=heads, window=window, shift=(i % 2) * window // 2, **kwargs
            )
            for i in range(depth)
        ]
    )


def split_windows(x, window: int):
    """Split into windows : [B, H, W, C] -> [B, windows, window^2, C]."""
    _, height, width, channels = ops.shape(x)
    rows, columns = height // window, width // window
    x = ops.reshape(x, (-1, rows, window, columns, window, channels))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, rows * columns, window * window, channels))


def merge_windows(x, shape: tuple[int, int], window: int):
    """Merge windows : [B, windows, window^2, C] -> [B, H, W, C]."""
    rows, columns = shape[0] // window, shape[1] // window
    x = ops.reshape(x, (-1, rows, columns, window, window, x.shape[-1]))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, *shape, x.shape[-1]))


def _relative_offsets(window: int) -> np.ndarray:
    """Row of the bias table for each pair of positions : [w^2, w^2], int32."""
    grid = np.stack(np.mgrid[:window, :window]).reshape(2, -1)
    offset = grid[:, :, None] - grid[:, None] + window - 1
    return (offset[0] * (2 * window - 1) + offset[1]).astype(np.int32)


def _window_mask(size, padded, window, shift):
    """Mask of attention across seams and to padding : [1, windows, 1, p, p].

    ``None`` for static sizes that need no mask.
    """
    if isinstance(shift, int) and not shift and _equal(size, padded):
        return None
    # padding is one region; positions that wrapped around are another
    parts = []
    for whole, side in zip(padded, size, strict=True):
        at = ops.arange(whole)
        parts.append((((at + shift) % whole) >= side, at >= whole - shift))
    (below, low), (beside, right) = parts
    seams = ops.cast(low, "int32")[:, None] + 2 * ops.cast(right, "int32")
    region = ops.where(below[:, None] | beside, 9, seams)
    tiles = split_windows(region[None, ..., None], window)[..., 0]
    apart = tiles[..., :, None] != tiles[..., None, :]
    return ops.where(apart, MASKED, 0.0)[:, :, None]


def _equal(one, other) -> bool:
    """Whether sizes are static and equal."""
    return all(isinstance(n, int) for n in one) and one == other
