"""Every rate controller keeps its contract, in every learned transmitter."""

from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from skimage import data

from blocks.learned import receiver as receiver_module
from blocks.learned import transmitter as transmitter_module
from blocks.learned.controllers import (
    CONTROLLERS,
    Controller,
    SignallingController,
    View,
    controller,
)
from blocks.learned.inference import Conditions
from blocks.nn.jscc import DITHER, LEVELS, level_edges
from blocks.phy import side_accounting
from blocks.phy.side_accounting import Scheme
from experiments.compose import catalogue
from semlink.chain import Link
from semlink.config import ComponentSpec
from semlink.errors import InputError
from semlink.signals import IMAGE, Sample
from semlink.units import psnr_db

CBR, SNR_DB, CLEAN_DB = 0.1, 10.0, 30.0
KNOWN = catalogue()
PAIRS = ("ntscc", "akb_jscc[source_kb=none]")
NAMES = (*CONTROLLERS.names(), "channel_kb[actions=signalled]")

every = pytest.mark.parametrize("name", NAMES)
in_every_pair = pytest.mark.parametrize("pair", PAIRS)

STRIPES = '''
"""Every other column has twice the preset's eta, as both ends know."""

import numpy as np


class Stripes:
    signalled = False

    def features(self, networks, view):
        return view.statistics.entropy * np.float32([0.7, 1.4])[np.arange(8) % 2]

    def rate_map(self, networks, features, at):
        return networks.levels(features, at.eta)


def build():
    return Stripes()
'''
REGION = '''
"""The brightest row of positions, which is sent as one byte, has a level more."""

import numpy as np


class Region:
    signalled = True

    def features(self, networks, view):
        row = None
        if view.sample is not None:
            light = view.sample.data.astype(float).sum(axis=(1, 2))
            row = int(light.reshape(-1, 16).sum(axis=1).argmax())
        return view.statistics.entropy, row

    def rate_map(self, networks, features, at):
        entropy, row = features
        level = networks.levels(entropy, at.eta)
        level[:, row] = np.minimum(level[:, row] + 1, networks.highest)
        return level

    def encode(self, networks, features, at, level):
        return np.unpackbits(np.uint8([features[1]]))

    def decode(self, networks, features, at, bits):
        row = int(np.packbits(bits)[0])
        if row >= features[0].shape[1]:
            raise ValueError(f"the row must be in the picture, got {row}")
        return self.rate_map(networks, (features[0], row), at)


def build():
    return Region()
'''


class Transmitted(NamedTuple):
    """A picture that crossed a link.

    link, tx, estimate : the link, the signal and what became of it
    header : as the receiver reads it
    chosen, derived : rate maps at both ends
    """

    link: Link
    tx: object
    estimate: object
    header: dict
    chosen: np.ndarray
    derived: np.ndarray


def picture() -> Sample:
    image = np.ascontiguousarray(data.astronaut()[:96, 160:288])
    return Sample(image, IMAGE, image.size, 0, "astronaut")


@cache
def make_link(pair: str, rate: str) -> Link:
    spec = ComponentSpec.model_validate(pair)
    spec = spec.model_copy(update={"params": {**spec.params, "rate": rate}})
    channel = ComponentSpec(name="awgn")
    return Link(KNOWN.build("transmitter", spec), KNOWN.build("channel", channel), {})


def transmitted(pair: str, rate: str, snr_db: float = SNR_DB) -> Transmitted:
    """Send a picture, and record the rate maps of both ends."""
    link, sample = make_link(pair, rate), picture()
    plan = link.transmitter.plan([sample], link.budget(CBR, "average", SNR_DB))
    maps = []

    def spied(function, level_of):
        def spy(*args):
            maps.append(level_of(result := function(*args)))
            return result

        return spy

    with pytest.MonkeyPatch.context() as patch:
        decide, derive = transmitter_module.decide, receiver_module.derive
        patch.setattr(transmitter_module, "decide", spied(decide, lambda r: r.level))
        patch.setattr(receiver_module, "derive", spied(derive, lambda level: level))
        tx, _ = link.transmit(sample, plan)
        rx = link.propagate(tx, snr_db, 1)
        estimate, _ = link.receive(rx)
    header = link.pair.receiver._header.receive(rx.x_hat, rx.no)
    return Transmitted(link, tx, estimate, header, *maps)


sent = cache(transmitted)


@every
def test_satisfies_the_protocols(name):
    made = controller(name)
    assert isinstance(made, Controller)
    assert isinstance(made.signalled, bool)
    assert isinstance(made, SignallingController) == made.signalled


@in_every_pair
@every
def test_both_ends_have_one_map(name, pair):
    """Over noise, from all that the receiver gets."""
    result = sent(pair, name)
    assert not result.estimate.lost
    np.testing.assert_array_equal(result.chosen, result.derived)
    assert psnr_db(picture().data, result.estimate.data) > 20


@in_every_pair
@every
def test_the_map_has_levels_of_the_codec(name, pair):
    result = sent(pair, name)
    assert result.chosen.dtype == result.derived.dtype == np.int32
    assert result.chosen.shape == (1, 6, 8)
    highest = result.link.transmitter.shared.networks.highest
    assert 0 <= result.chosen.min() <= result.chosen.max() <= highest
    payload = -(-int(np.take(LEVELS, result.chosen).sum()) // 2)
    assert result.tx.ledger.of(purpose="payload") == payload


@in_every_pair
@every
def test_what_is_signalled_is_counted(name, pair):
    result, signalled = sent(pair, name), controller(name).signalled
    assert ("map_bits" in result.header) == signalled
    own_bits = result.header.get("map_bits", 0)
    assert (own_bits > 0) == signalled
    scheme = Scheme("coded", result.header["mcs"], SNR_DB)
    side = side_accounting.counted(result.header["side_bits"] + own_bits, scheme)
    assert result.tx.ledger.of(purpose="side") == side
    assert result.tx.ledger.total == len(result.tx.x) <= CBR * picture().values


@every
def test_another_process_would_derive_the_same(name):
    """Features and map depend on the arguments, not on what came before."""
    networks = make_link("ntscc", name).transmitter.shared.networks
    latents = networks.analyse(picture().data)
    maps = []
    for quality in (0.5, 0.2, 0.5):
        statistics = networks.statistics(networks.summarise(latents, quality), quality)
        view = View(statistics, quality, None, picture(), latents)
        made = controller(name)  # a fresh one
        at = Conditions(quality, 0.3, SNR_DB)
        maps.append(made.rate_map(networks, made.features(networks, view), at))
    np.testing.assert_array_equal(maps[0], maps[2])


@every
def test_more_eta_is_more_dimensions(name):
    networks = make_link("ntscc", name).transmitter.shared.networks
    latents, made = networks.analyse(picture().data), controller(name)
    statistics = networks.statistics(networks.summarise(latents, 0.5), 0.5)
    features = made.features(networks, View(statistics, 0.5, None, picture(), latents))
    levels = [
        made.rate_map(networks, features, Conditions(0.5, eta, SNR_DB))
        for eta in (0.05, 0.2, 0.4, 0.8)
    ]
    dimensions = [int(np.take(LEVELS, level).sum()) for level in levels]
    assert np.all(np.diff(dimensions) > 0)


@pytest.mark.parametrize("eta", [0.1, 0.3, 0.9])
def test_uniform_is_the_level_of_the_mean_entropy(eta):
    """And preset that of each position, up to its dither."""
    networks = make_link("ntscc", "uniform").transmitter.shared.networks
    latents = networks.analyse(picture().data)
    statistics = networks.statistics(networks.summarise(latents, 0.5), 0.5)
    view, at = View(statistics, 0.5), Conditions(0.5, eta, SNR_DB)
    maps = {}
    for name in ("uniform", "preset"):
        made = controller(name)
        maps[name] = made.rate_map(networks, made.features(networks, view), at)
    wanted = eta * statistics.entropy.astype(float)
    dimensions = np.array(LEVELS)
    nearest = np.abs(dimensions - wanted.mean()).argmin()
    np.testing.assert_array_equal(maps["uniform"], np.full((1, 6, 8), nearest))
    edges = np.array([0, *level_edges(networks.codec.profile.channels), np.inf])
    below, above = edges[maps["preset"]], edges[maps["preset"] + 1]
    assert np.all(below <= wanted * (1 + DITHER / 2))
    assert np.all(wanted * (1 - DITHER / 2) <= above)


@pytest.mark.parametrize(
    ("source", "own_bits"), [(STRIPES, 0), (REGION, 8)], ids=["stripes", "region"]
)
@in_every_pair
def test_a_file_is_a_controller(pair, source, own_bits, tmp_path):
    """One that both ends derive, and one that follows from what it signals."""
    path = tmp_path / "own.py"
    path.write_text(source)
    result = transmitted(pair, str(path), CLEAN_DB)
    np.testing.assert_array_equal(result.chosen, result.derived)
    assert np.any(result.chosen != sent(pair, "preset").chosen)
    assert result.header.get("map_bits", 0) == own_bits
    assert psnr_db(picture().data, result.estimate.data) > 25


def test_files_of_a_controller_are_part_of_what_a_result_is_known_by(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(STRIPES)
    spec = ComponentSpec(name="ntscc", params={"rate": str(path)})
    before = KNOWN.identity("transmitter", spec)["files_sha256"]
    path.write_text(STRIPES + "# another")
    after = KNOWN.identity("transmitter", spec)["files_sha256"]
    assert before[0] == after[0]
    assert before[1:] != after[1:]
    with_policy = ComponentSpec(name="ntscc", params={"rate": "channel_kb"})
    assert len(KNOWN.identity("transmitter", with_policy)["files_sha256"]) == 2


NOTHING = "def build():\n    return object()\n"
SILENT = STRIPES.replace("signalled = False", "signalled = True")
WIDE = STRIPES.replace("(features, at.eta)", "(features, at.eta)[:, :, 1:]")
HIGH = STRIPES.replace("(features, at.eta)", "(features, at.eta) + np.int32(99)")
LONG = STRIPES.replace("(features, at.eta)", "(features, at.eta).astype(np.int64)")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (NOTHING, "must have signalled, features, rate_map, got"),
        (SILENT, "must have signalled, .*, encode, decode, got"),
        (WIDE, r"int32 of shape \(1, 6, 8\), got int32 of \(1, 6, 7\)"),
        (HIGH, r"from 0 to \d+, got \d+ to \d+"),
        (LONG, "must be int32 of .*, got int64"),
    ],
    ids=["nothing", "silent", "wide", "high", "long"],
)
def test_what_is_no_controller_is_refused(source, said, tmp_path):
    path = tmp_path / "own.py"
    path.write_text(source)
    with pytest.raises(InputError, match=said):
        transmitted("ntscc", str(path))


def test_a_name_that_is_not_known_is_answered_with_those_there_are():
    spec = ComponentSpec(name="ntscc", params={"rate": "presett"})
    with pytest.raises(InputError, match="unknown controller 'presett'; did you mean"):
        KNOWN.build("transmitter", spec)
