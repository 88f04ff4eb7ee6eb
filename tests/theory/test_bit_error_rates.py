"""Uncoded QAM on our channels against the closed forms.

Gray QPSK has one threshold, Gray 16-QAM per dimension three, at +-2d and 0 for
levels +-d, +-3d with ``d = sqrt(Es/10)``. With ``z = sqrt(Es / (5 N0))``, decided by
the nearest point, all terms kept:

    sign bit      (Q(z) + Q(3z)) / 2
    size bit      (2 Q(z) + Q(3z) - Q(5z)) / 2
    16-QAM BER    (3 Q(z) + 2 Q(3z) - Q(5z)) / 4
    QPSK BER      Q(sqrt(Es / N0))

Over Rayleigh fading each ``Q(sqrt(c g))`` with exponential g of mean G becomes
``(1 - sqrt(c G / (2 + c G))) / 2``.

References
----------
K. Cho, D. Yoon, "On the general BER expression of one- and two-dimensional amplitude
modulations", 2002, eq. (9)-(14). J. Proakis, Digital Communications, 4th ed., eq.
(14.3-7), with combining (14.4-15).
"""

from functools import partial
from math import comb

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import erfc, expit
from sionna.phy.mapping import Constellation, Demapper, Mapper

from channels import rayleigh, tdl
from channels.awgn import Awgn

BITS = {"qpsk": 2, "16qam": 4}
# by modulation: (weight, c) of each term Q(sqrt(c Es/N0))
TERMS = {
    "qpsk": ((1.0, 1.0),),
    "16qam": ((3 / 4, 1 / 5), (2 / 4, 9 / 5), (-1 / 4, 25 / 5)),
}


def awgn_term(c: float, snr: float) -> float:
    return 0.5 * erfc(np.sqrt(c * snr / 2))


def rayleigh_term(c: float, snr: float) -> float:
    return 0.5 * (1 - np.sqrt(c * snr / (2 + c * snr)))


def combined_term(c: float, snr: float, antennas: int) -> float:
    """The same with maximum-ratio combining of antennas that fade by themselves."""
    mu = np.sqrt(c * snr / (2 + c * snr))
    terms = (comb(antennas - 1 + k, k) * ((1 + mu) / 2) ** k for k in range(antennas))
    return ((1 - mu) / 2) ** antennas * sum(terms)


def closed_form(modulation: str, term, snr_db: float) -> float:
    snr = 10 ** (snr_db / 10)
    return sum(weight * term(c, snr) for weight, c in TERMS[modulation])


def mapped(modulation: str, rows: int, length: int):
    """Random bits [rows, length, order] and their symbols."""
    order = BITS[modulation]
    shape = (rows, length, order)
    bits = np.random.default_rng(7).integers(0, 2, shape).astype(np.float32)
    mapper = Mapper(constellation=Constellation("qam", order))
    return bits, mapper(tf.constant(bits)).numpy()[..., 0]


def demapped(modulation: str, x_hat, no, method: str = "maxlog") -> np.ndarray:
    """LLRs [rows, length, order]; max-log decides by the nearest point."""
    constellation = Constellation("qam", BITS[modulation])
    demapper = Demapper(method, constellation=constellation)
    llr = demapper(x_hat[..., None], no[..., None]).numpy()
    return llr.reshape(*x_hat.shape, -1)


@pytest.mark.parametrize("modulation", BITS)
def test_constellation_is_of_unit_energy_and_gray(modulation):
    points = Constellation("qam", BITS[modulation]).points.numpy()
    assert np.isclose(np.mean(np.abs(points) ** 2), 1)
    distance = np.abs(points[:, None] - points[None])
    nearest = np.isclose(distance, np.min(distance[distance > 0]))
    labels = np.arange(len(points))
    differing = np.bitwise_count(labels[:, None] ^ labels[None])
    assert np.all(differing[nearest] == 1)


@pytest.mark.parametrize(
    ("modulation", "snr_db"),
    [("qpsk", -3.0), ("qpsk", 4.0), ("qpsk", 9.0), ("16qam", 0.0), ("16qam", 14.0)],
)
def test_awgn(modulation, snr_db, over, estimated):
    bits, x = mapped(modulation, 1, 200_000)
    rx = over(Awgn(), x, snr_db)
    wrong = (demapped(modulation, rx.x_hat, rx.no) > 0) != bits
    measured = estimated(wrong[0].mean(axis=-1))
    assert measured.agrees(closed_form(modulation, awgn_term, snr_db)), measured


@pytest.mark.parametrize("coherence", [1, 40])
@pytest.mark.parametrize(
    ("modulation", "snr_db"),
    [("qpsk", 0.0), ("qpsk", 15.0), ("16qam", 5.0), ("16qam", 20.0)],
)
def test_rayleigh(modulation, snr_db, coherence, over, estimated):
    bits, x = mapped(modulation, 20, 10_000)
    rx = over(rayleigh.build(coherence), x, snr_db)
    wrong = (demapped(modulation, rx.x_hat, rx.no) > 0) != bits
    # bits of one fade fail together: the fade is the sample
    by_fade = wrong.reshape(-1, coherence * BITS[modulation]).mean(axis=-1)
    measured = estimated(by_fade)
    assert measured.agrees(closed_form(modulation, rayleigh_term, snr_db)), measured


@pytest.mark.parametrize("antennas", [1, 2, pytest.param(4, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("modulation", "snr_db"),
    [("qpsk", 2.0), pytest.param("16qam", 8.0, marks=pytest.mark.slow)],
)
def test_combining_has_the_diversity_of_its_antennas(
    modulation, snr_db, antennas, over, estimated
):
    bits, x = mapped(modulation, 3000, 40)
    channel = tdl.build("A", subcarriers=12, rx_antennas=antennas)
    rx = over(channel, x, snr_db)
    wrong = (demapped(modulation, rx.x_hat, rx.no) > 0) != bits
    measured = estimated(wrong.mean(axis=(1, 2)))  # a transmission is the sample
    term = partial(combined_term, antennas=antennas)
    assert measured.agrees(closed_form(modulation, term, snr_db)), measured
    assert estimated(np.mean(np.abs(rx.h_hat) ** 2, axis=1)).agrees(antennas)


def calibrated(llr: np.ndarray, bits: np.ndarray) -> bool:
    """Whether bits of every confidence are wrong as often as their LLR says.

    An LLR means P(wrong) = 1 / (1 + exp|LLR|); the number of errors in a bin of
    confidences has the variance of that many coins. Bins that expect few are left
    out, for there the normal law does not hold.
    """
    claimed = expit(-np.abs(llr))
    surplus = ((llr > 0) != bits) - claimed
    edges = np.quantile(np.abs(llr), np.linspace(0, 1, 9))
    bins = np.digitize(np.abs(llr), edges[1:-1])
    kept = [bins == b for b in np.unique(bins) if claimed[bins == b].sum() > 20]
    sigma = [np.sqrt(np.sum(claimed[b] * (1 - claimed[b]))) for b in kept]
    excess = [abs(np.sum(surplus[b])) for b in kept]
    return len(kept) > 3 and bool(np.all(np.array(excess) < 4 * np.array(sigma)))


@pytest.mark.parametrize("modulation", BITS)
def test_demapper_needs_the_noise_after_equalisation(modulation, over):
    bits, x = mapped(modulation, 1, 100_000)
    rx = over(rayleigh.build(1), x, 8.0)
    llr = demapped(modulation, rx.x_hat, rx.no, "app")
    assert calibrated(llr, bits)
    # N0, which a demapper before an equaliser would be given, does not do
    n0 = np.full_like(rx.no, 10**-0.8)
    assert not calibrated(demapped(modulation, rx.x_hat, n0, "app"), bits)


@pytest.mark.parametrize("modulation", BITS)
def test_the_chain_demaps_with_the_noise_of_each_symbol(modulation, over):
    from blocks.phy.bicm import Bicm, Layout, Mcs

    class Uncoded:
        """Stands in for the channel code: LLRs come out as they are."""

        def coded_bits(self, k):
            return k

        def encode(self, blocks, length, version):
            return blocks.copy()

        def decode(self, llr, k):
            return llr

    order = BITS[modulation]
    chain = Bicm(Mcs(order, 0.5))
    chain._code = Uncoded()
    bits = np.random.default_rng(8).integers(0, 2, (50, 2000 * order), np.uint8)
    rx = over(rayleigh.build(1), chain.modulate(bits)[None], 8.0)
    llr = chain.demodulate(rx.x_hat[0], rx.no[0], Layout(*bits.shape, bits.shape[1]))
    assert calibrated(llr, bits)
