"""What a sender knows of a frame before it has channel uses for it."""

import numpy as np
import pytest

from blocks.importances import importance, weights_of
from experiments.playing.scenario import scenario
from experiments.playing.stage import Stage, Workshop
from experiments.sessions.rows import row_of
from semlink.ends.encoding import Encoder
from semlink.ends.kept import Kept
from semlink.ends.wire import GRANT_BITS, packed
from semlink.errors import InputError
from semlink.loop.pool import REDUNDANCY_DB, Shares, granted, smoothed, stacked
from semlink.modalities.query import Query
from semlink.signalling import layout
from semlink.signalling.messages import Grant, Report
from semlink.signals import DOWN
from tests.experiments.playing.small import SMALL, all_of

WORKSHOP = Workshop()
PRICED = "scheduler=drift_plus_penalty[v=4]"  # power is dear: less than the nominal


def small(*overrides: str) -> Stage:
    return Stage(scenario(str(SMALL), list(overrides)), WORKSHOP)


def cell_of(*overrides: str, users, **keys) -> Stage:
    config = scenario(str(SMALL), [*overrides])
    tree = config.model_dump(mode="json") | {"users": users} | keys
    return Stage(type(config).model_validate(tree), WORKSHOP)


@pytest.mark.parametrize(
    "word",
    [pytest.param("linear_jscc", marks=pytest.mark.slow), "jpeg2000_ldpc[mcs=auto]"],
)
@pytest.mark.parametrize("snr_db", [0.0, 14.0])
def test_the_least_grant_holds_a_signal_and_none_below_does(word, snr_db):
    stage = small(f"transmitter={word}")
    encoder = Encoder(stage.links, stage._bursts, Kept())
    given = encoder.given(stage.source[0], 0, Query())
    least = encoder.least(given, 0, snr_db, None)
    announced, below = (
        layout.on_air(Grant(frame=0, uses=uses)).uses for uses in (least, least - 1)
    )
    assert encoder.encoded(given, 0, announced, snr_db, None) is not None
    assert encoder.encoded(given, 0, below, snr_db, None) is None
    front = len(stage._bursts.send(np.zeros(GRANT_BITS, np.uint8)))
    assert encoder.encoded(given, 0, front, snr_db, None) is None


def test_what_is_left_of_a_pool_goes_to_nobody_if_it_holds_no_signal():
    users = [{}, {"count": 2, "offset_db": -3}]
    stage = cell_of("pool=1500", "scheduler=strict_priority", users=users)
    steps = [step for step in stage.session(1) if step.emitted]
    served = [step.emitted.grant.uses for step in steps]
    assert all(uses == 0 or uses >= 1100 for uses in served)  # 300 are left
    assert sum(uses > 0 for uses in served) == 5


def test_a_frame_is_planned_for_the_power_of_its_grant():
    """With less power, digital frames arrive, by a scheme for a weaker link."""
    auto = "transmitter=jpeg2000_ldpc[mcs=auto]", "uplink.loss=0", "world.snr_db=18"
    steps = list(small(*auto, PRICED).session(1))[1:]
    powers = [step.emitted.grant.power_db for step in steps]
    assert max(powers) <= -3
    assert not any(step.outcome.estimate.lost for step in steps)


def test_reports_are_of_the_state_at_nominal_power():
    nominal, less = (
        [row_of(step, stage) for step in stage.session(1)]
        for stage in (small("uplink.loss=0"), small("uplink.loss=0", PRICED))
    )
    assert any(float(row["power_db"]) < -1 for row in less)
    for one, other in zip(nominal[1:], less[1:], strict=True):
        gap = float(one["reported_snr_db"]) - float(other["reported_snr_db"])
        assert abs(gap) <= 1  # states are rounded down


def test_whoever_gets_nothing_reports_its_true_state():
    users = [{"says": {"verb": "watch", "priority": 3}}, {"offset_db": -6}]
    keys = "pool=1300", "scheduler=drift_plus_penalty", "uplink.loss=0"
    steps = list(cell_of(*keys, users=users).session(1))
    starved = [s for s in steps if s.user == 1 and not s.emitted.grant.uses][1:]
    assert starved
    assert all(abs(s.emitted.state_db - (14 - 6)) <= 1 for s in starved)
    assert all(s.emitted.grant.power_db == 0 for s in starved)


def weights(stage: Stage) -> list[float]:
    """Importance of the demands of the first frames of an episode."""
    sender, world = stage.sender(stage.seeds(1)), stage._world(stage.seeds(1))
    return [sender.ask(world.frame(n), 12 * n).importance for n in range(3)]


def test_a_demand_has_the_mean_weight_of_the_frame():
    assert weights(small()) == [1.0] * 3
    found = weights(small("importance=saliency"))
    weighs, source = importance("saliency"), small().source
    assert found == [weights_of(weighs(source[n])).mean() for n in range(3)]
    assert all(1 < weight < 64 for weight in found)


def test_importance_is_counted_and_reads_no_ground_truth():
    plain, weighed = (
        list(small(*keys).session(1)) for keys in ((), ("importance=saliency",))
    )
    for one, other in zip(plain, weighed, strict=True):
        flop = 991.0 * one.frame.sample.values  # work/importance.yaml
        spent = other.outcome.cost.ms - one.outcome.cost.ms
        assert spent == pytest.approx(1e3 * flop / 2e12)
        assert other.outcome.latency_ms >= one.outcome.latency_ms
        assert other.uses.of(direction=DOWN) == pytest.approx(
            one.uses.of(direction=DOWN), rel=0.05
        )
    with pytest.raises(InputError, match="must not read annotations, got annotations"):
        small("importance=annotations").session(1)
    with pytest.raises(InputError, match="importance with measured operations"):
        small("importance=none").session(1)


def test_the_prior_is_what_the_table_expects_at_the_reported_state():
    stage = small("prior=table", "task=reconstruction")
    expects = stage.sender(stage.seeds(1))._deciding.perceiving.expects
    sample, arm = stage.source[0], stage.config.arms()[0]
    found = [expects(sample, 1.0, arm, "reconstruction", db) for db in (-4, 6, 20)]
    assert np.all(np.diff(found) >= 0)
    assert 0 <= found[0] < found[-1] <= 1
    sender = stage.sender(stage.seeds(1))
    demand = sender.ask(stage._world(stage.seeds(1)).frame(0), 0)
    assert demand.prior == expects(sample, 1.0, arm, "reconstruction", 14.0)


class Noting:
    """An encoder that notes the states that signals are planned for, by place."""

    def __init__(self, encoder):
        self._encoder, self.planned = encoder, []
        self.given, self.least = encoder.given, encoder.least

    def encoded(self, given, place, uses, snr_db, memory):
        self.planned.append((place, snr_db))
        return self._encoder.encoded(given, place, uses, snr_db, memory)


def asking(*overrides: str, **keys):
    """A sender that has asked for its first frame, its demand and what it encodes."""
    stage = cell_of("scheduler=round_robin", *overrides, users=2, **keys)
    sender, world = stage.sender(stage.seeds(1)), stage._world(stage.seeds(1))
    sender._encoder = Noting(sender._encoder)
    return sender, sender.ask(world.frame(0), 0), sender._encoder.planned


@pytest.mark.parametrize("redundancy", [0, 2])
def test_redundancy_plans_a_frame_of_a_session_for_a_weaker_state(redundancy):
    """A step is 2 dB less, as in cells by the table; the grant announces it."""
    sender, demand, planned = asking("transmitter=jpeg2000_ldpc[mcs=auto]")
    share = all_of(demand)._replace(
        power_db=np.asarray(-2.0), redundancy=np.asarray(redundancy)
    )
    emitted = sender.send(share)
    assert emitted.grant.redundancy == redundancy
    assert planned == [(0, 14.0 - 2.0 - REDUNDANCY_DB * redundancy)]


def test_the_alternative_of_a_session_is_another_arm_and_is_what_is_sent():
    pair = ["jpeg2000_ldpc[mcs=auto]", "words"]
    uses = {"words": [900], "all": [2400]}
    sender, demand, planned = asking("prior=table", transmitter=pair, uses=uses)
    arms = sender._deciding.arms
    asked = sender._asking.setting.arm
    others = [arm for arm in arms if arm.transmitter != asked.transmitter]
    assert demand.alternative == 1 - asked.transmitter
    assert demand.alternative_uses == min(arm.uses for arm in others)
    assert 0 < demand.alternative_least < demand.alternative_uses
    assert demand.alternative_prior != demand.prior
    needs = sender._deciding.perceiving.needs
    assert demand.needs_db == needs(asked) - 14.0
    assert demand.alternative_needs_db == needs(min(others, key=lambda a: a.uses)) - 14
    demands = stacked([demand]).exchanged(np.array([True]))
    share = Shares(*(part[0] for part in granted(demands, demands.wanted)))
    emitted = sender.send(share)
    assert planned == [(demand.alternative, 14.0)]
    assert emitted.grant.transmitter == demand.alternative
    assert len(emitted.x) <= demand.alternative_uses
    noted, _ = sender.memory.chosen[0]
    assert noted in others  # its report is about what was sent


def test_reported_successes_are_smoothed():
    sender, demand, _ = asking("transmitter=words")
    assert np.isnan(demand.quality)
    expected = np.nan
    for frame, success in enumerate((1.0, 0.0, 5 / 7)):
        sender.hear(packed(Report(frame=frame, success=success, state_db=3)), 9)
        reported = layout.on_air(Report(frame=0, success=success)).success
        expected = smoothed(expected, reported)
        assert sender.memory.quality == pytest.approx(expected)
    assert 0.6 < expected < 1
