"""Pixels folded into channels and back, in an order that files of weights rely on."""

import numpy as np
import pytest
from keras import ops

from blocks.nn.convolution import depth_to_space, residual_stack, space_to_depth


@pytest.mark.parametrize("size", [1, 2, 4])
@pytest.mark.parametrize(("height", "width"), [(8, 12), (4, 4)])
def test_unfolding_undoes_folding(height, width, size):
    x = np.arange(2 * height * width * 3, dtype=np.float32)
    x = x.reshape(2, height, width, 3)
    folded = space_to_depth(ops.convert_to_tensor(x), size)
    assert folded.shape == (2, height // size, width // size, size**2 * 3)
    np.testing.assert_array_equal(depth_to_space(folded, size), x)
    again = space_to_depth(depth_to_space(folded, size), size)
    np.testing.assert_array_equal(again, folded)


def test_order_is_row_column_channel():
    x = np.random.default_rng(0).normal(size=(1, 6, 4, 3)).astype(np.float32)
    folded = space_to_depth(ops.convert_to_tensor(x), 2).numpy()
    np.testing.assert_array_equal(folded[0, 2, 1], x[0, 4:6, 2:4].reshape(-1))


def test_residual_blocks_add_to_their_input():
    x = np.random.default_rng(0).normal(size=(1, 5, 6, 4)).astype(np.float32)
    stack = residual_stack(4, 2)
    stack.build(x.shape)
    assert np.any(stack(x).numpy() != x)
    for variable in stack.variables:
        variable.assign(0 * variable)
    np.testing.assert_array_equal(stack(x), x)
