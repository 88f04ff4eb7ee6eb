"""Cross-modal Swin blocks: positions of an image attend to the tokens of a context.

References
----------
A. Vaswani et al., "Attention is all you need", NeurIPS 2017; J.-B. Alayrac et al.,
"Flamingo", NeurIPS 2022, for the gate that starts at zero.
"""

import keras
from keras import ops

from blocks.nn.swin import swin_stack

TOKENS = 8


class ContextTokens(keras.layers.Layer):
    """Project an embedding to a few tokens.

    Parameters
    ----------
    width : width of a token

    Input
    -----
    r : [B, D], float, of unit length

    Output
    ------
    : [B, 8, width], float
    """

    def __init__(self, width, **kwargs):
        super().__init__(**kwargs)
        self._width = width
        self._project = keras.layers.Dense(TOKENS * width)
        self._norm = keras.layers.LayerNormalization(epsilon=1e-5)

    def build(self, shape):
        self._project.build(shape)
        self._norm.build((None, TOKENS, self._width))

    def call(self, r):
        # scale the entries of a unit vector to about one
        tokens = self._project(r * self._project.kernel.shape[0] ** 0.5)
        return self._norm(ops.reshape(tokens, (-1, TOKENS, self._width)))


class CrossAttention(keras.layers.Layer):
    """Add the attention of each position to the context.

    Parameters
    ----------
    width : channels, of positions and of tokens; a multiple of ``heads``
    heads : attention heads

    Input
    -----
    x : [B, h, w, width], float
    tokens : [B, T, width], float

    Output
    ------
    : as ``x``
    """

    def __init__(self, width, *, heads, **kwargs):
        super().__init__(**kwargs)
        self._width, self._heads = width, heads
        self._norm = keras.layers.LayerNormalization(epsilon=1e-5)
        self._query, self._merge = (keras.layers.Dense(width) for _ in "qm")
        self._key_value = keras.layers.Dense(2 * width)

    def build(self, shape=None):
        for layer in (self._norm, self._query, self._merge, self._key_value):
            layer.build((None, self._width))

    def call(self, x, tokens):
        _, height, width, channels = shape = ops.shape(x)
        positions = ops.reshape(self._norm(x), (-1, height * width, channels))
        q = self._split(self._query(positions))
        k, v = ops.split(self._split(self._key_value(tokens), 2), 2, axis=1)
        scores = ops.matmul(q, ops.transpose(k, (0, 1, 3, 2)))
        depth = channels // self._heads
        mixed = ops.matmul(ops.softmax(scores * depth**-0.5, axis=-1), v)
        mixed = ops.reshape(ops.transpose(mixed, (0, 2, 1, 3)), shape)
        return x + self._merge(mixed)

    def _split(self, values, parts: int = 1):
        """Heads to the front : [B, N, parts width] -> [B, parts heads, N, depth]."""
        count, depth = ops.shape(values)[1], self._width // self._heads
        shape = (-1, count, parts * self._heads, depth)
        return ops.transpose(ops.reshape(values, shape), (0, 2, 1, 3))


class CrossModalSwin(keras.layers.Layer):
    """Cross-attention to a context, then Swin blocks; the identity at first.

    Parameters
    ----------
    width : channels, of positions and of tokens; a multiple of ``heads``
    depth : Swin blocks
    heads, window : as for Swin blocks

    Input
    -----
    x : [B, h, w, width], float
    tokens : [B, T, width], float

    Output
    ------
    : as ``x``
    """

    def __init__(self, width, *, depth, heads, window, **kwargs):
        super().__init__(**kwargs)
        self._width = width
        self._cross = CrossAttention(width, heads=heads)
        self._blocks = swin_stack(width, depth=depth, heads=heads, window=window)

    def build(self, shape=None):
        self._cross.build()
        self._blocks.build((None, None, None, self._width))
        self._gate = self.add_weight(
            name="gate", shape=(self._width,), initializer="zeros"
        )

    def call(self, x, tokens):
        return x + self._gate * (self._blocks(self._cross(x, tokens)) - x)
