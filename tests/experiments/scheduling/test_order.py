"""The study of orders: which pairs separate, and what the table is held against."""

from types import SimpleNamespace

import numpy as np
import pytest

from experiments.playing.traffic import measured
from experiments.scheduling.asked import Order
from experiments.scheduling.comparing import half_width
from experiments.scheduling.deliveries import ALL, Delivery, Watched, compared
from experiments.scheduling.order import Played, cell, pair_of, summary
from semlink.loop.traffic.linked import Pictures
from semlink.loop.traffic.service import Received, Sending

BASE = np.array([0.1, 0.3, 0.2, 0.25])


def played(**offsets):
    """Episodes of schedulers by name: offsets to equal ones, by the table and link."""
    return {
        (name, engine): Played(BASE + np.array(off), 1.0)
        for name, both in offsets.items()
        for engine, off in zip(("table", "link"), both, strict=True)
    }


def test_pairs_separate_if_both_engines_say_so():
    near, far = [0.0, 0.01, -0.01, 0.0], [0.1, 0.11, 0.09, 0.1]
    less = [-0.1, -0.11, -0.09, -0.1]
    seen = played(a=(near, near), b=(far, far), c=(far, near), d=(far, less))
    same = pair_of("b", "a", seen)
    assert (same.separate, same.agree) == (True, True)
    assert same.table == same.link == pytest.approx(0.1)
    assert same.table_ci95 == pytest.approx(half_width(np.array(far) - near))
    assert not pair_of("c", "a", seen).separate
    against = pair_of("d", "a", seen)
    assert (against.separate, against.agree) == (True, False)
    line = summary([same, pair_of("c", "a", seen), against], 40)
    assert line == (
        "3 pairs, 2 separate by both engines, 1 of them in the same order; 40 "
        "deliveries over the link"
    )


def delivery(name, picture, gap, arrived=1.0):
    return Delivery(name, picture, 0.5, 0.5 + gap, 0.9, arrived, 1000.0, 900.0)


def test_gaps_have_intervals_over_pictures():
    gaps = [0.1, 0.3, -0.2, 0.25]
    alone = compared([delivery("words", n, gap) for n, gap in enumerate(gaps)])[0]
    assert alone.gap == pytest.approx(np.mean(gaps))
    assert alone.gap_ci95 == pytest.approx(half_width(np.array(gaps)))
    # the same picture again and again is no further evidence
    often = [delivery("words", n, gap) for n, gap in enumerate(gaps) for _ in range(9)]
    again, whole = compared(often)
    assert again.gap_ci95 == pytest.approx(alone.gap_ci95)
    assert (again.deliveries, again.pictures) == (36, 4)
    assert whole.transmitter == ALL
    assert (whole.uses_table, whole.uses_link) == (1000, 900)


def test_every_frame_that_is_sent_is_held_against_the_table():
    table = measured()
    got = Received(*(np.array([[v, v, v]]) for v in (True, 0.6, 0.1, 800.0)))
    got.arrives[0, 2] = False
    link = SimpleNamespace(pictures=Pictures(None, ((3, 4), (8, 9))))
    link.least = link.number = link.expects = link.least_db = None
    watched = Watched(LinkOf(link, got), table, "f1", 833_745)
    number = table.transmitters.index("linear_jscc")
    uses, content = np.array([[5000, 0, 5000]]), np.array([[0, 1, 1]])
    state = np.full((1, 3), 8.0)
    sent = Sending(np.array([number]), state, state, uses, content, state / 10)
    assert watched(sent, state / 10) is got
    first, second = watched.deliveries
    assert (first.transmitter, first.picture, second.picture) == ("linear_jscc", 4, 9)
    assert (first.utility, first.arrived) == (0.6, 1.0)
    assert (second.utility, second.arrived) == (0.1, 0.0)  # the floor
    expected = table.utility(number, 8.0, 5000, 1, planned_db=8.0, values=833_745)
    assert second.expected == pytest.approx(expected.mean[table.metrics.index("f1")])
    assert second.promised == pytest.approx(float(expected.delivery))


class LinkOf:
    """A link that answers what it was given."""

    def __init__(self, like, got):
        self.pictures, self.least, self.number = like.pictures, like.least, like.number
        self.expects, self.least_db = like.expects, like.least_db
        self._got = got

    def __call__(self, sending, chance):
        return self._got


def test_the_cell_of_the_study_sends_all_classes_over_the_link(tmp_path):
    config = cell(Order(tmp_path, "coco:somewhere", slots=7))
    assert (config.engine, config.source.label) == ("link", "coco:somewhere")
    assert config.traffic.slots == 7
    assert all(user.contents == (0.25,) * 4 for user in config.traffic.each)
