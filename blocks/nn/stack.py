"""A stack of layers, without the symbolic call of ``keras.Sequential``."""

import keras


class Stack(keras.layers.Layer):
    """Run layers of the same input width in sequence.

    Input
    -----
    x : [..., width], float

    Output
    ------
    : output of the last layer
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
