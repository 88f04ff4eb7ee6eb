"""Crops inside a compiled step are those that Pillow makes."""

import numpy as np
import pytest
from PIL import Image

from experiments.training.crops import CONTEXT_KNOWN, LARGEST, SMALLEST
from experiments.training.device.photo_pack import joined
from experiments.training.objective import DESIGN_SNR_DB, FINEST_QUALITY

jax = pytest.importorskip("jax")
from experiments.training.device import crops  # noqa: E402

SIZE = 32


def photos():
    rng = np.random.default_rng(0)
    shapes = (60, 90), (52, 75), (40, 200)  # tall ones Pillow takes columns first
    return [rng.integers(0, 256, (*shape, 3), np.uint8) for shape in shapes]


def boxes():
    """Corners and sides of squares, at the edges of a photo too."""
    rng = np.random.default_rng(1)
    for number, photo in enumerate(photos()):
        limit = np.array(photo.shape[:2])
        for side in (SIZE / LARGEST, SIZE, min(SIZE / SMALLEST, *limit)):
            for share in ((0, 0), (1, 1), rng.random(2)):
                yield number, np.float32(share * (limit - side)), np.float32(side)


def test_a_resampled_square_is_pillows():
    pixels, resized = joined(photos()), jax.jit(crops.resized, static_argnums=5)
    for number, (top, left), side in boxes():
        shape = np.int32([pixels.height[number], pixels.width[number]])
        corner = np.float32([top, left])
        first = pixels.first[number]
        found = resized(pixels.values, first, shape, corner, side, SIZE)
        box = (left, top, left + side, top + side)
        expected = Image.fromarray(photos()[number]).resize(
            (SIZE, SIZE), Image.Resampling.BICUBIC, box=box
        )
        difference = np.abs(np.asarray(found, int) - np.asarray(expected, int))
        # Pillow computes in fixed point, twice
        assert difference.max() <= 2
        assert (difference > 1).mean() < 0.002
        assert (difference > 0).mean() < 0.05


def test_a_batch_draws_photos_places_and_conditions():
    flat = [np.full((60, 60, 3), 40 * i, np.uint8) for i in range(5)]
    contexts = np.arange(1, 6, dtype=np.float32)[:, None] * [1, 10]
    data = crops.on_device(joined(flat), contexts.astype(np.float32), seed=1)
    make = jax.jit(crops.batch, static_argnums=(2, 3))
    found = make(data, jax.random.key(1), SIZE, 512)
    found = {name: np.asarray(value) for name, value in found.items()}
    assert found["image"].shape == (512, SIZE, SIZE, 3)
    assert found["image"].dtype == np.uint8
    assert np.all(np.ptp(found["image"], axis=(1, 2, 3)) == 0)  # no photo's neighbour
    photo = found["image"][:, 0, 0, 0] // 40
    assert set(photo) == set(range(5))
    known = found["context"].any(axis=1)
    assert abs(known.mean() - CONTEXT_KNOWN) < 0.05
    np.testing.assert_array_equal(found["context"][known], contexts[photo[known]])
    design = found["design_snr_db"] == DESIGN_SNR_DB
    assert np.all((found["design_snr_db"] == found["snr_db"]) | design)
    assert 0 <= found["quality"].min() < 0.05
    assert 0.95 < found["quality"].max() / FINEST_QUALITY <= 1
    again = make(data, jax.random.key(1), SIZE, 512)
    other = make(data, jax.random.key(2), SIZE, 512)
    np.testing.assert_array_equal(again["image"], found["image"])
    assert np.any(np.asarray(other["image"]) != found["image"])


@pytest.mark.slow
def test_half_of_the_crops_are_mirrored():
    ramp = np.arange(60, dtype=np.uint8)[None, :, None] * np.uint8([4, 4, 4])
    data = crops.on_device(joined([np.repeat(ramp, 60, axis=0)]), None, seed=1)
    make = jax.jit(crops.batch, static_argnums=(2, 3))
    found = make(data, jax.random.key(3), SIZE, 256)
    assert "context" not in found
    image = np.asarray(found["image"], int)
    mirrored = image[:, 0, 0, 0] > image[:, 0, -1, 0]
    assert 0.4 < mirrored.mean() < 0.6
