"""Refinement of the channel dimensions at the transmitter, on small images."""

import numpy as np
import pytest

from blocks.learned.inference import Conditions
from blocks.learned.refinement import refined
from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.errors import InputError
from semlink.graph import traces
from semlink.units import psnr_db

SNR_DB, CBR, STEPS = 10.0, 0.06, 12
WORD = f"ntscc[refine={STEPS}]"


@pytest.fixture(scope="module")
def sample(photo_of, sample_of):
    """Give a photo of a size that is no multiple of a block."""
    return sample_of(photo_of(1)[60:180, 80:240])


@pytest.fixture(scope="module")
def signals(link_of, sample, planned):
    """Give the signals of the same image without and with refinement."""
    sent = (planned(link_of(word), [sample], CBR) for word in ("ntscc", WORD))
    return [tx for _, (tx,) in sent]


def errors(link, sample, tx, seeds) -> np.ndarray:
    """Squared errors over several draws of the noise."""
    estimates = [link.receive(link.propagate(tx, SNR_DB, seed))[0] for seed in seeds]
    assert not any(estimate.lost for estimate in estimates)
    return np.array([10 ** (-psnr_db(sample.data, e.data) / 10) for e in estimates])


@pytest.mark.slow
def test_the_expected_error_falls_at_the_receiver_without_refinement(
    link_of, sample, signals
):
    """The receiver has the parameters of a plain pair: it needs no knowledge of it."""
    plain, refined_one = (
        errors(link_of("ntscc"), sample, tx, range(8)) for tx in signals
    )
    assert 10 * np.log10(plain.mean() / refined_one.mean()) > 0.05
    assert np.all(refined_one < plain)


@pytest.mark.slow
def test_power_stays_one_and_everything_else_as_it_is(signals):
    plain, other = signals
    assert plain.ledger == other.ledger
    assert np.sum(np.abs(other.x) ** 2) == pytest.approx(
        np.sum(np.abs(plain.x) ** 2), rel=1e-5
    )
    changed = plain.x != other.x
    assert 0 < changed.sum() <= plain.ledger.of(purpose="payload")
    assert not changed[: plain.ledger.of(purpose="header")].any()


@pytest.mark.slow
def test_no_steps_are_no_refinement(link_of, sample, signals, planned):
    _, (tx,) = planned(link_of("ntscc[refine=0]"), [sample], CBR)
    np.testing.assert_array_equal(tx.x, signals[0].x)


@pytest.mark.slow
def test_signals_are_the_same_each_time_and_compiled_once(link_of, sample, signals):
    transmitter = link_of(WORD).transmitter
    plan = transmitter.plan([sample], link_of(WORD).budget(CBR, "average", SNR_DB))
    before = dict(traces)
    again, _ = transmitter(sample, plan)
    np.testing.assert_array_equal(again.x, signals[1].x)
    assert traces == before
    assert traces["networks.descent"] == 1


@pytest.mark.slow
def test_nothing_sent_is_nothing_refined(link_of, sample):
    """A rate map of zeros has no dimensions, and a gradient of zero no direction."""
    transmitter = link_of("ntscc").transmitter
    networks = transmitter.shared.networks
    plan = transmitter.plan([sample], link_of("ntscc").budget(CBR, "average", SNR_DB))
    _, view = transmitter._view(sample, "image", plan.of(sample).quality)
    side = networks.side(
        view.statistics, np.zeros_like(view.statistics.entropy, np.int32)
    )
    none, at = np.zeros(0, np.float32), Conditions(0.5, 0.3, SNR_DB)
    assert refined(networks, none, 1.0, side, at, view, 2).shape == (0,)


@pytest.mark.parametrize("steps", [-1, 201, "many"])
@pytest.mark.parametrize("name", ["ntscc", "akb_jscc", "akb_jscc_no_ckb"])
def test_a_wrong_number_of_steps_is_refused(name, steps):
    with pytest.raises(
        InputError, match=rf"^transmitter\.{name}\.refine must be .*, got "
    ) as e:
        catalogue().build(
            "transmitter", ComponentSpec(name=name, params={"refine": steps})
        )
    assert "\n" not in str(e.value)
