"""SSIM and MS-SSIM against TensorFlow's, which are the field's reference."""

import numpy as np
import pytest
import tensorflow as tf

from blocks.tasks.structural_similarity import SMALLEST_MS_SSIM, structural_similarity


def pair(height, width, noise, seed=0):
    """A smooth picture and a noisy copy : each [height, width, 3], uint8."""
    generator = np.random.default_rng(seed)
    waves = np.add.outer(np.arange(height) / 9, np.arange(width) / 13)[..., None]
    a = 127 + 90 * np.sin(waves + np.arange(3)) + generator.normal(0, 5, (1, 1, 3))
    b = a + generator.normal(0, noise, a.shape)
    return (np.clip(np.round(x), 0, 255).astype(np.uint8) for x in (a, b))


@pytest.mark.parametrize("noise", [2, 40, 200])
@pytest.mark.parametrize("size", [(161, 161), (200, 177), (163, 255)])
def test_values_are_those_of_tensorflow(size, noise):
    a, b = pair(*size, noise)
    tensors = [tf.cast(x, tf.float32)[None] for x in (a, b)]
    ssim, ms_ssim = structural_similarity(a, b)
    assert ssim == pytest.approx(float(tf.image.ssim(*tensors, 255.0)[0]), abs=2e-5)
    reference = float(tf.image.ssim_multiscale(*tensors, 255.0)[0])
    assert ms_ssim == pytest.approx(reference, abs=2e-5)


def test_a_picture_is_like_itself_and_unlike_its_negative():
    a, _ = pair(180, 180, 0)
    assert structural_similarity(a, a) == pytest.approx((1.0, 1.0), abs=1e-6)
    ssim, ms_ssim = structural_similarity(a, 255 - a)
    assert ssim < 0.1
    assert ms_ssim < 0.3


def test_small_pictures_have_no_value():
    a, b = pair(SMALLEST_MS_SSIM - 1, 300, 10)
    ssim, ms_ssim = structural_similarity(a, b)
    assert np.isfinite(ssim)
    assert np.isnan(ms_ssim)
    assert np.all(np.isnan(structural_similarity(a[:10], b[:10])))
