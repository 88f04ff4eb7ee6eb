"""No digital link delivers more than capacity."""

import inspect

import numpy as np
import pytest

from baselines.separated.link import SeparatedTransmitter
from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.signals import Sample

KNOWN = catalogue()
REGISTRY = KNOWN.registries["transmitter"]
SNRS_DB = (-5.0, 3.0, 8.5, 9.5, 20.0)
CBR = 0.0586


def built(word: str):
    return KNOWN.build("transmitter", ComponentSpec.model_validate(word))


def separated(name: str) -> bool:
    schema = REGISTRY.schema(name).values()
    if any(p.default is inspect.Parameter.empty for p in schema):
        return False
    return isinstance(built(name).transmitter, SeparatedTransmitter)


WORDS = [name for name in REGISTRY.names() if separated(name)]
WORDS += ["webp_ldpc[num_bits_per_symbol=2,coderate=0.5]"]
WORDS += ["jpeg2000_ldpc[num_bits_per_symbol=6,coderate=0.75]"]
LONG = ("vvc_ldpc",)  # heif_ldpc is the same link


@pytest.fixture(scope="module")
def sample(photo_of, sample_of) -> Sample:
    return sample_of(photo_of(0)[40:168, 150:342])


def test_there_are_links_to_try():
    assert {"jpeg_ldpc", "jpeg2000_ldpc"} <= set(WORDS)


@pytest.mark.parametrize(
    "word",
    [pytest.param(w, marks=[pytest.mark.slow] * (w in LONG)) for w in WORDS],
)
def test_goodput_is_below_capacity(word, sample, link_of, planned, measured):
    link = link_of(word)
    _, (tx,) = planned(link, [sample], CBR)
    goodput = []
    for snr_db in SNRS_DB:
        bits, uses = measured(link, sample, tx, snr_db)["goodput"]
        assert uses == tx.ledger.total
        goodput.append(bits / uses)
        assert goodput[-1] <= np.log2(1 + 10 ** (snr_db / 10))
    assert goodput[0] == 0
    assert goodput[-1] > 1 / 3  # at 20 dB everything arrives


FADING = ("rayleigh", "erasure", pytest.param("tdl[csi=ls]", marks=pytest.mark.slow))
SLOW = ("umi", "rician", "rayleigh_fast", "shadowed", "cir", "tdl")
SEEDS, ENOUGH = 24, 0.15  # CBR at which the slowest scheme fits with its pilots


@pytest.mark.parametrize(
    "channel", [*FADING, *(pytest.param(c, marks=pytest.mark.slow) for c in SLOW)]
)
def test_goodput_over_fading_is_below_ergodic_capacity(
    channel, sample, link_of, planned, measured
):
    link, snr_db = link_of("jpeg2000_ldpc[mcs=auto]", channel), 12.0
    _, (tx,) = planned(link, [sample], ENOUGH, snr_db)
    goodput, information = [], []
    for seed in range(SEEDS):
        rx = link.propagate(tx, snr_db, seed)
        information.append(np.mean(np.log2(1 + 1 / rx.no)))
        bits, uses = measured(link, sample, tx, snr_db, seed)["goodput"]
        assert uses == link.ledger(tx).total
        goodput.append(bits / uses)
    assert 0 < np.mean(goodput) < np.mean(information)
