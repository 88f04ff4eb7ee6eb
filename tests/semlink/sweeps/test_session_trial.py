"""The trial of a session: an episode is one sample, its frames are summed."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from semlink.config import ScenarioSweepConfig, validate
from semlink.ends.sending import Emitted
from semlink.errors import InputError
from semlink.loop.agents import Arm, Setting
from semlink.loop.device import Cost
from semlink.loop.scenario import ScenarioConfig
from semlink.loop.session import Outcome, Step
from semlink.loop.world import Frame
from semlink.metrics import Metric
from semlink.reading import checked, read_tree, with_values
from semlink.signalling.messages import Grant, TaskProfile
from semlink.signals import BACKHAUL, UP, Sample, ledger, unknown
from semlink.store.results import read_points, read_samples
from semlink.sweeps.session_trial import SESSION_METRICS, SessionTrial
from semlink.sweeps.sweep import Sweep

VALUES = 500  # of a frame
MONITOR = Path(__file__).parents[3] / "experiments" / "scenarios" / "monitor.yaml"
NAMES = ("words", "codec[rate=2]")
SCENARIOS = "one two[world.frames=6]"


class Judge:
    def __init__(self, *metrics):
        self.metrics = metrics


TASKS = {
    "detection": Judge(Metric("f1", "F1"), Metric("ap", "AP", kind="set")),
    "reconstruction": Judge(Metric("psnr", "PSNR", "dB")),
}


def step_of(number: int, draws: np.random.Generator) -> Step:
    """A frame in which everything is at random."""
    size = draws.integers(100, 200, 4)
    uses = ledger(payload=size[0], grant=size[1])
    uses += ledger(direction=UP, report=size[2])
    uses += ledger(direction=BACKHAUL, model=size[3])
    grant = Grant(frame=0, redundancy=1, transmitter=int(draws.integers(2)))
    setting = Setting(Arm(0, 1))
    emitted = Emitted(np.zeros(1), uses, grant, setting)
    task = ("detection", "reconstruction")[number % 2]
    value = {"f1": (draws.random(), 1.0), "found": [[1]]}
    outcome = Outcome(
        unknown()._replace(lost=bool(draws.random() < 0.5)),
        value if number % 2 == 0 else {"psnr": (30.0 + number, 1.0)},
        utility=draws.random(),
        latency_ms=100 * draws.random(),
        late=bool(draws.random() < 0.5),
        cost=Cost(1.0, draws.random()),
    )
    return Step(
        frame=Frame(number, number, Sample(None, "image", VALUES, 0, "a frame")),
        snr_db=0.0,
        profile=TaskProfile(task=task),
        intended=None,
        emitted=emitted if draws.random() < 0.8 else None,
        verdicts=("ask",) * int(draws.integers(3)) + ("accept",),
        outcome=outcome,
        success=draws.random(),
        acts=False,
        uses=uses,
        backhaul_bytes=int(draws.integers(9)),
        heard=0,
    )


class Stage:
    """Plays the same episodes at every seed, and keeps them."""

    names, tasks = NAMES, TASKS

    def __init__(self, config: ScenarioConfig, played: list):
        self.config, self.played = config, played

    def session(self, seed, episode):
        draws = np.random.default_rng([seed, episode])
        steps = [step_of(i, draws) for i in range(self.config.world.frames)]
        self.played.append((self.config.world.snr_db, seed, episode, steps))
        return steps

    def at(self, snr_db):
        world = self.config.world.model_copy(update={"snr_db": snr_db})
        return Stage(self.config.model_copy(update={"world": world}), self.played)

    def components(self):
        return {"adapter": {self.config.adapter.label: {"name": "none"}}}

    def identity(self):
        return {"frames": self.config.world.frames}

    def fingerprint(self):
        return "frames"


def read(spec):
    """All scenarios are one, with four frames and the keys that are said."""
    tree = with_values(read_tree(MONITOR), {"world.frames": 4} | spec.params)
    return checked(tree, ScenarioConfig)


@pytest.fixture
def played():
    return []


@pytest.fixture
def make_job(played):
    def build(scenario=SCENARIOS, **changes):
        tree = {"scenario": scenario, "snr_db": "3 9", **changes}
        stage = lambda config: Stage(config, played)  # noqa: E731
        return Sweep(SessionTrial(validate(tree), read, stage, Counter()))

    return build


def rows_of(folder, **where):
    rows = [r for r in read_points(folder) if all(r[k] == v for k, v in where.items())]
    return {row["metric"]: row for row in rows}


def test_frames_are_summed_and_episodes_are_the_samples(
    make_job, run, tmp_path, played
):
    run(make_job("one", snr_db="3", stop={"draws": 6}), tmp_path)
    rows, episodes = rows_of(tmp_path), [steps for *_, steps in played]
    means = [np.mean([s.outcome.utility for s in steps]) for steps in episodes]
    row = rows["utility"]
    assert float(row["mean"]) == pytest.approx(np.mean(means))
    low, high = stats.t.interval(0.95, 5, np.mean(means), stats.sem(means))
    assert float(row["ci95"]) == pytest.approx((high - low) / 2)
    assert (row["count"], row["images"], row["draws"]) == ("24", "1", "6")
    stored = read_samples(tmp_path, row["point_id"], "utility")
    np.testing.assert_allclose(list(stored.values()), means)


def test_channel_uses_are_those_of_the_ledgers_of_all_steps(
    make_job, run, tmp_path, played
):
    run(make_job("one", snr_db="3"), tmp_path)
    steps = [step for *_, episode in played for step in episode]
    rows, size = rows_of(tmp_path), len(steps) * VALUES
    row = rows["utility"]
    spent = {name: sum(s.uses.of(**by) for s in steps) for name, by in {
        "cbr_payload": {"purpose": "payload"}, "cbr_up": {"direction": "up"},
        "cbr_backhaul": {"direction": "backhaul"},
    }.items()}  # fmt: skip
    spent["cbr"] = sum(s.uses.total for s in steps)
    for name, uses in spent.items():
        assert float(row[name]) * size == pytest.approx(uses)
    other = dict(part.rsplit("=", 1) for part in row["cbr_other"].split("; "))
    grants = sum(s.uses.of(purpose="grant") for s in steps)
    assert float(other["grant down"]) * size == pytest.approx(grants, rel=1e-5)
    down = float(rows["uses_down"]["mean"]) + float(rows["uses_up"]["mean"])
    assert down == pytest.approx(float(rows["uses"]["mean"]))
    assert float(rows["uses"]["mean"]) * len(steps) == pytest.approx(spent["cbr"])


def test_a_metric_of_a_task_is_over_the_frames_that_want_it(
    make_job, run, tmp_path, played
):
    run(make_job("one", snr_db="3"), tmp_path)
    rows = rows_of(tmp_path)
    assert "ap" not in rows
    assert float(rows["psnr"]["mean"]) == 32.0  # frames 1 and 3 of each episode
    assert (rows["psnr"]["count"], rows["f1"]["count"]) == ("10", "10")
    assert rows["psnr"]["task"] == "reconstruction"


def test_transmitters_are_counted_over_the_frames_that_were_sent(
    make_job, run, tmp_path, played
):
    run(make_job("one", snr_db="3"), tmp_path)
    rows = rows_of(tmp_path)
    sent = [
        [s.emitted.grant.transmitter for s in steps if s.emitted]
        for *_, steps in played
    ]
    assert 0 < sum(map(len, sent)) < 20  # some frames were not sent
    shares = [float(rows[f"share {name}"]["mean"]) for name in NAMES]
    assert shares[1] == pytest.approx(np.mean(np.concatenate(sent)))
    assert sum(shares) == pytest.approx(1)
    changes = [sum(a != b for a, b in pairwise(places)) for places in sent]
    assert float(rows["switches"]["mean"]) == pytest.approx(np.mean(changes))


def test_every_scenario_and_snr_plays_the_same_episodes(
    make_job, run, tmp_path, played
):
    run(make_job(seed=7, stop={"draws": 3}), tmp_path)
    asked = [(seed, episode) for _, seed, episode, _ in played]
    assert asked == 4 * [(7, 0), (7, 1), (7, 2)]
    assert [snr_db for snr_db, *_ in played] == 2 * (3 * [3.0] + 3 * [9.0])
    rows = read_points(tmp_path)
    names = {(row["scenario"], row["transmitter"], row["channel"]) for row in rows}
    assert names == {("one", "", "awgn"), ("two[world.frames=6]", "", "awgn")}
    assert {row["cbr_target"] for row in rows} == {"0.0"}


def test_a_sweep_that_was_stopped_goes_on_where_it_was(
    make_job, run, tmp_path, table, played
):
    run(make_job(), tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(make_job(), tmp_path / "parts", stop_after=12)  # 5 episodes a point
    played.clear()
    watching = run(make_job(), tmp_path / "parts")
    assert (len(watching.resumed), len(watching.points)) == (2, 2)
    assert len(played) == 2 * 5
    assert table(tmp_path / "parts") == table(tmp_path / "whole")


def test_ids_follow_what_is_played(make_job):
    ids = [point.id for point in make_job().points]
    assert len(set(ids)) == 4
    assert ids == [point.id for point in make_job().points]
    again = make_job("one same[world.frames=4]", snr_db="3").points
    assert [(p.setup.spec.label, p.id) for p in again] == [("one", ids[0])]
    for changes in ({"seed": 2}, {"stop": {"draws": 6}}):
        assert not {p.id for p in make_job(**changes).points} & set(ids)


def test_the_rule_stops_by_the_interval_over_episodes(make_job, run, tmp_path):
    rule = {"draws": 2, "ci95": 0.4, "metric": "utility"}
    run(make_job("one", snr_db="3", stop=rule), tmp_path)
    row = rows_of(tmp_path)["utility"]
    assert 8 <= int(row["draws"]) <= 40
    assert float(row["ci95"]) <= 0.4


def test_metrics_of_two_tasks_must_not_share_a_name(make_job, monkeypatch):
    strange = {"detection": Judge(Metric("utility", "another"))}
    monkeypatch.setattr(Stage, "tasks", strange)
    with pytest.raises(InputError, match="'utility' of session and detection"):
        make_job()


def test_the_first_metric_is_the_utility(make_job):
    assert next(iter(make_job().trial.metrics)) == SESSION_METRICS[0].name == "utility"


@pytest.mark.parametrize(("changes", "message"), [
    ({"transmitter": "words"}, "got transmitter beside scenario"),
    ({"cbr": "0.03"}, "got cbr beside scenario"),
    ({"stop": {"images": 3}}, "the world says how many frames an episode has, got 3"),
    ({"stop": {"draws": 0}}, "stop.draws must be at least 1, got 0"),
    ({"snr_db": "high"}, "snr_db: a grid is .* got 'high'"),
    ({"sede": 1}, "unknown configuration key 'sede'; did you mean 'seed'"),
    ({"scenario": ""}, "scenario must have at least 1 item, got "),
    ({"scenario": "monitor[adapter"}, "a component is name"),
])  # fmt: skip
def test_bad_input_is_refused_in_one_line(changes, message):
    with pytest.raises(InputError, match=message) as error:
        validate({"scenario": "one", "snr_db": "3"} | changes)
    assert "\n" not in str(error.value)


def test_a_configuration_is_read_again_from_its_json():
    settings = validate({"scenario": SCENARIOS, "snr_db": "3"})
    assert isinstance(settings, ScenarioSweepConfig)
    assert validate(settings.model_dump(mode="json")) == settings
