"""A network cut in two decides as a whole, where its features arrive."""

import numpy as np
import pytest

from blocks.budget_search import Settings
from blocks.classifier import decide, probabilities
from blocks.features.payload import Setting, num_symbols
from blocks.transmitters.features import first_half, second_half
from semlink.errors import Infeasible, InputError
from semlink.modalities.decisions import DECISION
from semlink.signals import RxSignal

# the fewest symbols that hold all coefficients, and an SNR at which all have power
ALL = Setting(905, 31)


@pytest.fixture(scope="module")
def photo(photo_of):
    return photo_of(0)


@pytest.fixture(scope="module")
def link(link_of):
    return link_of("features")


def at(setting: Setting) -> Settings:
    return Settings(((0, setting),))


def test_all_features_without_noise_are_the_uncut_network(link, photo, sample_of):
    assert 2 * num_symbols(ALL.symbols) >= 14 * 14 * 112
    tx, _ = link.transmit(sample_of(photo), at(ALL))
    no = np.full(tx.x.shape, 1e-9, np.float32)
    estimate, _ = link.receive(RxSignal(tx.x, no, np.ones_like(tx.x)))
    assert estimate.modality == DECISION
    np.testing.assert_allclose(estimate.data, decide(photo), atol=1e-3)
    assert estimate.data.argmax() == decide(photo).argmax()


def test_both_halves_are_the_network(photo):
    uncut = second_half(first_half(photo), 0.0)
    np.testing.assert_allclose(probabilities(uncut), decide(photo), atol=1e-5)


def test_the_trained_half_departs_from_it_with_the_error(photo):
    features = first_half(photo)
    uncut = second_half(features, 0.0)
    moved = [np.abs(second_half(features, e) - uncut).max() for e in (1e-6, 1e-2, 0.2)]
    assert 0 < moved[0] < moved[1] < moved[2]


def test_an_untrained_half_corrects_nothing(photo):
    from blocks.nn.efficientnet.receiving_half import logits, untrained

    features = first_half(photo)[None]
    found = np.asarray(logits(untrained(), features, np.float32(0.3)))[0]
    np.testing.assert_allclose(found, second_half(features[0], 0.0), atol=1e-3)


def test_a_budget_is_used(link, photo, sample_of, planned):
    """Symbols grow in steps of less than a per cent."""
    sample = sample_of(photo)
    for cbr in (3e-4, 1e-3, 1e-2):
        _, (tx,) = planned(link, [sample], cbr, mode="per_image")
        assert 0.985 < tx.ledger.total / (cbr * sample.values) <= 1


def test_a_budget_below_the_header_is_refused(link, photo, sample_of, planned):
    with pytest.raises(
        Infeasible, match=r"fewest symbols of sample are .* times the b"
    ):
        planned(link, [sample_of(photo)], 1e-5, mode="per_image")


def test_more_symbols_and_a_better_channel_raise_the_probability(
    link, photo, sample_of, planned, received
):
    sample, label = sample_of(photo), decide(photo).argmax()

    def mean(cbr: float, snr_db: float) -> float:
        _, (tx,) = planned(link, [sample], cbr, snr_db)
        heard = [received(link, tx, snr_db, seed) for seed in range(8)]
        return float(np.mean([estimate.data[label] for estimate in heard]))

    assert mean(5e-4, 10.0) < mean(1e-2, 10.0)
    assert mean(1e-3, 0.0) < mean(1e-3, 20.0)


def test_a_layer_that_does_not_exist_is_refused():
    from blocks.nn.efficientnet.lite import cut, trained

    with pytest.raises(InputError, match="name of a layer, got 'block9'"):
        cut(trained(), "block9")
