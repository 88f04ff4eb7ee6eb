"""The study of the closed loop: what training teaches, bounds, equal channel uses."""

from pathlib import Path

import numpy as np
import pytest

from blocks.adapters.features import features
from blocks.adapters.linear_bandit import upper_bounds
from blocks.adapters.trained import read as read_trained
from experiments.closed_loop import results, study, systems
from experiments.closed_loop.matching import (
    Tried,
    around,
    is_done,
    matched,
    next_ask,
)
from experiments.closed_loop.results import Played
from experiments.closed_loop.tabled import tabled
from experiments.closed_loop.training import banks, frames, ladders
from experiments.playing.scenario import scenario
from semlink.errors import InputError
from semlink.loop.abstraction.table import read as read_table
from semlink.loop.abstraction.utility import Abstraction
from semlink.loop.agents import Arm
from semlink.signalling.messages import TaskProfile

CONFIG = scenario("steps", [])
NAMES = tuple(spec.label for spec in CONFIG.transmitter)
SMALL, LARGE = Arm(0, 1000), Arm(3, 12000)
WANTED = {
    "profile": "1",
    "served_profile": "1",
    "task": "reconstruction",
    "priority": "1",
    "deadline_ms": "90",
    "profile_uses": "80000",
    "late": "0",
}


def rows(arm: Arm, utility) -> list[dict]:
    """Frames of an arm, at each state from -2 to 22 dB."""
    states = [*range(-2, 23)]
    own = {"transmitter": NAMES[arm.transmitter], "wanted_uses": str(arm.uses)}
    before = [None, *states[:-1]]
    return [
        {**WANTED, **own, "utility": str(utility(at)), "reported_snr_db": _text(last)}
        for at, last in zip(states, before, strict=True)
    ]


def _text(state) -> str:
    return "" if state is None else str(state)


def seen() -> list:
    """The large arm is better by 0.02 dB a decibel above 0 dB."""
    episodes = [rows(SMALL, lambda _: 0.3), rows(LARGE, lambda db: 0.3 + 0.02 * db)]
    return list(frames(3 * episodes, NAMES))


def test_a_frame_of_training_has_the_state_of_its_own_report():
    first, *_ = seen()
    assert (first.state_db, first.arm) == (-2.0, SMALL)
    stale = [{**row, "served_profile": "0"} for row in rows(SMALL, lambda _: 0.3)]
    assert not list(frames([stale], NAMES))


@pytest.mark.parametrize(("price", "from_db"), [(0.0, 0.0), (0.02, 11.0)])
def test_thresholds_lie_where_the_larger_arm_earns_its_price(price, from_db):
    known = banks(seen(), (SMALL, LARGE))
    low, high = ladders(known, seen(), price)["reconstruction"]
    assert (low["transmitter"], high["transmitter"]) == (0, 3)
    assert high["from_db"] == pytest.approx(from_db, abs=1.5)


def numbers(utility, uses) -> Played:
    utility = np.array(utility, float)
    return Played(utility, np.full(utility.shape, float(uses)), np.zeros(utility.shape))


def test_bounds_in_hindsight_are_those_of_every_frame_and_of_blocks():
    arms = [
        numbers([[0.0, 1.0, 0.0, 0.4]], 1000),
        numbers([[0.5, 0.0, 0.3, 0.0]], 2000),
    ]
    best = results.best_of(arms, 0.0)
    assert best.utility.tolist() == [[0.5, 1.0, 0.3, 0.4]]
    assert best.uses.tolist() == [[2000, 1000, 2000, 1000]]
    assert results.best_of(arms, 0.0, 2).utility.tolist() == [[0.0, 1.0, 0.0, 0.4]]
    assert results.best_of(arms, 1.0).uses.tolist() == [[1000] * 4]
    by_name = dict(zip("ab", arms, strict=True))
    assert results.best_fixed(by_name, 0.0) == "a"


def test_a_step_is_followed_by_the_loss_that_it_causes():
    one = numbers([[0, 0, 0.1, 0.4, 0.3, 0.4, 0.9], [0, 0, 0.2, 0.5, 0.2, 0.5, 0.9]], 0)
    bound = numbers([[0.5] * 7] * 2, 0)
    below = results.after_steps(one, bound, 0.0, 2)
    np.testing.assert_allclose(below, [[0.3, 0.3], [0.1, 0.0]], atol=1e-9)
    text = results.settling({"closed": one}, bound, 0.0, 2)
    assert text.splitlines()[2] == "| 0 | 0.300 ± 0.000 |"


def test_differences_are_within_episodes():
    base = numbers([[0.1, 0.3], [0.5, 0.7], [0.3, 0.3]], 1000)
    other = base._replace(utility=base.utility + 0.1)
    text = results.table({"closed": base, "open": other}, "closed", 0.0)
    assert text.splitlines()[2].startswith("| closed | 1000 | 0.367 |  |")
    assert "| open | 1000 | 0.467 | +0.100 ± 0.000 | 0.467 |" in text


class Scripted:
    """Open loops that are granted whole steps, and send some of it again."""

    def __init__(self, step: int, again: float = 1.0, most: int = 100_000):
        self.step, self.again, self.most, self.plays = step, again, most, 0

    def __call__(self, which):
        self.plays += len(which)
        found = {}
        for system in which:
            asked = int(system.keys[-1].removeprefix("uses="))
            uses = min(asked // self.step * self.step, self.most) * self.again
            found[system.name] = numbers([[uses / 1e4, uses / 1e4]], uses)
        return found


@pytest.mark.parametrize(("again", "plays"), [(1.0, 6), (1.5, 12), (0.7, 15)])
def test_open_loops_share_time_to_come_to_equal_uses(again, plays):
    scripted = Scripted(220, again)
    found = matched(scripted, 5000.0)
    assert [one.uses.mean() for one in found.values()] == pytest.approx([5000] * 3)
    assert [one.utility.mean() for one in found.values()] == pytest.approx([0.5] * 3)
    assert scripted.plays <= plays


def test_the_two_that_share_time_are_close_to_each_other():
    tried = [Tried(n, numbers([[0.0]], 1.5 * n)) for n in (5000, 3300)]
    assert not is_done(tried, 5000.0)
    tried.append(Tried(next_ask(tried, 5000.0), numbers([[0.0]], 4999)))
    tried.append(Tried(next_ask(tried, 5000.0), numbers([[0.0]], 5100)))
    assert is_done(tried, 5000.0)
    assert [one.spent for one in around(tried, 5000.0)] == [4999, 5100]


def test_open_loops_that_do_not_come_to_equal_uses_are_refused():
    with pytest.raises(InputError, match=r"must reach 5000 channel uses, got 4000"):
        matched(Scripted(1, most=4000), 5000.0)


def test_every_system_is_a_scenario():
    trained = systems.Training("start.npz", "ladders.yaml", "tabled.npz")
    every = [
        systems.random(),
        *systems.arms(CONFIG),
        *systems.closed(0.01, trained),
        *systems.late(0.01, trained),
        *systems.matched([4000, 4000, 4000]),
        *systems.outer_loops(4000),
    ]
    assert len({system.name for system in every}) == len(every)
    configs = {s.name: scenario("steps", list(s.keys)) for s in every}
    assert configs["ntscc 6000"].arms() == tuple(Arm(k, 6000) for k in range(4))
    assert configs["no request"].receiver.silent == ("request",)
    assert configs["closed, delay 32, loss 0.5"].uplink.loss == 0.5
    assert configs["open jpeg2000"].arms() == (Arm(0, 4000),)


@pytest.mark.slow
def test_a_study_of_small_frames(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    keys = "source=pan[frames=3,height=128,width=192]", "world.frames=16"
    small = study.Study(keys, 2, 1, 4, 0.01, Path("runs"), 2)
    played = study.compared(small)
    text = study.tables(small, played)
    lines = [line.split("|")[1:-1] for line in text.splitlines() if "|" in line]
    found = {cells[0].strip(): cells for cells in lines}
    closed, *opens = (found[n] for n in ("closed", "open jpeg2000", "open ntscc"))
    assert {cells[1] for cells in opens} == {closed[1]}
    assert float(closed[2]) > float(found["no report"][2])
    net = {name: float(found[name][4]) for name in study_arms() | {study.EACH}}
    assert net[study.EACH] == max(net.values())
    assert study.tables(small, study.compared(small)) == text
    assert study.draw(small, played, tmp_path / "settling.png").is_file()


def study_arms() -> set[str]:
    return {system.name for system in systems.arms(CONFIG)}


def test_a_bandit_of_the_table_knows_what_the_table_says(tmp_path):
    config, names = CONFIG, NAMES
    profile = TaskProfile(task="detection", deadline_ms=90, uses=12_000)
    path = tabled(config, {"detection": profile}, tmp_path / "tabled.npz")
    bank = read_trained(Path(path)).among(names)["detection"]
    table = Abstraction(read_table())
    for state_db in (0.0, 12.0):
        found = upper_bounds(bank.a, bank.b, features(profile, state_db), 0.0, 0.1)
        for arm, value in zip(bank.arms, found, strict=True):
            kind = names[arm.transmitter].partition("[arq")[0]
            utility = table.utility(kind, state_db, arm.uses, np.arange(4))
            f1 = utility.mean[:, table.metrics.index("f1")].mean()
            assert value == pytest.approx(f1, abs=0.1)  # lines between knots
