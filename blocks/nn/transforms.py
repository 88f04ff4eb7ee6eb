"""Analysis and synthesis: a linear transform, and networks in parallel.

The linear path is the KLT of 16x16 blocks, the optimal linear transform. The networks
start at zero, so training starts at the linear code and improves on it.

References
----------
J. Dai et al., "Nonlinear transform source-channel coding for semantic
communications", IEEE JSAC 40(8), 2022, section III, for the Swin transforms.
Deviation: a convolutional stem at 1/4 and 1/8, Swin blocks at 1/16 only.
"""

import keras
from keras import ops

from blocks.nn.convolution import depth_to_space, residual_stack, space_to_depth
from blocks.nn.cross_attention import CrossModalSwin
from blocks.nn.swin import swin_stack

PATCH = 16  # pixels per position of y, along one side


class Analysis(keras.layers.Layer):
    """Pixels to latents.

    Parameters
    ----------
    channels : M, latents in one position
    widths : channels at 1/4, 1/8 and 1/16 of the resolution
    depths : residual blocks at 1/4 and 1/8, Swin blocks at 1/16
    heads, window : of the Swin blocks

    Input
    -----
    x : [B, 16 h, 16 w, 3], float, 0 to 1
    base : same shape, picture of the base layer, subtracted before the linear transform

    Output
    ------
    y : [B, h, w, M], float, orthonormal scale (a block's pixels keep their norm)
    """

    def __init__(self, channels, *, widths, depths, heads, window, **kwargs):
        super().__init__(autocast=False, dtype="float32", **kwargs)
        self._widths = widths
        self.linear = keras.layers.Dense(channels, dtype="float32")
        self._stem = keras.layers.Conv2D(widths[0], 3, padding="same")
        self._quarter = residual_stack(widths[0], depths[0])
        self._to_eighth = keras.layers.Dense(widths[1])
        self._eighth = residual_stack(widths[1], depths[1])
        self._to_latent = keras.layers.Dense(widths[2])
        self._latent = swin_stack(
            widths[2], depth=depths[2], heads=heads, window=window
        )
        self._head = keras.layers.Dense(channels, kernel_initializer="zeros")

    def build(self, shape):
        a, b, c = self._widths
        self.linear.build((None, PATCH**2 * shape[-1]))
        self._stem.build((None, None, None, 16 * shape[-1]))
        self._quarter.build((None, None, None, a))
        self._to_eighth.build((None, 4 * a))
        self._eighth.build((None, None, None, b))
        self._to_latent.build((None, 4 * b))
        self._latent.build((None, None, None, c))
        self._head.build((None, c))

    @property
    def blocks(self) -> list:
        """The residual blocks at 1/4, 1/8 and 1/16, which can start as the identity."""
        return [*self._quarter, *self._eighth, *self._latent]

    def call(self, x, base):
        return self.linear_only(x, base) + ops.cast(self._nonlinear(x), "float32")

    def linear_only(self, x, base):
        """The linear transform alone, to which the entropy model is fitted first."""
        return self.linear(space_to_depth(x - base, PATCH))

    def _nonlinear(self, x):
        x = self._quarter(self._stem(space_to_depth(x - 0.5, 4)))
        x = self._eighth(self._to_eighth(space_to_depth(x, 2)))
        x = self._latent(self._to_latent(space_to_depth(x, 2)))
        return self._head(x)


class Synthesis(keras.layers.Layer):
    """Latents to pixels, given the standard error of each latent.

    Parameters
    ----------
    widths, depths, heads, window : as for :class:`Analysis`
    context : whether cross-modal blocks attend to the tokens of a context

    Input
    -----
    y : [B, h, w, M], float, orthonormal scale
    whitened : [B, h, w, M], float, y in quantiser steps
    log_error : [B, h, w, M], float, log of the standard error, in quantiser steps
    base : [B, 16 h, 16 w, 3], float, as at the analysis
    tokens : [B, T, width at 1/16], float, tokens of the context, if there is one

    Output
    ------
    x : [B, 16 h, 16 w, 3], float, nominally 0 to 1
    """

    def __init__(self, *, widths, depths, heads, window, context=False, **kwargs):
        super().__init__(autocast=False, dtype="float32", **kwargs)
        self._widths = widths
        self.linear = keras.layers.Dense(3 * PATCH**2, dtype="float32")
        self._features = keras.layers.Dense(widths[2])
        swin = {"heads": heads, "window": window}
        self._latent = swin_stack(widths[2], depth=depths[2], **swin)
        self._cross_modal = (
            CrossModalSwin(widths[2], depth=2, **swin) if context else None
        )
        self._to_eighth = keras.layers.Dense(4 * widths[1])
        self._eighth = residual_stack(widths[1], depths[1])
        self._to_quarter = keras.layers.Dense(4 * widths[0])
        self._picture = keras.layers.Conv2D(widths[0], 3, padding="same")
        self._quarter = residual_stack(widths[0], depths[0])
        self._head = keras.layers.Conv2D(
            48, 3, padding="same", kernel_initializer="zeros"
        )

    def build(self, shape):
        a, b, c = self._widths
        self.linear.build(shape)
        self._features.build((None, 2 * shape[-1]))
        self._latent.build((None, None, None, c))
        self._to_eighth.build((None, c))
        self._eighth.build((None, None, None, b))
        self._to_quarter.build((None, b))
        self._picture.build((None, None, None, 48))
        self._quarter.build((None, None, None, a))
        self._head.build((None, None, None, a))
        if self._cross_modal:
            self._cross_modal.build()

    @property
    def blocks(self) -> list:
        """The residual blocks at 1/4, 1/8 and 1/16, which can start as the identity."""
        return [*self._quarter, *self._eighth, *self._latent]

    def call(self, y, whitened, log_error, base, tokens=None):
        x = self.linear_only(y, base)
        features = ops.concatenate([ops.arcsinh(whitened), log_error], axis=-1)
        return x + ops.cast(self._nonlinear(x, features, tokens), "float32")

    def linear_only(self, y, base):
        """The inverse of the linear transform alone."""
        return base + depth_to_space(self.linear(y), PATCH)

    def _nonlinear(self, picture, features, tokens):
        """Correction across the blocks of the linear transform, by the networks."""
        x = self._latent(self._features(features))
        if self._cross_modal:
            x = self._cross_modal(x, tokens)
        x = self._eighth(depth_to_space(self._to_eighth(x), 2))
        x = depth_to_space(self._to_quarter(x), 2)
        x = self._quarter(x + self._picture(space_to_depth(picture - 0.5, 4)))
        return depth_to_space(self._head(x), 4)
