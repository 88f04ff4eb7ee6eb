"""Cross-modal blocks: their attention, their gate, and a codec with a context."""

import keras
import numpy as np
import pytest

from blocks.nn.codec import Codec, state
from blocks.nn.cross_attention import (
    TOKENS,
    ContextTokens,
    CrossAttention,
    CrossModalSwin,
)
from blocks.nn.profiles import PROFILES, start_at_klt

WIDTH, HEADS = 12, 3


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.fixture
def attention():
    layer = CrossAttention(WIDTH, heads=HEADS)
    layer.build()
    for i, variable in enumerate(layer.variables):
        variable.assign(0.5 * draw(*variable.shape, seed=i))
    return layer


@pytest.fixture
def with_context(klt, noise_pictures):
    """Give the smallest codec with a context of ten values, at the start."""
    keras.utils.set_random_seed(1)
    codec = Codec(PROFILES["tiny"]._replace(context=10))
    codec.build()
    start_at_klt(codec, klt, noise_pictures)
    return codec


def test_it_is_attention(attention):
    x, tokens = draw(2, 3, 4, WIDTH), draw(2, 5, WIDTH, seed=1)
    weights = {
        v.path.partition("/")[2]: np.asarray(v, float) for v in attention.variables
    }
    dense = [w for path, w in weights.items() if "dense" in path]
    (wq, bq), (wm, bm), (wk, bk) = zip(dense[::2], dense[1::2], strict=True)
    gamma, beta = (w for path, w in weights.items() if "norm" in path)
    centred = x - x.mean(axis=-1, keepdims=True)
    normal = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
    q = (normal * gamma + beta) @ wq + bq
    k, v = np.split(tokens @ wk + bk, 2, axis=-1)
    mixed = np.empty(q.shape)
    for head in np.split(np.arange(WIDTH), HEADS):
        scores = np.einsum("bhwd,btd->bhwt", q[..., head], k[..., head])
        p = np.exp(scores / np.sqrt(len(head)))
        p /= p.sum(axis=-1, keepdims=True)
        mixed[..., head] = np.einsum("bhwt,btd->bhwd", p, v[..., head])
    expected = x + mixed @ wm + bm
    np.testing.assert_allclose(attention(x, tokens), expected, rtol=0, atol=1e-5)


def test_a_cross_modal_block_changes_nothing_at_first_and_much_when_it_is_open():
    layer = CrossModalSwin(WIDTH, depth=2, heads=HEADS, window=2)
    layer.build()
    x, tokens = draw(1, 4, 4, WIDTH), draw(1, 5, WIDTH)
    np.testing.assert_array_equal(layer(x, tokens), x)
    layer.variables[0].assign(np.ones(WIDTH))
    opened = np.asarray(layer(x, tokens))
    assert np.abs(opened - x).max() > 0.1
    assert np.abs(opened - layer(x, tokens[:, ::-1] + 1)).max() > 1e-3


def test_tokens_differ_where_embeddings_do():
    layer = ContextTokens(WIDTH)
    layer.build((None, 10))
    r = draw(2, 10)
    r /= np.linalg.norm(r, axis=1, keepdims=True)
    tokens = layer(r).numpy()
    assert tokens.shape == (2, TOKENS, WIDTH)
    assert np.abs(tokens[0] - tokens[1]).max() > 0.1
    np.testing.assert_allclose(tokens.std(axis=-1), 1, rtol=1e-2)


def coded(codec, context):
    """Outputs of both ends of the joint code, and the picture."""
    y, tokens = draw(1, 4, 4, 32), codec.tokens(context)
    side = codec.side(0 * y, 0.5 * draw(1, 4, 4, 32, seed=2), np.float32([2]))
    shared = side.mu, side.sigma, side.kept, side.level, np.float32([0.1])
    at = state(*np.float32([[0.5], [10], [10]]))
    s, scale = codec.encoder(y, *shared, at, tokens)
    y_hat, error = codec.decoder(s, np.float32(0.1), scale, *shared, at, tokens)
    base = np.full((1, 64, 64, 3), 0.5, np.float32)
    return s, y_hat, codec.synthesise(y_hat, error, 0 * scale, base, tokens)


def test_a_context_changes_nothing_at_first_and_all_ends_later(with_context):
    one, other = draw(1, 10), draw(1, 10, seed=3)
    before = coded(with_context, one)
    for a, b in zip(before, coded(with_context, other), strict=True):
        np.testing.assert_array_equal(a, b)
    for i, variable in enumerate(with_context.trainable_variables):
        value = np.asarray(variable)
        variable.assign(value + 0.1 * draw(*value.shape, seed=i))
    for a, b in zip(coded(with_context, one), coded(with_context, other), strict=True):
        assert np.abs(np.asarray(a) - np.asarray(b)).max() > 1e-4


def test_a_codec_without_context_has_no_variable_more(tiny_codec):
    assert tiny_codec.tokens(draw(1, 10)) is None
    assert not any("cross" in v.path for v in tiny_codec.variables)
