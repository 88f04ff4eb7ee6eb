"""Crops inside a compiled step: the twin of ``experiments/training/crops.py`` in JAX.

Photos are in one array on the device. A crop is a window of fixed size, gathered around
the square of a photo, times two matrices that resample it as Pillow does.
"""

import math
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from experiments.training import objective
from experiments.training.crops import CONTEXT_KNOWN, LARGEST, SMALLEST, Draw
from experiments.training.device.photo_pack import Pixels

DRAWN = 1 << 16  # rows of the table of conditions
SUPPORT = 2  # half width of the bicubic filter at magnification one, in pixels


class Data(NamedTuple):
    """Training data on the device.

    pixels : training photos
    draws : table of conditions of crops, each [DRAWN]
    contexts : [count, D], float32, embeddings of the photos; D may be 0
    """

    pixels: Pixels
    draws: Draw
    contexts: jax.Array


def on_device(pixels: Pixels, contexts: np.ndarray | None, seed: int) -> Data:
    """Put everything on the device, once."""
    if contexts is None:
        contexts = np.zeros((len(pixels.first), 0), np.float32)
    draws = objective.draw(np.random.default_rng(seed), DRAWN)
    return jax.device_put(Data(pixels, draws, contexts))


def batch(data: Data, key, size: int, count: int) -> dict:
    """A batch of crops with their conditions, in the format of ``Crops``."""
    of_draw, of_photo, of_context, of_crop = jax.random.split(key, 4)
    row = jax.random.randint(of_draw, (count,), 0, DRAWN)
    photo = jax.random.randint(of_photo, (count,), 0, len(data.pixels.first))
    crops = jax.vmap(partial(_crop, data.pixels, size))
    found = {"image": crops(photo, jax.random.split(of_crop, count))}
    if data.contexts.shape[1]:
        known = jax.random.uniform(of_context, (count, 1)) < CONTEXT_KNOWN
        found["context"] = jnp.where(known, data.contexts[photo], 0)
    draws = jax.tree.map(lambda table: table[row], data.draws)
    return found | draws._asdict()


def _crop(pixels: Pixels, size: int, photo, key):
    """A square of a photo, magnified and mirrored : [size, size, 3], uint8."""
    shape = jnp.stack([pixels.height[photo], pixels.width[photo]])
    draws = jax.random.uniform(key, (4,))
    low, high = math.log(SMALLEST), math.log(LARGEST)
    side = jnp.minimum(size / jnp.exp(low + draws[0] * (high - low)), shape.min())
    corner = draws[1:3] * (shape - side)
    image = resized(pixels.values, pixels.first[photo], shape, corner, side, size)
    return jnp.where(draws[3] < 0.5, image[:, ::-1], image)


def resized(values, first, shape, corner, side, size: int):
    """A square of a photo at another size, with Pillow's bicubic filter.

    Input
    -----
    values : [N, 3], uint8; the photo begins at ``first``
    shape, corner : [2], height and width; top and left of the square
    side : of the square, at most ``size / SMALLEST``

    Output
    ------
    : [size, size, 3], uint8
    """
    scale = side / size
    window = math.ceil(size / SMALLEST + 2 * SUPPORT / SMALLEST) + 2
    start = jnp.floor(corner - SUPPORT * jnp.maximum(scale, 1)).astype(jnp.int32)
    rows, columns = (s + jnp.arange(window) for s in start)
    weights = [
        _weights(corner[i], scale, at, shape[i], size)
        for i, at in enumerate((rows, columns))
    ]
    inside = [jnp.clip(at, 0, shape[i] - 1) for i, at in enumerate((rows, columns))]
    patch = values[first + inside[0][:, None] * shape[1] + inside[1]]
    # rows first, with rounding in between, as Pillow does for photos that are not tall
    across = jnp.einsum("jw,hwc->hjc", weights[1], patch.astype(jnp.float32))
    image = jnp.einsum("ih,hjc->ijc", weights[0], _rounded(across))
    return _rounded(image).astype(jnp.uint8)


def _rounded(x):
    return jnp.clip(jnp.floor(x + 0.5), 0, 255)


def _weights(corner, scale, at, length, size: int):
    """Share of each pixel in each resampled one : [size, window]."""
    centre = corner + (jnp.arange(size) + 0.5) * scale
    reach = jnp.maximum(scale, 1)
    x = jnp.abs((at + 0.5 - centre[:, None]) / reach)
    near = (1.5 * x - 2.5) * x**2 + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    weight = jnp.where(x < 1, near, jnp.where(x < 2, far, 0))
    weight = jnp.where((at >= 0) & (at < length), weight, 0)
    return weight / weight.sum(axis=1, keepdims=True)
