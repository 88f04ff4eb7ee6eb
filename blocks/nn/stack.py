"""Layers in a row, without the symbolic call that ``keras.Sequential`` makes."""

from collections.abc import Sequence

import keras


class Stack(keras.layers.Layer):
    """Run layers of one input width in a row.

    Input
    -----
    x : [..., width], float

    Output
    ------
    : as the last layer gives it
    """

    def __init__(self, layers, **kwargs):
        super().__init__(**kwargs)
        self._stack = list(layers)

    def __getitem__(self, index):
        return self._stack[index]

    def build(self, shape):
        for layer in self._stack:
            layer.build(shape)

    def call(self, x):
        for layer in self._stack:
            x = layer(x)
        return x


def beyond(stacks: Sequence[Stack], depths: Sequence[int]) -> list:
    """What stands behind the first ``depths`` layers of stacks, all in a row."""
    pairs = zip(stacks, depths, strict=True)
    return [layer for stack, depth in pairs for layer in stack[depth:]]
