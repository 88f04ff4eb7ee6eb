"""Layers in a row, without the symbolic call that ``keras.Sequential`` makes."""

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

    def __iter__(self):
        return iter(self._stack)

    def build(self, shape):
        for layer in self._stack:
            layer.build(shape)

    def call(self, x):
        for layer in self._stack:
            x = layer(x)
        return x
