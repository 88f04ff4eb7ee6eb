"""A rescue: books that balance, no genie, and acts that change the world."""

import numpy as np
import pytest

from blocks.dispatching import dispatcher
from blocks.schedulers.strict_priority import build as strict_priority
from semlink.errors import InputError
from semlink.loop.rescue.air import Hops
from semlink.loop.rescue.config import RescueConfig, RescueScenario
from semlink.loop.rescue.environment import LIVE, RescueEnvironment
from semlink.loop.rescue.incidents import NEVER
from semlink.loop.rescue.relaying import amplified, efficiency
from semlink.loop.traffic.environment import played
from semlink.loop.traffic.service import Received
from semlink.reading import checked
from semlink.units import db_to_linear, linear_to_db

STREAM = {"transmitter": "any", "uses": 1_000, "deadline_slots": 10}


class Threshold:
    """Signals arrive above 0 dB, with a fixed utility."""

    def __init__(self, utility: float = 0.5):
        self._utility = utility

    def __call__(self, sending, chance):
        sent, one = sending.uses > 0, np.ones(sending.uses.shape)
        arrives = sent & (sending.met_db > 0)
        spent = np.where(sent, sending.uses, 0)
        return Received(arrives, self._utility * one, 0 * one, 1.0 * spent)

    def least(self, transmitter, planned_db):
        return np.full(np.shape(planned_db), 100)

    def number(self, transmitter):
        return 0


def rescue(utility: float = 0.5, rule: str = "hungarian", **keys) -> RescueEnvironment:
    streams = {
        "distress": STREAM | {"every_slots": 8, "relaying": "decode"},
        "live": STREAM | {"every_slots": 5},
        "patrol": STREAM | {"every_slots": 5},
    }
    tree = {"slots": 200, "pool": 6_000} | streams | keys
    config = RescueConfig.model_validate(tree)
    return RescueEnvironment(config, Threshold(utility), dispatcher(rule))


def test_every_message_is_accounted_for():
    environment = rescue()
    total = played(environment, strict_priority(), range(2))
    whole = total + environment.begun
    ended = whole.delivered + whole.expired + whole.refused + whole.lost
    backlog = environment.demands.backlog
    np.testing.assert_array_equal(whole.arrived, ended + backlog)
    assert total.delivered.sum() > 0


@pytest.mark.parametrize("rule", ["hungarian", "random"])
def test_an_episode_is_the_same_alone_and_beside_others(rule):
    both, alone = rescue(rule=rule), rescue(rule=rule)
    together = played(both, strict_priority(), [3, 8])
    single = played(alone, strict_priority(), [8])
    for many, one in zip(together, single, strict=True):
        np.testing.assert_array_equal(many[1], one[0])
    np.testing.assert_array_equal(both.teams.reached[1], alone.teams.reached[0])


def test_levels_are_known_from_what_arrives_alone():
    """With other true levels, all is equal until a picture shows one."""
    real, other = rescue(), rescue()
    demands = [env.reset([5]) for env in (real, other)]
    wrong = other.incidents.level % 3 + 1
    other.incidents = other.incidents._replace(level=wrong)
    draws, slots = np.random.default_rng(0), 0
    while not real.centre.recognised.any():
        for a, b in zip(*demands, strict=True):
            np.testing.assert_array_equal(a, b)
        for env, asks in zip((real, other), demands, strict=True):
            env.step(strict_priority()(asks, env.pool, None, draws)[0])
        demands, slots = [env.demands for env in (real, other)], slots + 1
    assert slots > 5
    seen = real.centre.recognised
    np.testing.assert_array_equal(other.centre.believed[seen], wrong[seen])


def test_the_relay_knows_of_distress_by_signals_alone():
    """Without any delivery, it flies as if nobody were in distress."""
    real, calm = rescue(pool=0), rescue(pool=0)
    for environment in (real, calm):
        environment.reset([5, 6])
    never = np.full_like(calm.incidents.starts, NEVER)
    calm.incidents = calm.incidents._replace(starts=never)
    for _ in range(100):
        for environment in (real, calm):
            asks = environment.demands, environment.pool
            shares, _ = strict_priority()(*asks, None, np.random.default_rng(0))
            environment.step(shares)
        np.testing.assert_array_equal(real.air.relay, calm.air.relay)
    assert real.active.any()


def test_nobody_is_known_before_a_signal_and_helped_before_an_order():
    environment = rescue()
    played(environment, strict_priority(), range(3))
    starts = environment.incidents.starts
    known = environment.known < NEVER
    assert known.any()
    assert np.all(environment.known[known] > starts[known])
    assert np.all(environment.seen >= environment.known)
    for fleet in (environment.airdrops, environment.teams):
        for order in fleet.orders:
            where = order.episode, order.incident
            assert environment.known[where] <= order.slot + 1 <= order.arrives


def test_a_responder_has_one_task_at_a_time():
    environment = rescue(incidents=6, uavs=6)
    played(environment, strict_priority(), range(2))
    orders = environment.airdrops.orders
    assert len(orders) >= 4
    for one in orders:
        for two in orders:
            same = one[:2] == two[:2] and one is not two
            assert not (same and one.slot <= two.slot < one.arrives)


def test_without_pictures_the_centre_asks_and_without_asking_it_does_not():
    asks, silent = rescue(utility=0.0), rescue(utility=0.0, centre={"asks": False})
    for environment in (asks, silent):
        played(environment, strict_priority(), range(2))
        assert not environment.centre.recognised.any()
    assert silent.messages[:, 1].sum() == 0
    # pictures arrive every five slots, so that it asks only where links are bad
    assert asks.messages[:, 1].sum() > 0


def test_after_a_rescue_the_centre_asks_no_more():
    quick = {"teams": 6, "airdrops": 0, "care_slots": 0}
    keys = {"slots": 600, "incidents": 6, "levels": (1, 0, 0), "responders": quick}
    environment = rescue(utility=0.0, area={"side_m": 300, "peak_m": 0}, **keys)
    played(environment, strict_priority(), [1])
    assert np.all(environment.teams.reached < 500)
    assert not environment._wants.any()
    assert not environment.active.any()
    assert np.all(environment._waiting == 0)


def test_profiles_raise_priority_and_retransmissions():
    environment = rescue()
    played(environment, strict_priority(), range(2))
    demands = environment.demands
    live = demands.priority.reshape(2, -1, 3)[..., LIVE]
    level = environment.level
    np.testing.assert_array_equal(live, np.where(level > 0, np.minimum(level, 2), 1))
    assert (level == 3).any()


def test_a_relay_raises_states_and_takes_twice_the_channel_uses():
    # a mast that is alone in a deep valley
    keys = {"area": {"peak_m": 400}, "snr_db": -5, "fading": {"doppler": 0}}
    with_relay, without = rescue(**keys), rescue(**keys, relay={"policy": "none"})
    sums = [played(env, strict_priority(), range(2)) for env in (with_relay, without)]
    delivered = [total.delivered.sum() for total in sums]
    assert delivered[0] > 2 * delivered[1]
    assert with_relay.relayed.mean() > 0.5
    assert not without.relayed.any()
    relayed = np.repeat(with_relay.relayed[..., None], 3, axis=-1).reshape(2, -1)
    asked = with_relay.demands.uses
    assert np.all(asked[relayed] == 2 * STREAM["uses"])
    assert np.all(asked[~relayed] == STREAM["uses"])


def test_the_place_of_the_relay_is_the_best_of_all_candidates():
    environment = rescue()
    environment.reset([1, 2])
    air, uavs = environment.air, environment.uavs.place
    weight = np.ones(uavs.shape[:2])
    best = air.best_place(uavs, weight)
    weighted = air.best_place(uavs, weight * [64, 1, 1, 1, 1, 1])
    assert best.shape == (2, 2)
    assert not np.array_equal(best, weighted)
    for episode in range(2):
        sums = []
        for place in air._places:
            relay = np.broadcast_to(place, (2, 1, 2))
            first = air._between_db(uavs, relay)
            hops = Hops(first, first, air._to_station_db(relay))
            direct = db_to_linear(air._to_station_db(uavs))
            relayed = db_to_linear(hops.relayed(decodes=False))
            sums.append(efficiency(direct, relayed)[episode].sum())
        np.testing.assert_array_equal(best[episode], air._places[np.argmax(sums)])


def test_power_scales_both_hops_of_an_amplified_signal():
    environment = rescue(fading={"doppler": 0}, snr_db=-5, area={"peak_m": 400})
    demands = environment.reset([1])
    for _ in range(60):
        shares, _ = strict_priority()(demands, environment.pool, None, None)
        environment.step(shares)
        demands = environment.demands
    assert environment.relayed.any()
    power = np.full(demands.uses.shape, -6.0)
    sending = environment._sending(demands.uses, shares._replace(power_db=power))
    met = sending.met_db.reshape(1, -1, 3)[..., LIVE][environment.relayed]
    hops = (db_to_linear(hop[environment.relayed] - 6) for hop in environment.hops[1:])
    np.testing.assert_allclose(met, linear_to_db(amplified(*hops)))


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"incidents": 9}, "at most one in each of the 6 sectors, got 9"),
        ({"pool": -1}, "pool"),
        ({"levels": (0.5, 0.5, 0.5)}, "levels must sum to 1, got 1.5"),
        ({"uavs": 0}, "uavs"),
        ({"fading": None}, "fading"),
    ],
)
def test_impossible_rescues_are_refused_in_one_line(keys, message):
    streams = dict.fromkeys(("distress", "live", "patrol"), STREAM | {"every_slots": 5})
    with pytest.raises(InputError, match=message) as refused:
        checked({"rescue": streams | keys}, RescueScenario)
    assert "\n" not in str(refused.value)


def test_users_are_uavs():
    streams = dict.fromkeys(("distress", "live", "patrol"), STREAM | {"every_slots": 5})
    config = checked({"users": 8, "rescue": streams}, RescueScenario)
    assert config.rescue.uavs == 8
    assert config.traffic.num_users == 24
    with pytest.raises(InputError, match="in each of the 2 sectors, got 4"):
        checked({"users": 2, "rescue": streams}, RescueScenario)


def test_all_channel_uses_are_announced_reported_or_sent():
    """Over the relay, grants and reports take both hops."""
    environment = rescue(fading={"doppler": 0}, snr_db=-5, area={"peak_m": 400})
    total = played(environment, strict_priority(), [4])
    costs, slots = environment.config.signalling, environment.config.slots
    reports = -(-slots // costs.report_slots) * costs.report * 6 * 2
    assert reports < environment.reported[0] <= 2 * reports
    grants = total.signalling.sum() - environment.control[0] - environment.reported[0]
    attempts = total.attempts.sum() * costs.grant
    assert attempts < grants <= 2 * attempts
    alone = rescue(relay={"policy": "none"})
    total = played(alone, strict_priority(), [4])
    assert alone.reported[0] == reports / 2  # of one state
    grants = total.signalling.sum() - alone.control[0] - alone.reported[0]
    assert grants == total.attempts.sum() * costs.grant
