"""Every registered channel keeps the contract of a channel.

Statistics are compared within four standard errors; a transmission (row) is the
sample, for symbols of one fade are not independent.
"""

from functools import cache

import numpy as np
import pytest

from experiments.compose import catalogue
from semlink.compiled_channel import compiled_channel
from semlink.config import ComponentSpec
from semlink.errors import InputError
from semlink.graph import traces
from semlink.loop.evolution import ChannelEvolution
from semlink.protocols import Channel
from semlink.rng import CHUNK, Course
from semlink.signals import RxSignal
from semlink.superposition import superpose

REGISTRY = catalogue().registries["channel"]
DEFAULTS = REGISTRY.complete()
VARIANTS = [
    "rayleigh:1",
    "rician[k_factor_db=0,coherence_length=5]",
    "rayleigh_fast[doppler_hz=20000]",
    "shadowed:rician[sigma_db=3]",
    "erasure[burst=4,over=rayleigh]",
    "cdl[model=D,interleave=false]",
]
# of what Es/N0 says, all packets lost taken into account
ARRIVE = {"erasure": 0.95, "erasure[burst=4,over=rayleigh]": 0.95}
# what moves interferes with itself, more than 50 dB below the signal at these speeds
OFDM = ("tdl", "cdl", "cir", "umi", "uma", "rma")
SLOW = ("rma", "uma")  # of the same code as umi
CHANNELS = [
    pytest.param(word, marks=pytest.mark.slow) if word in SLOW else word
    for word in DEFAULTS + VARIANTS
]
SNR_DB = 7.0
ROWS, LENGTH = 256, 501


@cache
def channel(word: str):
    return catalogue().build("channel", ComponentSpec.model_validate(word))


@cache
def stage(word: str):
    """The channel as a link compiles it."""
    return compiled_channel(channel(word), f"test {word}")


def send(function, x, snr_db: float = SNR_DB, seed: int = 1) -> RxSignal:
    rx = function(x, np.asarray(snr_db, np.float32), Course(seed))
    return RxSignal(*map(np.asarray, rx))


def symbols(*shape: int) -> np.ndarray:
    """Random 16-QAM-like symbols of unit mean energy."""
    draw = np.random.default_rng(3).integers(0, 4, (2, *shape)) * 2 - 3
    return ((draw[0] + 1j * draw[1]) / np.sqrt(10)).astype(np.complex64)


@cache
def many(word: str) -> tuple[np.ndarray, RxSignal]:
    """Enough transmissions for statistics: what was sent, what was received."""
    x = symbols(ROWS, LENGTH)
    return x, send(stage(word), x)


def assert_mean(samples: np.ndarray, expected: float) -> None:
    """The mean of independent samples [n] is as expected, within 4 standard errors."""
    error = np.std(samples, ddof=1) / np.sqrt(len(samples))
    assert abs(np.mean(samples) - expected) <= 4 * error + 1e-5


@pytest.mark.parametrize("word", CHANNELS)
def test_is_a_channel(word):
    assert isinstance(channel(word), Channel)
    assert getattr(channel(word), "level", "graph") in ("eager", "graph")


@pytest.mark.parametrize("shape", [(1, 1), (1, 97), (2, 1024), (3, 169)])
@pytest.mark.parametrize("word", CHANNELS)
def test_shapes_and_types(word, shape):
    rx = send(stage(word), symbols(*shape))
    assert [a.shape for a in rx] == [shape] * 3
    assert [a.dtype for a in rx] == [np.complex64, np.float32, np.complex64]
    assert all(np.all(np.isfinite(a)) for a in rx)
    assert np.all(rx.no > 0)


@pytest.mark.parametrize("word", CHANNELS)
def test_mean_power_gain_is_one(word):
    _, rx = many(word)
    assert_mean(np.mean(np.abs(rx.h_hat) ** 2, axis=1), 1.0)


@pytest.mark.parametrize("word", CHANNELS)
def test_no_is_the_noise_that_is_left(word):
    x, rx = many(word)
    error = (rx.x_hat - x) / np.sqrt(rx.no)
    assert_mean(np.mean(np.abs(error) ** 2, axis=1), 1.0)
    assert_mean(np.mean(error.real**2, axis=1), 0.5)


@pytest.mark.parametrize("word", CHANNELS)
def test_snr_is_the_average_received_one(word):
    _, rx = many(word)
    share = ARRIVE.get(word, 1.0)
    assert_mean(np.mean(1 / rx.no, axis=1) / 10 ** (SNR_DB / 10), share)


@pytest.mark.parametrize("word", CHANNELS)
def test_gain_after_equalisation_is_one(word):
    x, rx = many(word)
    error = (rx.x_hat - x) / np.sqrt(rx.no) * np.conj(x)
    assert_mean(np.mean(error.real, axis=1), 0.0)
    assert_mean(np.mean(error.imag, axis=1), 0.0)


@pytest.mark.parametrize("word", CHANNELS)
def test_rows_are_independent(word):
    x, rx = many(word)
    error = (rx.x_hat - x) / np.sqrt(rx.no)
    product = error[:-1:2] * np.conj(error[1::2])
    assert_mean(np.mean(product.real, axis=1), 0.0)
    assert_mean(np.mean(product.imag, axis=1), 0.0)


@pytest.mark.parametrize("word", CHANNELS)
def test_high_snr_gives_the_symbols_back(word):
    x = symbols(2, 300)
    rx = send(stage(word), x, snr_db=120.0)
    assert np.all(np.abs(rx.x_hat - x) < 1e-3 + 5 * np.sqrt(rx.no))
    assert np.median(rx.no) < (1e-5 if word.startswith(OFDM) else 1e-9)


@pytest.mark.parametrize("word", CHANNELS)
def test_seed_decides(word):
    x = symbols(2, 333)
    first, other = (send(stage(word), x, seed=s) for s in (5, 6))
    # what is drawn in between changes nothing
    second = send(stage(word), x, seed=5)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)
    assert np.all(first.x_hat != other.x_hat)


def course_of(x, rx: RxSignal) -> tuple[np.ndarray, np.ndarray]:
    """Gains [B, N], and noise [B, N] at their output, of unit power."""
    return rx.h_hat, (rx.x_hat - x) / np.sqrt(rx.no)


def assert_same_course(one, other, atol: float = 1e-3) -> None:
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, atol=atol)


@pytest.mark.parametrize("word", CHANNELS)
def test_course_is_the_same_at_every_snr(word):
    # common random numbers: curves over SNR are smoother than their intervals
    x = symbols(1, 100)
    assert_same_course(*(course_of(x, send(stage(word), x, s)) for s in (0.0, 20.0)))


@pytest.mark.parametrize("word", CHANNELS)
def test_course_is_the_same_for_every_signal(word):
    x = symbols(2, 1500)
    others = 1j * x[:, ::-1], np.zeros_like(x)
    course = course_of(x, send(stage(word), x))
    for other in others:
        assert_same_course(course, course_of(other, send(stage(word), other)))


@pytest.mark.parametrize("word", CHANNELS)
@pytest.mark.parametrize("length", [1, 999, 1728, 5000])
def test_a_longer_signal_meets_the_same_course_for_longer(word, length):
    # longer than a chunk of noise, and than several slots and fades
    x = symbols(1, 9000)
    whole = [part[:, :length] for part in course_of(x, long(word))]
    short = x[:, :length]
    assert_same_course(whole, course_of(short, send(stage(word), short)))


@cache
def long(word: str) -> RxSignal:
    return send(stage(word), symbols(1, 9000))


@pytest.mark.parametrize("word", CHANNELS)
def test_course_does_not_repeat_itself(word):
    x = symbols(1, 9000)
    _, noise = course_of(x, long(word))
    for lag in (864, 1008, CHUNK, 2 * CHUNK):
        product = noise[0, lag:] * np.conj(noise[0, :-lag])
        assert_mean(product.real, 0.0)
        assert_mean(product.imag, 0.0)


@pytest.mark.parametrize("word", CHANNELS)
def test_graph_is_eager(word):
    x = symbols(2, 250)
    for a, b in zip(send(stage(word), x), send(channel(word), x), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("word", CHANNELS)
def test_snr_does_not_retrace(word):
    x = symbols(1, 1024)
    send(stage(word), x)
    before = traces[f"test {word}"]
    for snr_db in (-5.0, 0.0, 3.3, 20.0):
        send(stage(word), x, snr_db=snr_db)
    assert traces[f"test {word}"] == before


@pytest.mark.slow
@pytest.mark.parametrize("word", CHANNELS)
def test_lengths_retrace_little(word):
    name = f"lengths {word}"
    function = compiled_channel(channel(word), name)
    shapes = [(1, n) for n in (1024, 2048, 999, 5000, 77)] + [(2, 100), (3, 55)]
    for shape in shapes:
        assert send(function, symbols(*shape)).x_hat.shape == shape
    assert traces[name] <= 3


POWER_DB = 3.0


@pytest.mark.parametrize("word", CHANNELS)
def test_power_is_an_snr_and_no_other_course(word):
    (x,) = symbols(1, 1024)
    plain, strong = (
        ChannelEvolution(channel(word), SNR_DB, 5).send(x, 2, p)
        for p in (0.0, POWER_DB)
    )
    assert_same_course(course_of(x, plain), course_of(x, strong))
    ratio = plain.no / strong.no
    np.testing.assert_allclose(ratio, 10 ** (POWER_DB / 10), rtol=1e-4)


COMPILED = ("rician", "shadowed", "erasure[burst=4,over=rayleigh]", "tdl")
STARTS = [1, CHUNK + 77]


@pytest.mark.parametrize("word", CHANNELS)
@pytest.mark.parametrize("start", STARTS)
def test_a_channel_goes_on_from_any_place_of_its_course(word, start):
    # phases of hundreds of turns are rounded, and deep fades magnify it
    x = symbols(1, 9000)[:, start:]
    whole = [part[:, start:] for part in course_of(symbols(1, 9000), long(word))]
    function = stage(word) if word in COMPILED else channel(word)
    rx = function(x, np.float32(SNR_DB), Course(1), start)
    assert_same_course(whole, course_of(x, RxSignal(*map(np.asarray, rx))), 1e-2)


EXACT = ("awgn", "rayleigh", "rician", "erasure")


@pytest.mark.parametrize("word", EXACT)
def test_channels_without_a_clock_go_on_to_the_bit(word):
    x, start = symbols(1, 9000), CHUNK
    rx = channel(word)(x[:, start:], np.float32(SNR_DB), Course(1), start)
    whole = channel(word)(x, np.float32(SNR_DB), Course(1))
    for a, b in zip(rx, whole, strict=True):
        np.testing.assert_array_equal(a, b[:, start:])


@pytest.mark.parametrize("word", CHANNELS)
def test_one_user_is_the_plain_channel_or_there_are_none(word):
    x = symbols(2, 333)
    if not getattr(channel(word), "superposes", False):
        with pytest.raises(InputError, match="superposition"):
            superpose(channel(word), [x], SNR_DB, Course(5))
        return
    one = superpose(channel(word), [x], SNR_DB, Course(5)).user(0)
    for a, b in zip(one, send(channel(word), x, seed=5), strict=True):
        np.testing.assert_array_equal(a, b)
    two = superpose(channel(word), [x, 2 * x], SNR_DB, Course(5))
    assert not np.allclose(two.user(0).x_hat, one.x_hat)
    same = two.user(0, known={1: 2 * x})
    atol = 3e-2 if word.startswith(OFDM) else 1e-3
    assert_same_course(course_of(x, same), course_of(x, one), atol)
