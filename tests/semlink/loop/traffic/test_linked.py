"""Cells over a link: the closed form of a symbol, what each end knows, equal episodes.

The link is a single symbol in AWGN: its frame is lost if the real part is negative.
"""

import numpy as np
import pytest
from scipy.stats import norm

from blocks.scheduling import SCHEDULERS
from semlink.chain import Link
from semlink.ends.kept import Kept
from semlink.errors import Infeasible
from semlink.loop.traffic.config import TrafficConfig
from semlink.loop.traffic.environment import CellEnvironment, played
from semlink.loop.traffic.linked import Linked, Pictures, Worth
from semlink.loop.traffic.service import Chance, Sending
from semlink.metrics import Metric
from semlink.protocols import Transceiver
from semlink.signals import NO_BLOCKS, Estimate, RxSignal, Sample, TxSignal, ledger
from semlink.units import db_to_linear

USES = 4
FREE = {"grant": 0, "report": 0, "delay_slots": 0, "report_slots": 1}


class Shades:
    """Pictures of one grey value each; their annotation is the truth."""

    modality = "image"

    def __len__(self):
        return 10

    def __init__(self, lightest=0):
        self._lightest = lightest

    def __getitem__(self, index):
        picture = np.full((2, 2, 3), self._lightest + index, np.uint8)
        return Sample(picture, "image", 12, index, str(index), None, {"truth": index})


class One:
    """Sends a symbol, and remembers what it was given."""

    def __init__(self):
        self.points, self.annotations, self.shades = [], [], []

    def operating_point(self, csi):
        self.points.append(csi.snr_db)
        return csi.snr_db

    def plan(self, source, budget):
        if budget.limit(source[0]) < USES:
            raise Infeasible("nothing fits")
        return USES

    def __call__(self, sample, plan, memory=None):
        self.annotations.append(dict(sample.annotations))
        self.shades.append(int(sample.data[0, 0, 0]))
        x = np.ones(USES, np.complex64)
        return TxSignal(x, ledger(payload=USES), NO_BLOCKS), None


def receive(rx, query=None, memory=None):
    lost = bool(rx.x_hat[0].real < 0)
    data = np.zeros((2, 2, 3), np.uint8)
    return Estimate(data, "image", lost, NO_BLOCKS), None


def noisy(x, snr_db, course):
    no = np.broadcast_to(np.float32(db_to_linear(-snr_db)), x.shape)
    y = x + np.sqrt(no) * course.complex_normal("noise", x.shape)
    return RxSignal(y, no, np.ones_like(x))


class Shade:
    """A picture is worth its number; nothing is worth a twentieth."""

    judges = ("image",)
    metrics = (Metric("worth", "worth"),)

    def observe(self, sample, estimate):
        known = estimate.data is not None
        return {"worth": (sample.index / 10 if known else 0.05, 1.0)}

    def score(self, observations):
        return {}


def linked(classes=(range(10),), one=None, kept=None, lightest=0):
    pair, task = Transceiver(one or One(), receive), Shade()
    links = {0: Link(pair, noisy, {"shade": task})}
    pictures, worth = Pictures(Shades(lightest), classes), Worth(task, "worth")
    return Linked(links, pictures, worth, Chance(USES), kept or Kept())


def sending(count, met_db, planned_db=0.0, uses=USES, content=0):
    each = 0, met_db, planned_db, uses, content, np.linspace(0, 0.999, count)
    return Sending(*np.broadcast_arrays(*each))


def cell(slots=40, uses=USES, **keys):
    user = {"count": 3, "transmitter": "one", "uses": uses, "deadline_slots": 9}
    user |= {"fading": {"doppler": 0.05}, "contents": (0.5, 0.5)} | keys
    config = TrafficConfig(users=[user], pool=2 * USES, slots=slots, signalling=FREE)
    return CellEnvironment(config, linked(((0, 1, 2), (5, 6, 7, 8))))


@pytest.mark.parametrize("met_db", [-6.0, 0.0])
def test_frames_are_lost_as_a_symbol_is(met_db):
    """Q(sqrt(2 Es/N0)), whatever was planned for."""
    count = 600
    chance = np.random.default_rng(1).random(count)
    lost = 1 - linked()(sending(count, met_db, 20.0), chance).arrives.mean()
    expected = norm.sf(np.sqrt(2 * db_to_linear(met_db)))
    spread = np.sqrt(expected * (1 - expected) / count)
    assert abs(lost - expected) < 4 * spread


def test_a_frame_is_worth_its_picture_or_the_floor():
    found = linked(((3,), (7,)))(sending(2, 40.0, content=[0, 1]), np.array([0.1, 0.2]))
    assert found.arrives.all()
    np.testing.assert_allclose(found.utility, [0.3, 0.7])
    np.testing.assert_allclose(found.floor, 0.05)
    np.testing.assert_array_equal(found.spent, USES)
    chance = np.random.default_rng(2).random(50)
    poor = linked()(sending(50, -40.0), chance)
    assert 10 < poor.arrives.sum() < 40
    np.testing.assert_allclose(poor.utility[~poor.arrives], 0.05)
    np.testing.assert_array_equal(poor.spent, USES)  # lost symbols were sent


def test_pictures_are_equally_likely_and_of_their_class():
    pictures = Pictures(Shades(), ((1, 4), (2, 5, 8)))
    drawn = [pictures.number(1, u) for u in np.linspace(0, 0.9999, 300)]
    assert {n: drawn.count(n) for n in set(drawn)} == {2: 100, 5: 100, 8: 100}
    assert {pictures.number(0, u) for u in (0.0, 0.5, 0.999999)} == {1, 4}


def test_a_grant_that_holds_no_signal_sends_none():
    few = linked()(sending(3, 40.0, uses=[0, USES - 1, USES]), np.full(3, 0.5))
    np.testing.assert_array_equal(few.arrives, [False, False, True])
    np.testing.assert_array_equal(few.spent, [0, 0, USES])


def test_the_sender_knows_what_it_plans_for_and_no_truth():
    one = One()
    linked(one=one)(sending(4, 3.7, 11.0), np.full(4, 0.5))
    assert one.points == [11.0] * 4
    assert one.annotations == [{}] * len(one.annotations)
    assert one.annotations


def test_kept_signals_are_those_of_equal_pictures():
    kept, one = Kept(), One()
    for lightest in (0, 100, 0):
        made = linked(((3,),), one, kept, lightest)
        made(sending(2, 20.0), np.array([0.1, 0.2]))
    assert one.shades == [3, 103]


def test_equal_chances_meet_equal_noise_beside_any_others():
    chance, of = np.random.default_rng(3).random(20), sending(20, 0.0)
    whole = linked()(of, chance)
    for place in (4, 11):
        alone = linked()(Sending(*(part[[place]] for part in of)), chance[[place]])
        for both, one in zip(whole, alone, strict=True):
            assert both[place] == one[0]
    assert 0 < whole.arrives.sum() < 20


def test_equal_seeds_give_equal_episodes_over_the_link():
    made = SCHEDULERS.build("proportional_fair")
    many, one = played(cell(), made, [3, 4, 5]), played(cell(), made, [4])
    for both, alone in zip(many, one, strict=True):
        np.testing.assert_array_equal(both[1], alone[0])
    assert one.delivered.sum() > 0
    assert one.lost.sum() > 0


def test_a_frame_is_one_picture_whoever_schedules():
    def seen(name):
        environment, found = cell(), {}
        demands, memory = environment.reset([7]), None
        draws = np.random.default_rng(1)
        for _ in range(environment.config.slots):
            queues = environment._queues
            for user in np.flatnonzero(queues.count[0] > 0):
                key = int(user), int(queues.arrived[0, user])
                of = queues.content[0, user], queues.picture[0, user]
                found.setdefault(key, of)
                assert found[key] == of
            scheduler = SCHEDULERS.build(name)
            shares, memory = scheduler(demands, environment.pool, memory, draws)
            environment.step(shares)
            demands = environment.demands
        return found

    first, second = seen("random"), seen("max_weight")
    shared = first.keys() & second.keys()
    assert len(shared) > 10
    assert all(first[key] == second[key] for key in shared)
    assert len(set(first.values())) > 10


def test_truncated_repetition_over_the_link_has_its_closed_form():
    """Losses p^M with p = Q(sqrt(2 Es/N0)) at 0 dB and M = 2: noise is always new."""
    user = {"transmitter": "one", "uses": USES, "deadline_slots": 1e6}
    user |= {"retransmissions": 1, "fading": {"doppler": 0}, "arrivals": {"rate": 0.3}}
    config = TrafficConfig(
        users=[user], pool=USES, slots=150, snr_db=-3.0, queue=64, signalling=FREE
    )
    environment = CellEnvironment(config, linked())
    total = played(environment, SCHEDULERS.build("round_robin"), range(12))
    ended = total.delivered.sum() + total.lost.sum()
    p = norm.sf(np.sqrt(2 * db_to_linear(-3.0)))
    spread = np.sqrt(p**2 * (1 - p**2) / ended)
    assert abs(total.lost.sum() / ended - p**2) < 4 * spread
    assert ended > 400
