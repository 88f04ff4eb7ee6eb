"""What a receiver expects of a digital picture, against what it is."""

import numpy as np
import pytest

from baselines.jpeg2000_ldpc import Jpeg2000
from baselines.jpeg_ldpc import Jpeg
from baselines.separated.expected_error import ErrorLaw, terms
from experiments.fitting.picture_error import errors, fitted
from semlink.units import psnr_db


def test_a_law_is_found_again():
    law, draws = ErrorLaw(60.0, 4.5, -6.5), np.random.default_rng(1)
    pictures = [draws.integers(0, 2**k, (8, 8, 3), np.uint8) for k in range(3, 9)]
    rows = [
        (terms(p, size), law.psnr_db(p, size)) for p in pictures for size in (9, 31)
    ]
    assert fitted(rows) == pytest.approx(law)
    assert errors(law, rows) == pytest.approx((0, 0), abs=1e-9)


def test_a_doubt_is_the_squared_error_of_the_expected_psnr():
    law, flat = ErrorLaw(30.0, 0.0, 0.0), np.zeros((4, 6, 3), np.uint8)
    doubt = law.doubt(flat, 3)
    assert doubt.shape == (1, 1)
    assert doubt[0, 0] == pytest.approx(65.025)


@pytest.mark.parametrize(
    ("codec", "qualities"), [(Jpeg2000(), (-25, -15)), (Jpeg(), (8, 30))]
)
def test_photos_are_as_expected(photos, codec, qualities):
    for image in photos:
        for quality in qualities:
            data = codec.encode(image, quality)
            picture = codec.decode(data)
            expected = codec.error_law.psnr_db(picture, len(data))
            assert expected == pytest.approx(psnr_db(image, picture), abs=4.0)


def test_a_line_of_pixels_has_detail_along_it_alone():
    line = np.zeros((1, 4, 3), np.uint8)
    assert terms(line, 2) == pytest.approx((1.0, 2.0, np.log2(0.1)))
    assert ErrorLaw(30.0, 1.0, 0.0).psnr_db(line, 2) == pytest.approx(32.0)


def test_more_bits_and_less_detail_are_expected_to_be_better():
    law, draws = Jpeg2000.error_law, np.random.default_rng(1)
    rough = draws.integers(0, 255, (16, 16, 3), np.uint8)
    assert law.psnr_db(rough, 64) > law.psnr_db(rough, 32)
    assert law.psnr_db(rough // 4, 32) > law.psnr_db(rough, 32)


@pytest.fixture
def photos() -> list[np.ndarray]:
    from blocks.sources.photos import build

    source = build()
    return [source[index].data for index in range(3)]
