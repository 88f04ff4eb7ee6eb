"""TensorFlow runs the file as OpenCV does, and has its gradient."""

import numpy as np
import pytest

from blocks.detectors import nanodet
from blocks.detectors.nanodet_halves import LATERAL, NanoDetHalves
from experiments.features.detector_statistics import HEADS, errors
from experiments.features.onnx_graph import OnnxGraph


@pytest.mark.slow
def test_a_graph_is_that_of_opencv(photo_of):
    import tensorflow as tf

    photo = photo_of(0)
    x = tf.constant(nanodet.network_input(photo).transpose(0, 2, 3, 1))
    maps = OnnxGraph(nanodet.WEIGHTS)({"input_1": x}, LATERAL.tensors)
    for one, other in zip(maps, NanoDetHalves().first(photo), strict=True):
        np.testing.assert_allclose(one[0], other, atol=1e-4)


@pytest.mark.slow
def test_draws_of_errors_have_the_gradient_of_differences():
    import tensorflow as tf

    rng = np.random.default_rng(0)
    draws = [(rng.normal(size=(1, 2, 2, 80)), rng.normal(size=(1, 2, 2, 4)))]
    draws = [tuple(map(np.float32, one)) for one in draws]
    head = tf.constant(rng.normal(size=(1, 2, 2, 124)), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(head)
        total = errors([head], draws)
    scores = 1 / (1 + np.exp(-head.numpy()[..., :80]))
    expected = draws[0][0] * scores * (1 - scores)
    np.testing.assert_allclose(
        tape.gradient(total, head)[..., :80], expected, rtol=1e-4, atol=1e-6
    )
    assert len(HEADS) == 3
