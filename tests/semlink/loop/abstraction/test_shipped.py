"""The table that is shipped."""

import numpy as np

from semlink.loop.abstraction.table import SHIPPED, read
from semlink.loop.abstraction.utility import Abstraction


def test_it_rises_with_snr_and_uses_and_pictures_are_above_the_floor():
    held = Abstraction(read())
    answers = held.metrics.index("answers")  # can be below those without a picture
    snr_db, uses = np.linspace(-10, 30, 41)[:, None], np.geomspace(100, 30_000, 40)
    for number in range(len(held.transmitters)):
        for content in range(4):
            found = held.utility(number, snr_db, uses, content)
            arrived = np.where(found.feasible[..., None], found.arrived, -np.inf)
            mean, floor = (np.delete(v, answers, -1) for v in (found.mean, found.floor))
            for axis in (0, 1):
                with np.errstate(invalid="ignore"):  # of two points without a signal
                    assert not np.any(np.diff(arrived, axis=axis) < -1e-5)
                assert np.diff(mean, axis=axis).min() >= -1e-5
            assert (mean >= floor - 1e-6).all()
            assert found.feasible[-1, -1]


def test_its_card_is_of_it():
    card = SHIPPED.with_suffix(".md").read_text("utf-8")
    assert read().digest in card
    assert "/" not in card.split("**command**:")[1].splitlines()[0].replace("PATH", "")
