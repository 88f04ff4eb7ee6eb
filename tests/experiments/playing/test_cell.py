"""Cells: sessions that share a pool, and a session alone as a cell of one."""

import pytest

from experiments.playing.scenario import scenario
from experiments.playing.stage import Stage, Workshop
from experiments.playing.users import users_of
from experiments.sessions.rows import row_of
from semlink.errors import InputError
from semlink.loop.cell import Asked, Cell, Sharing
from semlink.loop.pool import Demand, granted
from tests.experiments.playing.small import SMALL, falling, small

ANEW = "transmitter=jpeg2000_ldpc[mcs=auto]", "uses=2400", "receiver.asks=frames"


WORKSHOP = Workshop()


def shared(*overrides: str) -> Stage:
    """The small scenario; all have the same components, built once."""
    return Stage(scenario(str(SMALL), list(overrides)), WORKSHOP)


def rows(stage: Stage) -> list[dict[str, str]]:
    return [row_of(step, stage) for step in stage.session(1)]


def without_user(row: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in row.items() if name != "user"}


def test_a_cell_of_one_user_is_the_session_bit_for_bit():
    alone = rows(shared())
    for name in ("single_user", "proportional_fair"):
        cell = rows(shared("users=1", f"scheduler={name}"))
        assert [without_user(row) for row in cell] == alone


@pytest.mark.slow
def test_a_frame_that_is_encoded_anew_has_the_same_grant_in_a_cell():
    alone = rows(falling(*ANEW))
    cell = rows(falling(*ANEW, "users=1", "scheduler=round_robin"))
    assert [without_user(row) for row in cell] == alone
    assert any("again" in row["verdicts"] for row in alone)


def cell_of(*overrides: str, users) -> Stage:
    config = scenario(str(SMALL), [*overrides])
    tree = config.model_dump(mode="json") | {"users": users}
    return Stage(type(config).model_validate(tree), WORKSHOP)


def test_users_share_the_pool_and_nothing_else():
    """What there is goes to the urgent; all meet courses and wishes of their own."""
    latency = [{"name": "latency", "condition": "at_most", "value": 100}]
    users = [
        {"says": {"verb": "watch", "targets": latency, "priority": 0}},
        {"says": {"verb": "watch", "targets": latency, "priority": 3}},
        {"says": {"verb": "watch", "targets": latency}, "offset_db": -6},
    ]
    stage = cell_of("pool=1300", "scheduler=strict_priority", users=users)
    steps = list(stage.session(1))
    assert len(steps) == 3 * 5
    by_frame: dict[int, dict] = {}
    for step in steps:
        by_frame.setdefault(step.frame.number, {})[step.user] = step
    granted_uses = []
    for frame in by_frame.values():
        uses = [frame[user].emitted.grant.uses for user in range(3)]
        assert sum(uses) <= 1300
        granted_uses.append(uses)
    later = granted_uses[1:]  # the profiles have arrived
    assert all(uses[1] >= 1190 for uses in later)
    assert granted_uses[0][0] >= 1190  # nobody's priority is known yet
    assert all(uses[0] == uses[2] == 0 for uses in later)
    assert {s.snr_db for s in by_frame[0].values()} == {14.0, 8.0}


@pytest.mark.slow
def test_what_was_reported_reaches_the_scheduler(monkeypatch):
    """Success by the reports that arrived, doubled by each priority."""
    gained, before = {0: [], 1: []}, Sharing.__call__

    def seen(self, asked, users):
        for user, one in asked.items():
            gained[user].append(one.demand.gained)
        return before(self, asked, users)

    monkeypatch.setattr(Sharing, "__call__", seen)
    latency = [{"name": "latency", "condition": "at_most", "value": 100}]
    says = [{"verb": "watch", "targets": latency, "priority": p} for p in (0, 2)]
    turns = "pool=20000", "scheduler=round_robin"
    stage = cell_of(*turns, users=[{"says": one} for one in says])
    steps = list(stage.session(1))
    for user, weight in ((0, 1), (1, 4)):
        success = [step.success for step in steps if step.user == user]
        assert gained[user][0] == 0 < max(gained[user])
        assert max(gained[user]) <= weight * (max(success) + 1 / 14)
        assert sum(gained[user]) <= weight * (sum(success) + len(success) / 14)
    assert max(gained[1]) > 1


def test_a_user_meets_the_same_course_beside_any_others():
    turns = "pool=20000", "scheduler=round_robin"
    two = cell_of(*turns, users=[{}, {"offset_db": -3}])
    three = cell_of(*turns, users=[{}, {"offset_db": -3}, {}])
    first, second = (
        [
            without_user(row_of(step, stage))
            for step in stage.session(2)
            if step.user == 1
        ]
        for stage in (two, three)
    )
    assert first == second


def test_what_a_user_has_of_its_own_replaces_that_of_the_scenario():
    """A source or a wish as a whole; of a world or an uplink, the keys given."""
    config = scenario(str(SMALL), ["world.order=shuffled"])
    tree = config.model_dump(mode="json") | {
        "users": [
            {"source": "photos", "says": {"verb": "find"}, "uses": 700},
            {"uplink": {"loss": 0}},
        ]
    }
    first, second = users_of(type(config).model_validate(tree))
    assert (first.source.label, first.says) == ("photos", {"verb": "find"})
    assert (first.uses, second.uses) == ({"all": (700,)}, config.uses)
    assert first.world == second.world == config.world
    assert second.source == config.source
    assert (second.uplink.loss, second.uplink.delay_slots) == (0, 4)


class Greedy:
    """Gives every user all that it asks for."""

    def __call__(self, demands, pool, memory, draws):
        return granted(demands, demands.wanted), None


class Asking:
    """A session that asks once in each of some slots."""

    def __init__(self, *slots: int):
        self.slots, self.got = slots, []

    def play(self):
        for slot in self.slots:
            share = yield Asked(slot, Demand(uses=60, most=80))
            self.got.append(int(share.uses))
            yield slot


def test_grants_that_hold_are_never_more_than_the_pool():
    from blocks.scheduling import scheduler as built

    sharing = Sharing(built("round_robin"), 100, 10, lambda slot: None)
    sessions = [Asking(0, 10), Asking(0, 12), Asking(5, 10)]
    assert list(Cell(sessions, sharing)) == [0, 0, 5, 10, 10, 12]
    # the second has 40 until slot 10, so that nothing is left in slot 5
    assert [one.got for one in sessions] == [[60, 40], [40, 0], [0, 60]]
    greedy = Sharing(Greedy(), 100, 10, lambda slot: None)
    with pytest.raises(InputError, match="Greedy must return at most the pool's 100"):
        list(Cell([Asking(0), Asking(0)], greedy))


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (["users=0"], "users must be 1 to 1024, got 0"),
        (["users=2"], "single_user must have at most one demand, got 2"),
    ],
)
def test_what_no_cell_can_be_is_refused(keys, message):
    with pytest.raises(InputError, match=message):
        list(small(*keys).session(1))


def test_the_world_of_a_user_has_the_clock_of_the_cell():
    with pytest.raises(ValueError, match="leave period_slots, frames and snr_db"):
        cell_of(users=[{"world": {"frames": 3}}])
