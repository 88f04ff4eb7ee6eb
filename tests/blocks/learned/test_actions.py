"""Signalled actions: the look ahead of the transmitter, and the code of its actions."""

from functools import cache

import numpy as np
import pytest
from skimage import data

from blocks.learned.actions import action_code
from blocks.learned.actions.look_ahead import unsent_energies
from blocks.learned.controllers import View, controller
from blocks.learned.inference import Conditions, Networks
from blocks.nn.codec import log_gain
from blocks.nn.jscc import LEVELS, kept_latents
from blocks.nn.policy import OFFSETS
from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.errors import InputError
from semlink.signals import IMAGE, Sample

QUALITY, ETA, SNR_DB = 0.5, 0.3, 10.0
AT = Conditions(QUALITY, ETA, SNR_DB)
SIGNALLED = "channel_kb[actions=signalled]"
PRESET = [0, 1, 2, 3, 4, 4, 5, 7]  # levels that actions are coded given


@cache
def networks() -> Networks:
    pair = catalogue().build("transmitter", ComponentSpec(name="ntscc"))
    return pair.transmitter.shared.networks


@cache
def views() -> tuple[View, View]:
    """Knowledge of both ends."""
    image = np.ascontiguousarray(data.astronaut()[:256, :320])
    sample = Sample(image, IMAGE, image.size, 0, "astronaut")
    latents = networks().analyse(image)
    summary = networks().summarise(latents, QUALITY)
    received = View(networks().statistics(summary, QUALITY), QUALITY)
    return received._replace(sample=sample, latents=latents), received


def rate_map(spec: str, eta: float = ETA) -> np.ndarray:
    made = controller(spec)
    features = made.features(networks(), views()[0])
    return made.rate_map(networks(), features, AT._replace(eta=eta))


def latents_in_steps() -> np.ndarray:
    gain = np.exp(log_gain(np.float64([QUALITY])))
    return np.float32(views()[0].latents.y * gain)


def error_of(level: np.ndarray) -> float:
    """Squared error of a rate map, with the true energy of the latents not sent."""
    statistics, no = views()[0].statistics, 10 ** (-SNR_DB / 10)
    side = networks().side(statistics, level)
    unsent = np.sum((latents_in_steps() - side.mu) ** 2 * (1 - side.kept))
    deviations = np.sum(side.sigma * side.kept)
    return unsent + no / (1 + no) * deviations**2 / side.kept.sum()


def random_actions(size: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Actions, more of one kind at high levels, and levels : [1, 1, size] each."""
    rng = np.random.default_rng(seed)
    level = rng.choice(PRESET, size).astype(np.int32)
    action = np.where(level > 3, rng.binomial(4, 0.9, size), rng.integers(0, 5, size))
    return action[None, None], level[None, None]


@pytest.mark.parametrize("size", [1, 2, 40, 1536])
def test_actions_arrive(size):
    action, level = random_actions(size)
    bits = action_code.encode(action, level)
    np.testing.assert_array_equal(action_code.decode(bits, level), action)


def test_the_code_adapts_to_the_picture():
    """Its length is the empirical entropy given the level, plus the learning."""
    action, level = random_actions(4000)
    information = action_code.information(action, level)
    information = information[level, action_code.contexts(action), action].sum()
    length = len(action_code.encode(action, level))
    tables = len(set(PRESET)) + action_code.CONTEXTS
    learned = 0.5 * np.log2(4000) * (len(OFFSETS) - 1) * tables
    assert information < length < information + learned
    assert length < 0.8 * 4000 * np.log2(len(OFFSETS))


def test_the_code_knows_the_neighbours():
    """Actions equal to those above take few bits, at one level for all positions."""
    row = np.random.default_rng(2).integers(0, 5, 60)
    action = np.sort(np.tile(row, (1, 60, 1)), axis=-1)
    level = np.full(action.shape, 5, np.int32)
    bits = action_code.encode(action, level)
    assert len(bits) < 0.6 * action.size * np.log2(len(OFFSETS))
    np.testing.assert_array_equal(action_code.decode(bits, level), action)


def test_contexts_are_sums_of_left_and_upper_neighbours():
    action = np.array([[[0, 4, 3], [1, 2, 4]]])
    expected = [[[4, 2, 6], [2, 5, 5]]]  # beyond the edges, no change
    np.testing.assert_array_equal(action_code.contexts(action), expected)


def test_other_bits_are_refused():
    action, level = random_actions(200)
    bits = action_code.encode(action, level)
    longer = np.append(bits, np.ones(40, np.uint8))
    with pytest.raises(ValueError, match="must come from an encoder"):
        action_code.decode(longer, level)


def test_actions_beyond_the_levels_are_refused():
    made = controller(SIGNALLED)
    features = made.features(networks(), views()[1])
    at = AT._replace(eta=1e-3)  # the map of the policy is nearly empty
    level = controller("channel_kb").rate_map(networks(), features.shared, at)
    lowest = np.zeros(level.shape, int)
    assert level.min() < 2  # which the lowest action takes off
    bits = action_code.encode(lowest, level)
    with pytest.raises(ValueError, match="levels must be from 0"):
        made.decode(networks(), features, at, bits)


def test_the_receiver_needs_bits_and_side_information_alone():
    made = controller(SIGNALLED)
    ours, theirs = (made.features(networks(), view) for view in views())
    assert theirs.left is None
    level = made.rate_map(networks(), ours, AT)
    bits = made.encode(networks(), ours, AT, level)
    np.testing.assert_array_equal(made.decode(networks(), theirs, AT, bits), level)
    offset = level - rate_map("channel_kb")
    assert set(np.unique(offset)) <= set(OFFSETS)
    assert np.mean(offset != 0) > 0.1
    assert len(bits) < np.log2(len(OFFSETS)) * offset.size


def test_unsent_energies_are_those_of_the_latents_not_kept():
    statistics, y = views()[0].statistics, latents_in_steps()
    energies = np.array(unsent_energies(y, statistics.mu, statistics.index))
    for number in (0, 1, 5, networks().highest):
        level = np.full(statistics.entropy.shape, number, np.int32)
        kept = np.array(kept_latents(statistics.index, level))
        expected = np.sum((y - statistics.mu) ** 2 * (1 - kept), axis=-1)
        np.testing.assert_allclose(energies[..., number], expected, rtol=2e-3, atol=0.1)


@pytest.mark.parametrize("other", ["preset", "channel_kb"])
def test_at_one_rate_the_error_is_lower(other):
    """Compared at the eta of the other map that spends at least as much."""
    level = rate_map(SIGNALLED)
    spent = np.take(LEVELS, level).sum()
    etas = np.geomspace(0.2, 0.6, 40)
    others = (rate_map(other, eta) for eta in etas)
    equal = next(one for one in others if np.take(LEVELS, one).sum() >= spent)
    assert error_of(level) < 0.97 * error_of(equal)


def build(word: str):
    return catalogue().build("transmitter", ComponentSpec.model_validate(word))


def test_the_parameter_of_the_transmitter_is_that_of_its_controller():
    for word in ("akb_jscc[actions=signalled]", f"akb_jscc[rate={SIGNALLED}]"):
        assert build(word).transmitter.shared.controller.signalled
    assert not build("akb_jscc").transmitter.shared.controller.signalled


def test_actions_need_the_channel_knowledge_base():
    with pytest.raises(InputError, match="needs rate=channel_kb, got 'preset'"):
        build("akb_jscc[actions=signalled,rate=preset]")
    with pytest.raises(InputError, match="unknown parameter .*'actions'"):
        build("akb_jscc_no_ckb[actions=signalled]")
    with pytest.raises(InputError, match="actions"):
        build("akb_jscc[actions=heard]")
