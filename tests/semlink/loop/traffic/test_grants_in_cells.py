"""What a grant sets, and what a sender says of its frames, by the table and the link.

Of a session, ``tests/semlink/ends`` holds the same.
"""

import numpy as np
import pytest

from blocks.schedulers.drift_plus_penalty import DriftPlusPenalty
from blocks.scheduling import SCHEDULERS
from semlink.chain import Link
from semlink.contracts.schedulers import check_shares
from semlink.ends.kept import Kept
from semlink.errors import InputError
from semlink.loop.abstraction.table import read
from semlink.loop.abstraction.utility import Abstraction
from semlink.loop.pool import REDUNDANCY_DB, SMOOTH, granted, smoothed
from semlink.loop.traffic.config import TrafficConfig
from semlink.loop.traffic.environment import CellEnvironment, played
from semlink.loop.traffic.linked import Linked, Pictures, Worth
from semlink.loop.traffic.service import Chance, Measured
from semlink.protocols import Transceiver
from tests.semlink.loop.traffic.test_linked import (
    USES,
    One,
    Shade,
    Shades,
    noisy,
    receive,
)

FREE = {"grant": 0, "report": 0, "delay_slots": 0, "report_slots": 1}
SEPARATED = "jpeg2000_ldpc[mcs=auto]"
USER = {"transmitter": "ntscc", "uses": 8_500, "arrivals": {"rate": 0.4}}
OTHER = {"alternative": SEPARATED, "alternative_uses": 5_000}
MARGIN_DB, POWER_DB = 1.5, -2.0


class Noted:
    """A service whose frames are noted."""

    def __init__(self, service):
        self._service, self.sent = service, []
        self.number, self.least = service.number, service.least
        self.expects, self.least_db = service.expects, service.least_db

    def __call__(self, sending, chance):
        self.sent.append(sending)
        return self._service(sending, chance)


def measured() -> Measured:
    config = TrafficConfig(users=[USER], pool=1)
    return Measured(Abstraction(read()), config.utility, config.values)


def cell(service, *users, **keys) -> CellEnvironment:
    config = TrafficConfig(users=users, pool=9_000, slots=60, **keys)
    return CellEnvironment(config, service)


def planned_by_cell(service, user, redundancy: int) -> tuple[np.ndarray, np.ndarray]:
    """States that frames are planned for in a slot, and the reported ones."""
    noted, fixed = Noted(service), {"fading": {"doppler": 0}, "margin_db": MARGIN_DB}
    user = user | fixed | {"arrivals": {"rate": 9.0}}
    environment = cell(noted, user, snr_db=14.0, signalling=FREE)
    demands = environment.reset([1, 2])
    shares = granted(demands, demands.uses, POWER_DB, redundancy)
    environment.step(shares)
    return noted.sent[0].planned_db, demands.state_db


@pytest.mark.parametrize("redundancy", [0, 2])
def test_redundancy_plans_for_a_weaker_state_by_either_engine(redundancy):
    """A step is 2 dB less."""
    off = POWER_DB - REDUNDANCY_DB * redundancy
    by_table, known = planned_by_cell(measured(), USER, redundancy)
    np.testing.assert_allclose(by_table, known + off - MARGIN_DB)
    one, task = One(), Shade()
    link = Link(Transceiver(one, receive), noisy, {"shade": task})
    pictures = Pictures(Shades(), (range(10),))
    linked = Linked({0: link}, pictures, Worth(task, "worth"), Chance(USES), Kept())
    over, known = planned_by_cell(linked, USER | {"uses": USES}, redundancy)
    np.testing.assert_allclose(over, known + off - MARGIN_DB)
    np.testing.assert_allclose(one.points, over.ravel())


def test_redundancy_saves_frames_of_a_link_that_is_worse_than_reported():
    """Reports of 16 slots: digital frames that were planned for less arrive more often,
    and are worth less."""
    user = USER | {"transmitter": SEPARATED, "fading": {"doppler": 0.01}}
    late = {"report_slots": 16}
    totals = [
        played(
            cell(measured(), user, snr_db=14.0, signalling=late),
            DriftPlusPenalty(1e-3, 0.0, redundancy=steps, retransmissions=0),
            range(60),
        )
        for steps in (0, 2)
    ]
    share, worth = (
        [getattr(t, of).sum() / t.delivered.sum() for t in totals]
        for of in ("attempts", "utility")
    )
    assert share[1] < 0.9 * share[0]
    assert worth[1] < worth[0]


def test_the_transmitter_of_a_grant_is_the_one_that_sends():
    noted = Noted(measured())
    users = USER | OTHER, USER
    environment = cell(noted, *users, snr_db=14.0, signalling=FREE)
    environment.reset(range(20))
    for slot in range(30):
        demands, pool = environment.demands, environment.pool
        both = demands.exchanged(np.full(demands.uses.shape, slot % 2 == 1))
        shares = granted(both, np.where(both.backlog > 0, both.uses // 2, 0))
        environment.step(check_shares("it", demands, pool, shares))
        expected = noted.number(SEPARATED if slot % 2 else "ntscc")
        assert np.all(noted.sent[-1].transmitter[:, 0] == expected)
        assert np.all(noted.sent[-1].transmitter[:, 1] == noted.number("ntscc"))
    assert np.any(demands.alternative_least[:, 0] != demands.least[:, 0])


def test_a_transmitter_that_a_user_does_not_hold_is_refused():
    environment = cell(measured(), USER | OTHER, USER, load=9.0)
    demands = environment.reset([0])
    shares, pool = granted(demands, demands.uses // 2), environment.pool
    for off, what in (
        ({"transmitter": shares.transmitter + 1}, "a transmitter that its user asks"),
        ({"redundancy": shares.redundancy + 4}, "a redundancy from 0 to 3"),
        ({"redundancy": shares.redundancy - 1}, "a redundancy from 0 to 3"),
    ):
        with pytest.raises(InputError, match=what):
            check_shares("it", demands, pool, shares._replace(**off))


def test_a_frame_has_the_retransmissions_of_its_first_grant():
    """Losses p^M with M - 1 of the first grant, although users ask for 3 and later
    grants have as many; p = 0.4, M = 2."""
    user = {"transmitter": "one", "uses": 100, "deadline_slots": 1e6}
    user |= {"retransmissions": 3, "arrivals": {"rate": 0.3}}
    config = TrafficConfig(users=[user], pool=100, slots=150, queue=64, signalling=FREE)
    environment = CellEnvironment(config, Chance(100, 0.6))
    environment.reset(range(100))
    lost = ended = 0
    for _ in range(config.slots):
        demands = environment.demands
        is_first = environment._attempts == 0
        again = np.where(is_first, 1, 3)
        uses = np.where(demands.backlog > 0, 100, 0)
        tally = environment.step(granted(demands, uses, retransmissions=again))
        lost, ended = (
            lost + tally.lost.sum(),
            ended + (tally.lost + tally.delivered).sum(),
        )
    spread = np.sqrt(0.16 * 0.84 / ended)
    assert abs(lost / ended - 0.16) < 4 * spread
    assert ended > 3_000


def test_a_prior_is_what_the_table_expects_at_the_reported_state():
    """Of the frame's class of content, and of each transmitter; unknown without."""
    contents = {"contents": (0.5, 0.0, 0.0, 0.5), "margin_db": MARGIN_DB}
    user, service = USER | OTHER | contents, measured()
    environment = cell(service, user, prior="table", snr_db=9.0)
    demands, priors = environment.reset(range(8)), set()
    for _ in range(12):
        content = environment._queues.content
        known = np.nan_to_num(demands.state_db, nan=9.0) - MARGIN_DB
        for name, uses, prior in (
            ("ntscc", 8_500, demands.prior),
            (SEPARATED, 5_000, demands.alternative_prior),
        ):
            of = Abstraction(read()).utility(name, known, uses, content, values=833_745)
            np.testing.assert_allclose(prior, of.mean[..., of.mean.shape[-1] - 4])
            priors |= set(prior.ravel().tolist())
        environment.step(granted(demands, 0 * demands.uses))
        demands = environment.demands
    assert len(priors) > 10
    without = cell(service, user).reset([0])
    assert np.isnan(without.prior).all()
    assert np.isnan(without.alternative_prior).all()


@pytest.mark.parametrize("name", ["ntscc", "akb_jscc", SEPARATED, "words"])
def test_the_least_state_is_where_a_budget_begins_to_hold_a_signal(name):
    table, uses = Abstraction(read()), np.array([300, 4_200, 8_352, 20_000, 90_000])
    planned = np.arange(-6.0, 22.0, 0.25)
    least = table.least_db(name, uses, values=833_745)
    found = table.utility(name, planned[:, None], uses, values=833_745)
    np.testing.assert_array_equal(
        found.feasible, np.maximum(planned, -4)[:, None] >= least
    )
    assert np.all(np.diff(least[np.isfinite(least)]) <= 0)


def test_a_signal_needs_the_power_that_shared_knowledge_says():
    """With it a signal is sent, with less there is none, whichever transmitter."""
    users = USER | OTHER, USER | OTHER | {"margin_db": MARGIN_DB}
    environment = cell(measured(), *users, prior="table", snr_db=8.0, load=5.0)
    for step in (1e-6, -1e-6):
        for other in (False, True):
            asks = environment.reset(range(30)).exchanged(np.full((30, 2), other))
            power_db = asks.needs_db + step
            sent = (asks.backlog > 0) & np.isfinite(power_db)
            shares = granted(asks, np.where(sent, asks.uses, 0), power_db)
            tally = environment.step(shares)
            assert sent.sum() > 20
            np.testing.assert_array_equal(tally.uses > 0, sent & (step > 0))


def test_powers_that_fit_send_few_grants_without_a_signal():
    """Those are what is left of a pool, which is too little at less than full power."""
    vain = []
    for fits in (False, True):
        environment = cell(measured(), USER, USER, prior="table", snr_db=8.0)
        made, count = DriftPlusPenalty(20.0, 4.0, fits=fits), np.zeros(2)
        environment.reset(range(20))
        for _ in range(40):
            shares, _ = made(environment.demands, environment.pool, None, None)
            before = environment.begun
            tally = environment.step(shares)
            attempts = tally.attempts - before.attempts
            none = (attempts > 0) & (tally.uses - before.uses == 0)
            count += np.array([none.sum(), (none & (shares.uses == 8_500)).sum()])
        vain.append(count)
    assert vain[1][0] < 0.5 * vain[0][0]
    assert vain[1][1] == 0 < vain[0][1]


def test_reported_quality_is_the_mean_of_the_books_and_late():
    environment = cell(measured(), USER, USER, snr_db=12.0)
    made, told = SCHEDULERS.build("max_weight"), environment.config.signalling
    environment.reset(range(4))
    sums, expected = np.zeros((2, 4, 2)), np.full((4, 2), np.nan)
    waiting = []
    for slot in range(60):
        if slot % told.report_slots == 0:
            with np.errstate(invalid="ignore"):
                waiting.append(np.round(8 * sums[0] / sums[1]) / 8)
            sums = np.zeros((2, 4, 2))
        if slot % told.report_slots == told.delay_slots:
            expected = smoothed(expected, waiting.pop(0))
        demands = environment.demands
        np.testing.assert_allclose(demands.quality, expected)
        shares, _ = made(demands, environment.pool, None, None)
        before = environment.begun
        tally = environment.step(shares)
        left = tally.delivered + tally.lost
        sums += tally.utility - before.utility, left
    assert np.isfinite(expected).all()
    assert np.ptp(expected) > 0.05


def test_a_moving_mean_begins_with_the_first_report():
    mean = np.array([np.nan, np.nan, 0.4, 0.4])
    found = smoothed(mean, np.array([np.nan, 0.5, np.nan, 1.0]))
    np.testing.assert_allclose(found, [np.nan, 0.5, 0.4, SMOOTH * 0.4 + (1 - SMOOTH)])


@pytest.mark.parametrize("rule", ["better", "leaner"])
def test_the_rules_of_the_alternative_follow_the_priors(rule):
    user = USER | OTHER | {"alternative_uses": 8_500, "arrivals": {"rate": 4.0}}
    environment = cell(measured(), user, prior="table", signalling=FREE, snr_db=8.0)
    demands, pool = environment.reset(range(40)), environment.pool
    shares, _ = DriftPlusPenalty(0.1, 4.0, alternative=rule)(demands, pool, None, None)
    own, other = demands.prior, demands.alternative_prior
    expected = np.where(other > own, demands.alternative, demands.transmitter)
    np.testing.assert_array_equal(shares.transmitter, expected)
    assert len(np.unique(expected)) == 2


def test_half_of_an_alternative_is_refused():
    with pytest.raises(ValueError, match="both alternative and alternative_uses"):
        cell(measured(), USER | {"alternative": SEPARATED})
    with pytest.raises(InputError, match="transmitter"):
        cell(measured(), USER | {"alternative": "none", "alternative_uses": 10})
