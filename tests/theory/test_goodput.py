"""No digital link delivers more than capacity."""

import inspect

import numpy as np
import pytest

from baselines.separated import SeparatedTransmitter
from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.link import Link
from semlink.signals import SourceBatch

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


@pytest.fixture(scope="module")
def batch() -> SourceBatch:
    photo = KNOWN.build("source", ComponentSpec(name="photos"))[0].image
    return SourceBatch(photo[:, 40:168, 150:342], (0,), ("crop",), ({},))


def test_there_are_links_to_try():
    assert {"jpeg_ldpc", "jpeg2000_ldpc"} <= set(WORDS)


@pytest.mark.parametrize("word", WORDS)
def test_goodput_is_below_capacity(word, batch):
    parts = [KNOWN.build(k, ComponentSpec(name=n)) for k, n in (
        ("channel", "awgn"), ("task", "reconstruction"))]  # fmt: skip
    link = Link(built(word), *parts)
    plan = link.transmitter.plan([batch], link.budget(CBR, "average", 10.0))
    tx = link.transmit(batch, plan)
    goodput = []
    for snr_db in SNRS_DB:
        metrics = link.measure(batch, tx, snr_db, seed=1)
        bits, uses = (float(np.sum(part)) for part in metrics["goodput"])
        assert uses == tx.ledger.total[0]
        goodput.append(bits / uses)
        assert goodput[-1] <= np.log2(1 + 10 ** (snr_db / 10))
    assert goodput[0] == 0
    assert goodput[-1] > 1 / 3  # at 20 dB everything arrives


FADING = ("rayleigh", "erasure", "tdl[csi=ls]")
SLOW = ("umi", "rician", "rayleigh_fast", "shadowed", "cir", "tdl")
SEEDS, ENOUGH = 24, 0.15  # CBR at which the slowest scheme fits with its pilots


@pytest.mark.parametrize(
    "channel", [*FADING, *(pytest.param(c, marks=pytest.mark.slow) for c in SLOW)]
)
def test_goodput_over_fading_is_below_ergodic_capacity(channel, batch):
    specs = {"channel": channel, "task": "reconstruction"}
    parts = [KNOWN.build(k, ComponentSpec.model_validate(v)) for k, v in specs.items()]
    link = Link(built("jpeg2000_ldpc[mcs=auto]"), *parts)
    snr_db = 12.0
    budget = link.budget(ENOUGH, "average", snr_db)
    tx = link.transmit(batch, link.transmitter.plan([batch], budget))
    goodput, information = [], []
    for seed in range(SEEDS):
        rx = link.propagate(tx, snr_db, seed)
        information.append(np.mean(np.log2(1 + 1 / rx.no)))
        metrics = link.measure(batch, tx, snr_db, seed)
        bits, uses = (float(np.sum(part)) for part in metrics["goodput"])
        assert uses == link.ledger(tx).total[0]
        goodput.append(bits / uses)
    assert 0 < np.mean(goodput) < np.mean(information)
