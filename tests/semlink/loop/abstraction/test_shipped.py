"""The table that is shipped."""

import numpy as np

from semlink.loop.abstraction.table import SHIPPED, read
from semlink.loop.abstraction.utility import Abstraction


def test_it_rises_with_snr_and_uses_from_the_floor():
    held = Abstraction(read())
    snr_db, uses = np.linspace(-10, 30, 41)[:, None], np.geomspace(100, 30_000, 40)
    for number in range(len(held.transmitters)):
        for content in range(4):
            found = held.utility(number, snr_db, uses, content)
            assert np.diff(found.mean, axis=1).min() >= -1e-5
            assert np.diff(found.mean, axis=0).min() >= -1e-5
            assert (found.mean >= found.floor - 1e-6).all()
            assert found.feasible[-1, -1]


def test_its_card_is_of_it():
    card = SHIPPED.with_suffix(".md").read_text("utf-8")
    assert read().digest in card
    assert "/" not in card.split("**command**:")[1].splitlines()[0].replace("PATH", "")
