"""A cell by a table: nothing is lost from the books, and closed forms hold."""

import numpy as np
import pytest

from blocks.scheduling import SCHEDULERS
from semlink.errors import InputError
from semlink.loop.abstraction.table import read
from semlink.loop.abstraction.utility import Abstraction
from semlink.loop.pool import granted
from semlink.loop.traffic.config import TrafficConfig
from semlink.loop.traffic.environment import CellEnvironment, played
from semlink.loop.traffic.service import Chance, Measured

FREE = {"grant": 0, "report": 0, "delay_slots": 0, "report_slots": 1}
PATIENT = {"deadline_slots": 1e6, "transmitter": "ntscc", "uses": 100}


def measured(**keys) -> CellEnvironment:
    users = [
        {"count": 2, "transmitter": "ntscc", "uses": 6_000, "priority": 2}
        | {"importance": (0.5, 0.2, 0.2, 0.1), "retransmissions": 2},
        {"count": 2, "transmitter": "jpeg2000_ldpc[mcs=auto]", "uses": 9_000},
    ]
    config = TrafficConfig(users=users, pool=9_000, slots=120, **keys)
    table = Abstraction(read())
    return CellEnvironment(config, Measured(table, config.utility, config.values))


@pytest.mark.parametrize("name", ["earliest_deadline", "drift_plus_penalty", "random"])
def test_every_frame_is_accounted_for(name):
    environment = measured(queue=4)
    total = played(environment, SCHEDULERS.build(name), range(6))
    left, begun = environment.demands.backlog, environment.begun
    whole = total + begun  # frames of the slot that was not played have come, too
    ended = whole.delivered + whole.expired + whole.refused + whole.lost
    np.testing.assert_array_equal(whole.arrived, ended + left)
    for part in (total.delivered, total.expired, total.lost):
        assert part.sum() > 0
    assert np.all(total.value <= total.weight)
    assert np.all(total.uses <= environment.config.pool * environment.config.slots)
    assert np.all(total.attempts >= total.delivered)
    told = environment.config.signalling
    reports = 120 // told.report_slots * told.report
    np.testing.assert_array_equal(
        total.signalling, total.attempts * told.grant + reports
    )


def test_equal_seeds_give_equal_episodes_beside_any_others():
    made = SCHEDULERS.build("proportional_fair")
    many = played(measured(), made, [3, 4, 5])
    one = played(measured(), made, [4])
    for both, alone in zip(many, one, strict=True):
        np.testing.assert_array_equal(both[1], alone[0])


def test_what_is_decided_changes_no_course():
    """Arrivals and channels are those of the seed, whoever schedules."""
    totals = [
        played(measured(), SCHEDULERS.build(n), [1]) for n in ("random", "max_weight")
    ]
    np.testing.assert_array_equal(totals[0].arrived, totals[1].arrived)
    assert not np.array_equal(totals[0].uses, totals[1].uses)


def test_truncated_repetition_has_its_closed_form():
    """Attempts (1 - p^M) / (1 - p), losses p^M, for p = 0.4 and M = 3."""
    p, most = 0.4, 3
    user = {**PATIENT, "retransmissions": most - 1, "arrivals": {"rate": 0.2}}
    config = TrafficConfig(users=[user], pool=100, slots=200, queue=64, signalling=FREE)
    environment = CellEnvironment(config, Chance(100, 1 - p))
    total = played(environment, SCHEDULERS.build("round_robin"), range(400))
    ended = total.delivered.sum() + total.lost.sum()
    assert total.lost.sum() / ended == pytest.approx(p**most, abs=0.006)
    attempts = total.attempts.sum() / ended
    assert attempts == pytest.approx((1 - p**most) / (1 - p), rel=0.01)


@pytest.mark.slow
def test_strict_priority_has_the_waits_of_cobham():
    """Three classes, service of one slot; slotted arrivals add half a slot."""
    rates = np.array([0.2, 0.25, 0.3])
    users = [
        {**PATIENT, "priority": 2 - k, "arrivals": {"rate": float(rate)}}
        for k, rate in enumerate(rates)
    ]
    config = TrafficConfig(
        users=users, pool=100, slots=6_000, queue=512, signalling=FREE
    )
    environment = CellEnvironment(config, Chance(100))
    total = played(environment, SCHEDULERS.build("strict_priority"), range(64))
    waits = total.wait.sum(0) / total.delivered.sum(0) - 1  # without service
    load = np.concatenate([[0], np.cumsum(rates)])
    residual = rates.sum() / 2 + (1 - rates.sum()) / 2  # E[S^2] = 1, and the slots
    cobham = residual / ((1 - load[:-1]) * (1 - load[1:]))
    # a frame that arrives within a slot waits for its end: half a slot on average
    np.testing.assert_allclose(waits + 0.5, cobham, rtol=0.03)


def test_refused_frames_and_vain_grants_are_in_the_books():
    """Every frame weighs 16, doubled by the priority; a grant announces nothing."""
    user = {**PATIENT, "priority": 1, "importance": (0, 0, 1, 0)}
    config = TrafficConfig(
        users=[{**user, "arrivals": {"rate": 2.0}}], pool=200, slots=50, queue=2
    )
    environment = CellEnvironment(config, Chance(100))
    total = None
    environment.reset(range(8))
    for _ in range(config.slots):
        demands = environment.demands
        # less than the announcement, so that no signal fits
        tally = environment.step(granted(demands, np.full((8, 1), 100)))
        total = tally if total is None else total + tally
    told = config.signalling
    assert total.refused.sum() > 0
    gone = total.refused + total.lost
    np.testing.assert_array_equal(total.harm, 32 * gone)
    np.testing.assert_array_equal(total.weight, 32 * gone)
    assert total.delivered.sum() == total.uses.sum() == 0
    reports = -(-config.slots // told.report_slots) * told.report
    spent = total.attempts * told.grant + reports
    np.testing.assert_array_equal(total.signalling, spent)
    assert total.attempts.sum() > 0


def test_reports_are_late_and_of_whole_decibels():
    environment = measured(signalling={"delay_slots": 3, "report_slots": 1})
    states = []
    demands = environment.reset([1])
    for _ in range(12):
        states.append(environment._state_db.copy())
        number = len(states) - 1 - 3
        if number < 0:
            assert np.isnan(demands.state_db).all()
        else:
            np.testing.assert_array_equal(demands.state_db, np.round(states[number]))
        shares, _ = SCHEDULERS.build("round_robin")(
            demands, environment.pool, None, None
        )
        environment.step(shares)
        demands = environment.demands


def test_reported_gains_are_those_of_the_books():
    """Late, and in steps of an eighth."""
    told = {"delay_slots": 2, "report_slots": 4}
    environment = measured(price=0.5, signalling=told)
    made, gained, total = SCHEDULERS.build("max_weight"), 0.0, []
    environment.reset(range(5))
    for slot in range(59):  # the last report is of slot 56, and comes in slot 58
        demands = environment.demands
        assert demands.gained.any() == (slot > 2 and slot % 4 == 2)
        gained = gained + demands.gained
        total.append(environment.step(made(demands, environment.pool, None, None)[0]))
    of = total[0]
    for tally in total[1:56]:
        of = of + tally
    assert environment.pool.price == 0.5
    assert np.abs(gained - of.value).max() <= 14 / 16 + 1e-9
    assert np.ptp(gained) > 1


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"pool": -1}, "pool"),
        ({"users": []}, "a cell must have 1 to 1024 users, got 0"),
        ({"users": [{**PATIENT, "importance": (1, 1, 0, 0)}]}, "sum to 1, got 2"),
        ({"users": [{**PATIENT, "priority": 7}]}, "less than or equal to 3"),
        ({"users": [{**PATIENT, "fading": {"offset_db": None}}]}, "offset_db"),
    ],
)
def test_what_no_cell_can_be_is_refused(keys, message):
    with pytest.raises(ValueError, match=message):
        TrafficConfig(**{"users": [PATIENT], "pool": 100} | keys)


def test_a_utility_that_the_table_does_not_hold_is_named():
    with pytest.raises(InputError, match="utility from 0 to 1"):
        measured(utility="psnr")
