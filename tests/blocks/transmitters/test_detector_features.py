"""A detector cut in two finds what the whole one finds, where its features arrive."""

import numpy as np
import pytest

from blocks.budget_search import Settings
from blocks.detection import detector
from blocks.features.payload import Setting, num_symbols
from blocks.transmitters.detector_features import DetectorHalves
from semlink.errors import Infeasible, InputError
from semlink.modalities.boxes import BOXES
from semlink.signals import RxSignal

# the fewest symbols that hold all coefficients, and the highest SNR
ALL = Setting(1325, 31)


@pytest.fixture(scope="module")
def photo(photo_of):
    return photo_of(0)


@pytest.fixture(scope="module")
def link(link_of):
    return link_of("detector_features")


def agree(found, uncut, *, within: float) -> None:
    """The same objects, with scores and shares of the picture that differ by less."""
    assert len(uncut.categories) > 0
    assert found.size == uncut.size
    assert found.categories == uncut.categories
    np.testing.assert_allclose(found.scores, uncut.scores, atol=within)
    np.testing.assert_allclose(found.xywh, uncut.xywh, atol=within * max(uncut.size))


def test_all_coefficients_are_the_uncut_detector(photo):
    halves = DetectorHalves()
    found = halves.second(halves.first(photo), 0.0, halves.header(photo.shape))
    agree(found, detector("nanodet")(photo), within=1e-4)


@pytest.mark.slow
def test_all_of_them_arrive_without_noise(link, photo, sample_of):
    """Deviations below 0.5 % of their mean have no power; they change little."""
    assert 2 * num_symbols(ALL.symbols) >= DetectorHalves().sigma.size
    tx, _ = link.transmit(sample_of(photo), Settings(((0, ALL),)))
    no = np.full(tx.x.shape, 1e-9, np.float32)
    estimate, _ = link.receive(RxSignal(tx.x, no, np.ones_like(tx.x)))
    assert estimate.modality == BOXES
    uncut = detector("nanodet")(photo)
    agree(estimate.data.above(0.3), uncut.above(0.3), within=0.01)


def test_a_budget_is_used(link, photo, sample_of, planned):
    """Symbols grow in steps of less than a per cent."""
    sample = sample_of(photo)
    for cbr in (1e-3, 1e-2):
        _, (tx,) = planned(link, [sample], cbr, mode="per_image")
        assert 0.985 < tx.ledger.total / (cbr * sample.values) <= 1
        parts = (tx.ledger.of(purpose=name) for name in ("header", "payload"))
        assert sum(parts) == tx.ledger.total == len(tx.x)


def test_a_budget_below_the_header_is_refused(link, photo, sample_of, planned):
    with pytest.raises(
        Infeasible, match=r"fewest symbols of sample are .* times the b"
    ):
        planned(link, [sample_of(photo)], 1e-5, mode="per_image")


def test_a_picture_that_the_header_cannot_describe_is_refused(link, sample_of, planned):
    long = sample_of(np.zeros((1, 16384, 3), np.uint8))
    message = "^width must be at most 16383, got 16384 in sample$"
    with pytest.raises(InputError, match=message):
        planned(link, [long], 0.1)


def test_a_picture_of_no_size_is_lost():
    halves = DetectorHalves()
    y = np.zeros(halves.sigma.shape, np.float32)
    assert halves.second(y, 0.0, {"height": 0, "width": 640}) is None


def test_more_symbols_come_closer_to_the_uncut_detector(
    link, photo, sample_of, planned, received
):
    sample, best = sample_of(photo), detector("nanodet")(photo).scores[0]

    def missed(cbr: float) -> float:
        _, (tx,) = planned(link, [sample], cbr)
        heard = [received(link, tx, 10.0, seed) for seed in range(3)]
        tops = [estimate.data.scores.max(initial=0) for estimate in heard]
        return float(np.mean(np.abs(np.array(tops) - best)))

    assert missed(5e-2) < missed(1e-3)
