"""Parameters of channels: accepted and refused values."""

import numpy as np
import pytest

from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.errors import InputError
from semlink.rng import Course


def build(word: str):
    return catalogue().build("channel", ComponentSpec.model_validate(word))


def fades_of(word: str, num_symbols: int) -> int:
    """Number of distinct gains of a signal."""
    x = np.ones((1, num_symbols), np.complex64)
    return len(np.unique(build(word)(x, np.float32(10), Course(1)).h_hat))


def test_awgn_takes_nothing():
    with pytest.raises(InputError, match="awgn takes no argument, got '3'"):
        build("awgn:3")


@pytest.mark.parametrize("length", ["0", "-1", "1.5", "long"])
def test_coherence_length_is_a_positive_whole_number(length):
    with pytest.raises(InputError, match=r"channel\.rayleigh\.coherence_length"):
        build(f"rayleigh:{length}")


@pytest.mark.parametrize(("length", "fades"), [(1, 12), (5, 3), (12, 1), (500, 1)])
def test_coherence_length_is_that_of_a_fade(length, fades):
    assert fades_of(f"rayleigh:{length}", 12) == fades


def test_default_fade_is_a_resource_block_of_a_slot():
    assert fades_of("rayleigh", 337) == 3


REFUSED = {
    "rician:50": r"k_factor_db must be at most 40, got",
    "rician[coherence_length=0]": r"channel\.rician\.coherence_length",
    "rayleigh_fast:-1": r"channel\.rayleigh_fast\.speed_mps",
    "rayleigh_fast[doppler_hz=-5]": r"channel\.rayleigh_fast\.doppler_hz",
    "shadowed[sigma_db=-1]": r"channel\.shadowed\.sigma_db",
    "shadowed:tdl": "over a flat channel .*, got 'tdl'",
    "shadowed:ricean": "unknown channel 'ricean'; did you mean 'rician'",
    "erasure[loss=1]": r"channel\.erasure\.loss",
    "erasure[loss=0.9,burst=2]": "burst must be at least 9 at a loss of 0.9, got 2",
    "tdl:F": r"channel\.tdl\.model",
    "tdl[delay_spread_s=-1e-9]": r"channel\.tdl\.delay_spread_s",
    "tdl[delay_spread_s=2e-6]": "prefix of 2.31 us and half .*, got 19.32 us",
    "tdl[speed_mps=900,numerology=0]": "at most half .* 7500 Hz .*, got 10507 Hz",
    "cdl[carrier_frequency_hz=6e10,speed_mps=100]": "15000 Hz .*, got 19[0-9]{3} Hz",
    "tdl[csi=genie]": r"channel\.tdl\.csi",
    "tdl[subcarriers=4]": r"channel\.tdl\.subcarriers",
    "tdl[clip_db=-20]": r"channel\.tdl\.clip_db",
    "cdl[rx_antennas=0]": r"channel\.cdl\.rx_antennas",
    "umi[sight=sometimes]": r"channel\.umi\.sight",
    "uma[speed_mps=-3]": r"channel\.uma\.speed_mps",
    "rma[numerology=9]": r"channel\.rma\.numerology",
}


@pytest.mark.parametrize("word", REFUSED)
def test_what_cannot_be_is_refused_in_one_line(word):
    with pytest.raises(InputError, match=REFUSED[word]) as refusal:
        build(word)
    assert "\n" not in str(refusal.value)
