"""Windowed attention: against full attention, and its receptive field."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from blocks.nn.swin import SwinBlock, merge_windows, split_windows, swin_stack

WIDTH, HEADS, WINDOW = 8, 2, 4
SIZES = [(8, 8), (12, 4), (5, 7), (9, 4), (4, 4), (3, 2), (1, 1), (3, 11)]
# a mean of at most 16 values, twice: some ten roundings of values about 1
PRECISION = 32 * np.finfo(np.float32).eps

sizes = pytest.mark.parametrize(("height", "width"), SIZES)
shifts = pytest.mark.parametrize("shift", [0, WINDOW // 2])


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def make_block(shift: int) -> SwinBlock:
    """A block whose every variable counts, bias table and gains of norms too."""
    block = SwinBlock(WIDTH, heads=HEADS, window=WINDOW, shift=shift)
    block.build((None, None, None, WIDTH))
    for number, variable in enumerate(block.variables):
        variable.assign(0.5 * draw(*variable.shape, seed=number))
    return block


def windows_of(height: int, width: int, shift: int) -> np.ndarray:
    """Window of each position, those that begin ``shift`` before the map : [n, 2]."""
    grid = np.stack(np.mgrid[:height, :width], axis=-1).reshape(-1, 2)
    if max(height, width) <= WINDOW:
        shift = 0
    return (grid - shift) // WINDOW


def dense(layer, x):
    kernel, bias = layer.get_weights()
    return x @ kernel + bias


def normalised(layer, x):
    gain, offset = layer.get_weights()
    x = x - x.mean(axis=-1, keepdims=True)
    return gain * x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + 1e-5) + offset


def attention(block, x, shift):
    """Attention of every position to every one of its window : [n, C] -> [n, C]."""
    height, width, _ = x.shape
    grid = np.stack(np.mgrid[:height, :width], axis=-1).reshape(-1, 2)
    window = windows_of(height, width, shift)
    together = np.all(window[:, None] == window, axis=-1)
    offset = grid[:, None] - grid + WINDOW - 1
    row = np.where(together, offset[..., 0] * (2 * WINDOW - 1) + offset[..., 1], 0)
    table, depth = block._bias.numpy().astype(float), WIDTH // HEADS
    q, k, v = np.split(dense(block._qkv, x.reshape(-1, WIDTH)), 3, axis=-1)
    mixed = []
    for head in range(HEADS):
        part = slice(head * depth, (head + 1) * depth)
        scores = q[:, part] @ k[:, part].T / np.sqrt(depth) + table[row, head]
        shares = np.exp(scores) * together
        mixed.append(shares / shares.sum(axis=1, keepdims=True) @ v[:, part])
    return dense(block._merge, np.concatenate(mixed, axis=1)).reshape(x.shape)


def naive(block, x, shift):
    """The block in float64, without windows cut or maps filled : [H, W, C]."""
    x = x + attention(block, normalised(block._norms[0], x), shift)
    hidden = dense(block._expand, normalised(block._norms[1], x))
    hidden = ops.convert_to_numpy(keras.activations.gelu(hidden.astype(np.float64)))
    return x + dense(block._contract, hidden)


@sizes
@shifts
def test_block_is_attention_within_windows(height, width, shift):
    block, x = make_block(shift), draw(2, height, width, WIDTH)
    expected = np.stack([naive(block, image.astype(float), shift) for image in x])
    scale = np.abs(expected).max()
    np.testing.assert_allclose(block(x), expected, rtol=0, atol=PRECISION * scale)


@shifts
def test_a_graph_may_leave_the_sides_open(shift):
    block = make_block(shift)
    images = tf.TensorSpec([1, None, None, WIDTH])
    graph = tf.function(block, input_signature=[images], autograph=False)
    for size in SIZES:
        x = draw(1, *size, WIDTH)
        got, expected = graph(x).numpy(), block(x).numpy()
        scale = np.abs(expected).max()
        np.testing.assert_allclose(got, expected, rtol=0, atol=PRECISION * scale)


@sizes
@shifts
def test_nothing_leaks_across_windows_or_from_padding(height, width, shift):
    block, x = make_block(shift), draw(1, height, width, WIDTH)
    plain, window = block(x).numpy()[0], windows_of(height, width, shift)
    window = window.reshape(height, width, 2)
    for row, column in {(0, 0), (height - 1, width - 1), (height // 2, 0)}:
        other = x.copy()
        other[0, row, column] += 10 * draw(WIDTH, seed=9)
        changed = np.any(block(other).numpy()[0] != plain, axis=-1)
        together = np.all(window == window[row, column], axis=-1)
        np.testing.assert_array_equal(changed, together)


def test_shifts_alternate_and_join_what_windows_cut():
    stack = swin_stack(WIDTH, depth=3, heads=HEADS, window=WINDOW)
    assert [block._shift for block in stack._stack] == [0, WINDOW // 2, 0]
    stack.build((None, None, None, WIDTH))
    x = draw(1, 8, 8, WIDTH)
    other = x.copy()
    # in the first window; one of the second block joins all four
    other[0, 3, 3] += 10 * draw(WIDTH, seed=9)
    changed = np.any(stack(other).numpy() != stack(x).numpy(), axis=-1)
    assert changed.all()


@pytest.mark.parametrize(("height", "width"), [(8, 12), (4, 4), (12, 4)])
def test_windows_come_together_again(height, width):
    x = draw(2, height, width, 3)
    windows = split_windows(ops.convert_to_tensor(x), WINDOW)
    assert windows.shape == (2, height * width // WINDOW**2, WINDOW**2, 3)
    back = merge_windows(windows, (height, width), WINDOW)
    np.testing.assert_array_equal(back, x)


def test_a_window_is_a_square_of_the_map():
    x = np.arange(96, dtype=np.float32).reshape(1, 8, 12, 1)
    windows = split_windows(ops.convert_to_tensor(x), WINDOW)
    second_of_second_row = windows.numpy()[0, 4].reshape(WINDOW, WINDOW)
    np.testing.assert_array_equal(second_of_second_row, x[0, 4:, 4:8, 0])
