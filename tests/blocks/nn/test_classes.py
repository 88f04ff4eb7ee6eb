"""Classes of positions: choice, coding cost, and fitting."""

import numpy as np
import pytest

from blocks.nn.classes import (
    BIT_DIMENSIONS,
    THRESHOLD,
    Classes,
    context_rows,
    fit_classes,
)

COUNT, CHANNELS, SHAPE = 5, 12, (2, 6, 7)
EPS = float(np.finfo(np.float32).eps)


@pytest.fixture
def classes():
    """Give classes with patterns and neighbourhoods of all kinds."""
    layer = Classes(COUNT, CHANNELS)
    layer.build()
    rng = np.random.default_rng(1)
    for variable in layer.variables:
        variable.assign(rng.normal(size=variable.shape))
    return layer


def framed(index, row, column):
    """The class at a position, or the index for positions outside."""
    return index[row, column] if row >= 0 and column >= 0 else COUNT


def bits_of(layer, index) -> np.ndarray:
    """Bits of every class at each position of an image, by definition."""
    logits = {v.name: np.asarray(v, float) for v in layer.variables}
    bits = np.empty((*index.shape, COUNT))
    for i, j in np.ndindex(index.shape):
        value = logits["log_share"] + logits["left"][framed(index, i, j - 1)]
        value = value + logits["above"][framed(index, i - 1, j)]
        bits[i, j] = -np.log2(np.exp(value) / np.exp(value).sum())
    return bits


def test_bits_are_those_given_the_neighbours(classes):
    index = np.random.default_rng(2).integers(0, COUNT, SHAPE)
    found = classes.bits(index).numpy()
    for image, bits in zip(index, found, strict=True):
        expected = np.take_along_axis(bits_of(classes, image), image[..., None], -1)
        np.testing.assert_allclose(bits, expected[..., 0], rtol=64 * EPS)


def test_tables_say_the_same(classes):
    index = np.random.default_rng(2).integers(0, COUNT, SHAPE)[0]
    p = classes.probabilities()
    assert p.shape == ((COUNT + 1) ** 2, COUNT)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    found = -np.log2(p[context_rows(index, COUNT)])
    np.testing.assert_allclose(found, bits_of(classes, index), rtol=64 * EPS)


def test_the_cheapest_class_is_chosen(classes):
    rng = np.random.default_rng(3)
    y = rng.normal(size=(*SHAPE, CHANNELS)).astype(np.float32)
    gain = np.float32([0.3, -0.8])
    found = classes.choose(y, gain[:, None, None, None]).numpy()
    log_deviation = np.asarray(classes.log_deviation, float)
    for image, log_gain, chosen in zip(y, gain, found, strict=True):
        sent = np.exp(log_deviation + log_gain) > THRESHOLD
        cost = np.sum(image[..., None, :].astype(float) ** 2 * ~sent, axis=-1)
        cost += THRESHOLD**2 * sent.sum(axis=1)
        bits = bits_of(classes, cost.argmin(axis=-1))
        cost += THRESHOLD**2 * BIT_DIMENSIONS * bits
        np.testing.assert_array_equal(chosen, cost.argmin(axis=-1))
    assert len(np.unique(found)) > 2


def test_bits_are_no_less_than_the_entropy_of_independent_classes():
    """Mean bits equal the entropy for the true shares; other shares cost more."""
    layer = Classes(COUNT, CHANNELS)
    layer.build()
    share = np.array([0.5, 0.2, 0.15, 0.1, 0.05])
    index = np.random.default_rng(4).choice(COUNT, (8, 50, 50), p=share)
    measured = np.bincount(index.ravel()) / index.size
    layer.log_share.assign(np.log(measured))
    entropy = -np.sum(measured * np.log2(measured))
    assert layer.bits(index).numpy().mean() == pytest.approx(entropy, rel=1e-5)
    layer.log_share.assign(np.log(share[::-1]))
    assert layer.bits(index).numpy().mean() > entropy


def test_planted_patterns_are_found():
    rng = np.random.default_rng(5)
    patterns = np.full((4, 16), 0.01)
    for i in range(4):
        patterns[i, 4 * i : 4 * i + 4] = 2.0
    members = np.repeat(np.arange(4), [4000, 3000, 2000, 1000])
    y = rng.normal(size=(len(members), 16)) * patterns[members]
    deviation, share = fit_classes(y, 4, step=1.6)
    order = deviation[:, ::4].argmax(axis=1).argsort()
    np.testing.assert_allclose(share[order], [0.4, 0.3, 0.2, 0.1], atol=0.01)
    # a few latents of a pattern are all below the threshold, and look like another's
    np.testing.assert_allclose(deviation[order], patterns, rtol=0.05, atol=0.05)


def test_more_classes_describe_better():
    rng = np.random.default_rng(6)
    y = rng.normal(size=(4000, 8)) * np.exp(rng.normal(size=(4000, 8)))
    step = 4.0

    def cost(count):
        sent = fit_classes(y, count, step)[0] > THRESHOLD * step
        unsent = y**2 @ (~sent).T
        return (unsent + (THRESHOLD * step) ** 2 * sent.sum(axis=1)).min(axis=1).mean()

    one, four, sixteen = cost(1), cost(4), cost(16)
    assert sixteen < four < one


def test_a_number_that_is_no_power_of_two():
    deviation, share = fit_classes(np.random.default_rng(7).normal(size=(99, 3)), 3, 1)
    assert deviation.shape == (3, 3)
    assert share.sum() == pytest.approx(1, abs=0.05)
