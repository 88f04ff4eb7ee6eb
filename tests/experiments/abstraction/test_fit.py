"""From values of pictures to a table, and its errors."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from experiments.abstraction.check import as_table, errors, fading
from experiments.abstraction.fit import POOLED, Known, fit
from experiments.abstraction.grid import METRICS, QUICK, TRANSMITTERS
from experiments.abstraction.measure import PAYLOAD, SIDE, Values
from experiments.abstraction.pictures import Chosen, last
from semlink.errors import InputError
from semlink.loop.abstraction.table import read
from semlink.loop.abstraction.utility import Abstraction
from semlink.signals import RxSignal

GRID = QUICK._replace(snr_db=(-4, 4, 12, 20), cbr=(0.001, 0.01), between_db=(8,))
FLOOR = 10.0


def truth(pictures, snr_db, cbr):
    """PSNR [P, S, U] of pictures that differ by a constant."""
    snr_db, cbr = np.meshgrid(snr_db, cbr, indexing="ij")
    return 20 + 0.5 * snr_db + 3 * np.log10(cbr / 0.001) + pictures[:, None, None]


def seen(pictures, snr_db, cbr):
    """Values of all transmitters: PSNR, and delivery without a loss."""
    psnr = truth(pictures, snr_db, cbr)
    values = np.full((len(TRANSMITTERS), *psnr.shape, len(METRICS)), np.nan)
    values[..., 0], values[..., -1] = psnr, 1.0
    spent = np.tile(np.array(cbr, float), (len(TRANSMITTERS), len(snr_db), 1))
    judged = np.isfinite(values).any(axis=(1, 2, 3))
    digital = np.full(spent.shape, 0.01)  # some hundred bits at any scheme
    return Values(values, spent, {SIDE: digital, PAYLOAD: digital}, judged)


def known(complexity, values=1e5):
    count = len(complexity)
    floor = np.tile([FLOOR, *[0.0] * (len(METRICS) - 1)], (count, 1))
    return Known(np.asarray(complexity, float), np.ones(count), floor, values)


OFFSETS = np.array([-1.0, -1.0, 2.0, 2.0])
PICTURES = known([1, 2, 3, 4])


def test_a_class_has_the_mean_of_its_pictures_pulled_to_the_rest():
    at_nodes = seen(OFFSETS, GRID.snr_db, GRID.cbr)
    table = fit(GRID, at_nodes, PICTURES, {})
    base = truth(np.zeros(1), GRID.snr_db, GRID.cbr)[0]
    # all are dense, at the median of equal numbers: classes 1 and 3
    pulled = (2 * -1.0 + POOLED * 0.5) / (2 + POOLED)
    assert_allclose(table.mean[0, 1, ..., 0], base + pulled, rtol=1e-5)
    assert_allclose(table.mean[0, 0, ..., 0], base + 0.5, rtol=1e-5)
    assert table.spread[0, 0, 0, 0, 0] == pytest.approx(1.5)
    assert_allclose(table.mean[..., 1], 0.0)  # not judged: the floor
    assert_allclose(table.mean[..., -1], 1.0)


def test_points_without_a_signal_are_marked_and_the_rest_rises():
    at_nodes = seen(OFFSETS, GRID.snr_db, GRID.cbr)
    at_nodes.values[:, :, 0, 0], at_nodes.spent[:, 0, 0] = np.nan, np.nan
    at_nodes.values[:, :, 2, 1, 0] -= 30  # a measurement that falls
    table = fit(GRID, at_nodes, PICTURES, {})
    assert np.isnan(table.mean[:, :, 0, 0]).all()
    assert np.isfinite(table.mean).sum() == table.mean.size * 7 / 8
    assert np.diff(table.mean[:, :, 1:], axis=2).min() >= 0
    assert table.mean[..., 0][np.isfinite(table.mean[..., 0])].min() >= FLOOR


def test_errors_are_those_that_were_put_in(tmp_path):
    at_nodes = seen(OFFSETS, GRID.snr_db, GRID.cbr)
    table = fit(GRID, at_nodes, PICTURES, {})
    table.write(tmp_path / "table.npz")
    held = Abstraction(read(tmp_path / "table.npz"))
    # the held-out pictures are 0.7 dB better than those of their class
    both = np.concatenate([OFFSETS, OFFSETS + 0.7])
    between = seen(both, GRID.between_db, GRID.between_cbr)
    rows = list(errors(held, GRID, at_nodes, between, (PICTURES, PICTURES)))
    assert [row.metric for row in rows[:2]] == ["psnr", "delivery"]
    for row in rows[::2]:
        assert row.node == pytest.approx(0, abs=1e-4)
        assert row.same == pytest.approx(0, abs=5e-3)  # the CBR in whole uses
        assert row.held_out == pytest.approx(0.7, abs=5e-3)
        assert row.noise == pytest.approx(OFFSETS.std(ddof=1) / 2, abs=1e-6)
    assert as_table(rows).splitlines()[0].startswith("| transmitter | metric | node |")


def test_over_a_channel_without_fading_it_predicts_awgn():
    def awgn(x, snr_db, course):
        no = np.full(x.shape, 10 ** (-snr_db / 10), np.float32)
        return RxSignal(x, no, np.ones_like(x))

    awgn.level = "eager"
    at_nodes = seen(OFFSETS, GRID.snr_db, GRID.cbr)
    held = Abstraction(fit(GRID, at_nodes, PICTURES, {}))
    grid = GRID._replace(faded_db=12.0, faded_cbr=0.01)
    names = list(TRANSMITTERS)
    over = seen(OFFSETS, (12.0,), (0.01,))
    of = [names.index(name) for name in grid.faded]
    part = over._replace(values=over.values[of], judged=over.judged[of])
    for row in fading(held, grid, part, PICTURES, awgn):
        assert row.predicted == pytest.approx(row.simulated, abs=0.05)


def test_chosen_pictures_are_counted_anew():
    from blocks.sources.images import ImageSet

    whole = ImageSet("abcdef", lambda i: np.full((2, 2, 3), i, np.uint8))
    some = Chosen(whole, [4, 1])
    assert [(s.name, s.index, s.data.flat[0]) for s in some] == [
        ("e", 0, 4),
        ("b", 1, 1),
    ]
    assert some.fingerprint() != Chosen(whole, [1, 4]).fingerprint()
    assert last(whole, 4) == [2, 3, 4, 5]
    with pytest.raises(InputError, match="from 4 to the 6 of the source, got 7"):
        last(whole, 7)
