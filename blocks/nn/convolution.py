"""Convolutions of the codec: residual blocks, and pixels folded into channels."""

import keras
from keras import ops

from blocks.nn.stack import Stack


class ResidualBlock(keras.layers.Layer):
    """Two 3x3 convolutions around a ReLU, added to their input.

    Input
    -----
    x : [B, H, W, width], float

    Output
    ------
    : [B, H, W, width], float
    """

    def __init__(self, width, **kwargs):
        super().__init__(**kwargs)
        self._first = keras.layers.Conv2D(width, 3, padding="same", activation="relu")
        self._second = keras.layers.Conv2D(width, 3, padding="same")

    def build(self, shape):
        self._first.build(shape)
        self._second.build(shape)

    def call(self, x):
        return x + self._second(self._first(x))

    def start_at_identity(self) -> None:
        """Set the residual to zero, the starting point of training."""
        start_at_zero(self._second)


def start_at_zero(layer: keras.layers.Layer) -> None:
    """Set all variables of a layer to zero."""
    for variable in layer.variables:
        variable.assign(ops.zeros_like(variable))


def residual_stack(width: int, depth: int) -> Stack:
    """A stack of ``depth`` residual blocks."""
    return Stack(ResidualBlock(width) for _ in range(depth))


def space_to_depth(x, size: int):
    """Fold blocks into channels, in the order row, column, channel.

    [B, H, W, C] -> [B, H / size, W / size, size * size * C]
    """
    _, height, width, channels = ops.shape(x)
    rows, columns = height // size, width // size
    x = ops.reshape(x, (-1, rows, size, columns, size, channels))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, rows, columns, size * size * channels))


def depth_to_space(x, size: int):
    """The inverse of :func:`space_to_depth`."""
    _, rows, columns, depth = ops.shape(x)
    channels = depth // size**2
    x = ops.reshape(x, (-1, rows, columns, size, size, channels))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, rows * size, columns * size, channels))
