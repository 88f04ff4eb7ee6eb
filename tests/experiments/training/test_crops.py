"""The batch of a training step is a pure function of seed, epoch and step."""

import numpy as np
import pytest

from blocks.nn.jscc import nominal_eta
from experiments.training.crops import Crops, Draw, crop
from experiments.training.objective import (
    DESIGN_SNR_DB,
    ETA_SPREAD,
    FINEST_QUALITY,
    draw,
)

SIZE, BATCH, STEPS = 16, 3, 4


def photos(count=5, height=40, width=60):
    rng = np.random.default_rng(0)
    return list(rng.integers(0, 256, (count, height, width, 3), np.uint8))


def crops(seed=1, epoch=0) -> Crops:
    sizes = {"size": SIZE, "batch_size": BATCH, "steps": STEPS}
    return Crops(photos(), draw, seed=seed, epoch=epoch, **sizes)


def same(a, b) -> bool:
    (a,), (b,) = a, b
    assert a.keys() == b.keys() == {"image", *Draw._fields}
    return all(np.array_equal(a[name], b[name]) for name in a)


def test_batch_has_crops_and_what_each_is_sent_at():
    data = crops()
    assert len(data) == STEPS
    (batch,) = data[0]
    assert batch["image"].shape == (BATCH, SIZE, SIZE, 3)
    assert batch["image"].dtype == np.uint8
    for name in Draw._fields:
        assert batch[name].shape == (BATCH,)
        assert batch[name].dtype == np.float32


def test_batch_is_the_same_whenever_it_is_made():
    data = crops(epoch=2)
    in_order = [data[i] for i in range(STEPS)]
    for i in (3, 1, 0, 2, 0):
        assert same(data[i], in_order[i])
        assert same(crops(epoch=2)[i], in_order[i])


def test_contexts_change_nothing_else_and_belong_to_their_photo():
    sizes = {"size": SIZE, "batch_size": 64, "steps": STEPS, "seed": 1}
    contexts = np.arange(1, 6, dtype=np.float32)[:, None] * [1, 10]
    flat = [np.full((40, 60, 3), 40 * i, np.uint8) for i in range(5)]
    plain = Crops(flat, draw, **sizes)
    known = Crops(flat, draw, contexts=contexts.astype(np.float32), **sizes)
    (a,), (b,) = plain[1], known[1]
    context = b.pop("context")
    assert same((a,), (b,))
    photo = b["image"][:, 0, 0, 0] // 40
    without = ~context.any(axis=1)
    np.testing.assert_array_equal(context[~without], contexts[photo[~without]])
    assert 0 < without.sum() < 20  # one in ten


def test_keras_cannot_move_the_data_on():
    # it tells them of the end of an epoch more than once
    data = crops()
    first = data[1]
    data.on_epoch_end()
    assert same(data[1], first)


def test_no_batch_of_a_run_is_like_another():
    found = [crops(s, e)[i] for s in (1, 2) for e in range(3) for i in range(STEPS)]
    pairs = [(a, b) for n, a in enumerate(found) for b in found[:n]]
    for name in ("image", "quality"):
        assert not any(np.array_equal(a[0][name], b[0][name]) for a, b in pairs)


def ramp(height, width):
    """Rows and columns in the first two channels."""
    rows, columns = np.mgrid[:height, :width].astype(np.uint8)
    return np.stack([rows, columns, 0 * rows], axis=-1)


def test_crops_come_from_all_over_mirrored_and_magnified():
    rng = np.random.default_rng(0)
    found = [crop(ramp(120, 200), SIZE, rng).astype(float) for _ in range(200)]
    slopes = np.array([(c[8, 12, 1] - c[8, 4, 1]) / 8 for c in found])
    assert 60 < np.sum(slopes < 0) < 140
    # a magnification of 0.7 to 1.5 makes slopes of its inverse, in whole levels
    assert np.abs(slopes).max() == pytest.approx(1 / 0.7, abs=1 / 8)
    assert np.abs(slopes).min() == pytest.approx(1 / 1.5, abs=1 / 8)
    corners = np.array([c[:, :, :2].min(axis=(0, 1)) for c in found])
    largest = np.array([c[:, :, :2].max(axis=(0, 1)) for c in found])
    assert np.all(corners.min(axis=0) <= 5)
    assert np.all(largest.max(axis=0) >= [114, 194])
    for c in found:  # a square stays one, upright
        assert (c[12, 8, 0] - c[4, 8, 0]) / 8 == pytest.approx(
            abs(c[8, 12, 1] - c[8, 4, 1]) / 8, abs=2 / 8
        )


@pytest.mark.parametrize(("height", "width"), [(5, 40), (40, 5), (16, 16), (1, 1)])
def test_photos_smaller_than_a_crop_are_magnified(height, width):
    rng = np.random.default_rng(0)
    flat = np.full((height, width, 3), 77, np.uint8)
    for _ in range(20):
        found = crop(flat, SIZE, rng)
        assert found.shape == (SIZE, SIZE, 3)
        assert np.all(found == 77)


def test_draws_cover_what_the_networks_are_for():
    many = draw(np.random.default_rng(0), 4000)
    assert 0 <= many.quality.min() < 0.01
    assert 0.99 < many.quality.max() / FINEST_QUALITY <= 1
    assert 0 <= many.snr_db.min() < 0.1
    assert 19.9 < many.snr_db.max() <= 20
    knows = many.design_snr_db == many.snr_db
    # a transmitter without the SNR assumes the design SNR
    assert np.all(many.design_snr_db[~knows] == DESIGN_SNR_DB)
    # bits have a cliff
    assert not np.any(many.layer[~knows])
    assert 0.2 < np.mean(many.layer) < 0.8
    assert 0.1 < np.mean(~knows) < 0.9
    assert 0.1 < np.mean(many.snr_db == DESIGN_SNR_DB) < 0.9
    # around the nominal eta of the transmitter's SNR
    around = np.log(many.eta / nominal_eta(many.design_snr_db)) / ETA_SPREAD
    assert -1.001 < around.min() < -0.99
    assert 0.99 < around.max() < 1.001
