"""The variable-length code: selection, power allocation, and error."""

import numpy as np
import pytest

from blocks.nn.entropy import SCALES, entropies
from blocks.nn.jscc import (
    DITHER,
    ENTROPIES,
    ETA,
    FINE,
    LEVELS,
    JsccDecoder,
    JsccEncoder,
    allocate,
    entropy_map,
    kept_latents,
    nominal_eta,
    rate_levels,
)
from blocks.phy import analog

EPS = np.finfo(np.float32).eps
CHANNELS, BATCH, SIDE = 32, 3, 6
SIZE = (BATCH, SIDE, SIDE, CHANNELS)
SWIN = {"width": 16, "depth": 1, "heads": 2, "window": 4}


NUM_SCALES = len(SCALES)


def indices(seed=0, low=0, high=NUM_SCALES):
    return np.random.default_rng(seed).integers(low, high, SIZE).astype(np.int32)


def levels(seed=1):
    count = sum(k <= CHANNELS for k in LEVELS)
    draw = np.random.default_rng(seed)
    return draw.integers(0, count, SIZE[:3]).astype(np.int32)


def deviations(spread: float, seed=2):
    draw = np.random.default_rng(seed)
    return draw.lognormal(0, spread, SIZE).astype(np.float32)


def column(value, batch=BATCH):
    return np.full(batch, value, np.float32)


def test_entropy_map_is_the_sum_over_latents():
    index = indices()
    expected = entropies()[index].sum(axis=-1)
    error = CHANNELS / (2 * FINE)  # each is rounded to the table
    np.testing.assert_allclose(entropy_map(index), expected, rtol=0, atol=error)


def test_entropy_map_is_exact_whatever_the_order():
    index = indices()
    order = np.random.default_rng(3).permutation(CHANNELS)
    expected = np.float32(ENTROPIES[index].sum(axis=-1) / FINE)
    np.testing.assert_array_equal(entropy_map(index), expected)
    np.testing.assert_array_equal(entropy_map(index[..., order]), expected)


@pytest.mark.parametrize("channels", [32, 40, 256])
def test_rate_level_is_the_nearest_that_there_is(channels):
    entropy = np.random.default_rng(0).uniform(0, 900, SIZE[:3]).astype(np.float32)
    eta = np.float32([0.05, 0.2, 0.7])
    level = rate_levels(entropy, eta, channels).numpy()
    allowed = np.array([k for k in LEVELS if k <= channels])
    wanted = entropy * eta[:, None, None]
    lower, upper = (
        np.abs((wanted * factor)[..., None] - allowed).argmin(axis=-1)
        for factor in (1 - DITHER / 2, 1 + DITHER / 2)
    )
    assert np.all((lower <= level) & (level <= upper))
    assert level.dtype == np.int32
    assert level.max() == len(allowed) - 1  # the widest was wished for, and more


def test_rate_of_equal_positions_grows_evenly():
    """One position after the other, not all at once."""
    entropy = np.full((1, 20, 30), 50, np.float32)
    counts = [
        np.array(LEVELS)[rate_levels(entropy, np.float32([eta]), 256).numpy()].mean()
        for eta in np.geomspace(0.1, 2, 400)
    ]
    assert np.all(np.diff(counts) >= 0)
    # a doubling is spread over a tenth of eta; at once, it would be a half
    assert max(np.diff(counts) / counts[1:]) < 0.1


def test_kept_latents_are_as_many_as_the_level_says_and_the_largest():
    index, level = indices(), levels()
    kept = kept_latents(index, level).numpy()
    assert set(np.unique(kept)) == {0, 1}
    np.testing.assert_array_equal(kept.sum(axis=-1), np.array(LEVELS)[level])
    smallest_kept = np.where(kept > 0, index, NUM_SCALES).min(axis=-1)
    largest_left = np.where(kept > 0, -1, index).max(axis=-1)
    assert np.all(smallest_kept >= largest_left)


def test_ties_go_to_the_lower_channel():
    index, level = indices(low=5, high=7), levels()
    order = np.argsort(-index, axis=-1, kind="stable")
    count = np.array(LEVELS)[level]
    expected = np.zeros(SIZE)
    for where in np.ndindex(SIZE[:3]):
        expected[where][order[where][: count[where]]] = 1
    np.testing.assert_array_equal(kept_latents(index, level), expected)


@pytest.mark.parametrize("spread", [0.3, 1.5, 3.0])
@pytest.mark.parametrize("no", [0.01, 0.1, 1.0, 5.0])
def test_power_is_the_optimum_of_every_image(spread, no):
    sigma, kept = deviations(spread), kept_latents(indices(), levels()).numpy()
    power = allocate(sigma, kept, column(no)).numpy()
    assert not power[kept == 0].any()
    for image in range(BATCH):
        chosen = kept[image] > 0
        s, count = sigma[image][chosen].astype(float), chosen.sum()
        best = analog.power_by_noise(s, no, count)
        error = EPS * np.sqrt(count) * (best + no)  # sums of as many
        np.testing.assert_array_less(np.abs(power[image][chosen] - best), 8 * error)


@pytest.mark.parametrize("no", [0.001, 1.0])
def test_power_meets_the_kkt_conditions(no):
    sigma, kept = deviations(1.5), kept_latents(indices(), levels()).numpy()
    power = allocate(sigma, kept, column(no)).numpy().astype(float)
    for image in range(BATCH):
        chosen = kept[image] > 0
        p, s = power[image][chosen], sigma[image][chosen]
        precision = 8 * EPS * np.sqrt(len(p))
        assert p.mean() == pytest.approx(1, rel=precision)
        # what more power would save: alike where there is some, nowhere more
        saved = s**2 * no / (p + no) ** 2
        multiplier = saved[p > 0].mean()
        np.testing.assert_allclose(saved[p > 0], multiplier, rtol=4 * precision)
        assert np.all(saved[p == 0] <= multiplier * (1 + 4 * precision))
        assert np.any(p == 0) == (no == 1)


def make_code(seed: int | None = None):
    """Encoder and decoder; as training starts, or with every variable at random."""
    encoder, decoder = JsccEncoder(CHANNELS, **SWIN), JsccDecoder(CHANNELS, **SWIN)
    draw = np.random.default_rng(seed)
    for part in (encoder, decoder):
        part.build(3)
        for variable in part.variables if seed is not None else ():
            variable.assign(draw.normal(0, 0.3, variable.shape).astype(np.float32))
    return encoder, decoder


@pytest.mark.parametrize("seed", [None, 1])
@pytest.mark.parametrize("no", [0.01, 0.3])
def test_power_is_exactly_one_over_what_is_kept(no, seed):
    encoder, _ = make_code(seed)
    sigma, level = deviations(1.0), levels()
    kept = kept_latents(indices(), level).numpy()
    y = np.random.default_rng(4).normal(0, 3 * sigma).astype(np.float32)
    state = np.zeros((BATCH, 3), np.float32)
    s, scale = encoder(y, 0 * y, sigma, kept, level, column(no), state)
    s = s.numpy().astype(float)
    assert not s[kept == 0].any()
    count = kept.sum(axis=(1, 2, 3))
    mean = np.sum(s**2, axis=(1, 2, 3)) / count
    np.testing.assert_allclose(mean, 1, rtol=EPS * np.sqrt(count.max()))
    assert scale.shape == (BATCH, 1, 1, 1)
    # sent at three times the deviation that the power was meant for
    assert np.all(scale.numpy() < 1)


def test_image_with_nothing_to_send_sends_nothing():
    encoder, decoder = make_code(1)
    sigma, level = deviations(1.0), 0 * levels()
    kept = kept_latents(indices(), level).numpy()
    state, mu = np.zeros((BATCH, 3), np.float32), deviations(1.0, seed=5)
    shared = (mu, sigma, kept, level, column(0.1), state)
    s, scale = encoder(mu + sigma, *shared)
    y, log_error = decoder(0 * sigma, column(0.1)[:, None, None, None], scale, *shared)
    assert not s.numpy().any()
    assert np.all(np.isfinite(y))
    np.testing.assert_allclose(log_error, np.log(sigma), atol=4 * EPS)


@pytest.mark.parametrize("no", [0.01, 0.1, 1.0])
@pytest.mark.parametrize("mismatch", [1.0, 4.0])
def test_at_the_start_it_is_the_linear_code(no, mismatch):
    """Distortion of a Gaussian source: the sum of ``sigma^2 n / (p + n)``."""
    encoder, decoder = make_code()
    draw, batch = np.random.default_rng(7), 40
    sigma = draw.lognormal(0, 1, (1, SIDE, SIDE, CHANNELS)).astype(np.float32)
    sigma = np.repeat(sigma, batch, axis=0)
    level = np.repeat(levels()[:1], batch, axis=0)
    kept = kept_latents(np.repeat(indices()[:1], batch, axis=0), level).numpy()
    mu = draw.normal(size=sigma.shape).astype(np.float32)
    y = draw.normal(mu, sigma).astype(np.float32)
    shared = (mu, sigma, kept, level, column(no, batch), np.zeros((batch, 3), "f"))
    s, scale = encoder(y, *shared)
    # the channel may be other than the transmitter took it for
    noise = np.float32(no * mismatch)
    r = s + kept * draw.normal(0, np.sqrt(noise), s.shape).astype(np.float32)
    y_hat, log_error = decoder(r, noise, scale, *shared)

    power = allocate(sigma, kept, column(no, batch)).numpy().astype(float)
    n = noise / scale.numpy().astype(float) ** 2
    expected = np.where(kept > 0, analog.distortion(power, sigma, n), sigma**2)
    np.testing.assert_allclose(np.exp(2 * log_error.numpy()), expected, rtol=64 * EPS)
    # at a deviation of one each latent counts alike
    excess = ((y_hat.numpy() - y) ** 2 - expected) / sigma**2
    excess = excess.mean(axis=(1, 2, 3))
    assert abs(excess.mean()) <= 3 * excess.std(ddof=1) / np.sqrt(batch)


def test_distortion_is_the_least_that_a_linear_decoder_has():
    """Any other factor on the received values has more error."""
    encoder, decoder = make_code()
    draw, no = np.random.default_rng(8), 0.2
    sigma, level = deviations(1.0), levels()
    kept = kept_latents(indices(), level).numpy()
    y = draw.normal(0, sigma).astype(np.float32)
    shared = (0 * y, sigma, kept, level, column(no), np.zeros((BATCH, 3), "f"))
    s, scale = encoder(y, *shared)
    r = s.numpy() + draw.normal(0, np.sqrt(no), s.shape).astype(np.float32)
    y_hat = decoder(kept * r, np.float32(no), scale, *shared)[0].numpy()
    errors = [np.mean((f * y_hat - y)[kept > 0] ** 2) for f in (0.9, 1, 1.1)]
    assert errors[1] < min(errors[0], errors[2])


def test_networks_add_to_the_linear_code():
    """The correction depends on each of its inputs."""
    encoder, _ = make_code(1)
    sigma, level = deviations(1.0), levels()
    kept = kept_latents(indices(), level).numpy()
    y, state = sigma * deviations(0.3, seed=6), np.zeros((BATCH, 3), np.float32)
    args = [y, 0 * y, sigma, kept, level, column(0.1), state]
    plain = encoder(*args)[0].numpy()
    for position, other in ((4, (level + 1) % 5), (6, state + 1)):
        changed = list(args)
        changed[position] = other
        assert np.any(np.abs(encoder(*changed)[0].numpy() - plain) > 1e-3)


def test_nominal_eta_falls_with_the_snr():
    eta = nominal_eta(np.array([0.0, 5.0, 10.0, 20.0]))
    assert np.all(np.diff(eta) < 0)
    assert eta[2] == pytest.approx(ETA)
    # in less than proportion to what a use carries
    capacity = np.log2(1 + 10 ** np.array([0.0, 0.5, 1.0, 2.0]))
    assert np.all(np.diff(eta * capacity) > 0)
