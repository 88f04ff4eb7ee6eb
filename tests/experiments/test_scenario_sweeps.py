"""Grids of real scenarios: words, pairing, tables, figures, and what is kept."""

import csv

import numpy as np
import pytest

from experiments.commands import sweeping
from experiments.commands.manifests import read_manifest
from experiments.figures.scenario_keys import by_key
from experiments.jobs import job_of
from experiments.playing.scenario import scenario
from experiments.playing.stage import Stage, Workshop
from experiments.studies.compare import compare
from experiments.studies.compare_runs import compare_runs
from semlink import config
from semlink.ends.kept import Kept
from semlink.errors import Infeasible, InputError
from semlink.loop.exchange import Encoded
from semlink.signals import NO_BLOCKS, TxSignal, ledger

COMMON = {
    "source": "pan[height=64,width=64]",
    "transmitter": "linear_jscc",
    "uses": 900,
    "pool": 2400,
    "world": {"frames": 2, "period_slots": 12, "shadowing": {"std_db": 0}},
    "task": "reconstruction",
    "says": {
        "verb": "watch",
        "targets": [{"name": "latency", "condition": "at_most", "value": 100}],
    },
}
FIXED, OUTER = "monitor[adapter=fixed]", "monitor[adapter=outer_loop[step_db=0.5]]"


def settings(**changes):
    tree = {"scenario": [FIXED, OUTER], "snr_db": "4 14", "stop": {"draws": 2}}
    return config.validate(tree | {"common": COMMON} | changes)


VARIED = ("world.order=shuffled", "world.shadowing.std_db=4")


def stage_of(word, workshop, *overrides):
    return Stage(scenario(word, list(overrides), COMMON), workshop)


@pytest.fixture(scope="module")
def workshop():
    """Components that the tests of this file share."""
    return Workshop()


@pytest.fixture(scope="module")
def grid_run(tmp_path_factory):
    """The folder of a small run of two scenarios."""
    folder = tmp_path_factory.mktemp("runs") / "grid"
    sweeping.run(job_of(settings()), folder)
    return folder


def test_keys_of_a_scenario_nest():
    word = "monitor[adapter=bandit[alpha=2,cost=0],uplink.loss=0.2,pool=5000]"
    found = scenario(word, ["uplink.delay_slots=3"])
    assert found.adapter.params == {"alpha": 2, "cost": 0}
    assert (found.uplink.loss, found.uplink.delay_slots) == (0.2, 3)
    assert found.pool == 5000
    assert found.world == scenario("monitor", []).world


def test_common_keys_are_below_those_in_brackets():
    common = {"world": {"frames": 7, "shadowing": {"std_db": 1}}, "pool": 5000}
    found = scenario("monitor[pool=6000]", ["world.frames=8"], common)
    assert (found.pool, found.world.frames) == (6000, 8)
    assert found.world.shadowing.std_db == 1
    assert found.world.events == scenario("monitor", []).world.events


@pytest.mark.parametrize(("word", "message"), [
    ("monitr", "unknown scenario 'monitr'; did you mean 'monitor'"),
    ("monitor:3", "a scenario must be name.* got 'monitor:3'"),
    ("monitor[uplink.lost=1]", "unknown configuration key 'uplink.lost'"),
    ("monitor[uplink.loss=2]", "uplink.loss must be .*, got 2"),
    ("monitor[channel.name.x=1]", "channel.name.x: 'channel' has no keys below it"),
    ("monitor[adapter=bandit", "a scenario must be name.* got 'monitor"),
    ("monitor[pool=100]", "pool must be "),
    ("monitor[uses=9000,pool=5000]", "uses must have a number up to the pool"),
    ("monitor[adapter=bandit[alfa=1]]", "alfa.* did you mean 'alpha'"),
    ("monitor[transmitter=word,uses=900]", "did you mean 'words'"),
    ("monitor[transmitter=linear_jscc,uses=900,says={verb: fly}]", "verb"),
])  # fmt: skip
def test_a_bad_scenario_is_refused_in_one_line(word, message, workshop):
    with pytest.raises(InputError, match=message) as error:
        Stage(scenario(word, []), workshop).check()
    assert "\n" not in str(error.value)


def test_scenarios_meet_one_world_and_one_course(workshop):
    first, second = (stage_of(word, workshop, *VARIED) for word in (FIXED, OUTER))
    x = np.ones(3000, np.complex64)
    seen = []
    for stage, episode in ((first, 0), (second, 0), (first, 1)):
        parts = stage.session(1, episode).parts
        frames = [parts.world.frame(n).sample.index for n in range(2)]
        states = [parts.world.snr_db(12 * n) for n in range(2)]
        seen.append((frames, states, parts.air.down(x).x_hat.tolist()))
    assert seen[0] == seen[1]
    assert seen[0][1] != seen[2][1]
    assert seen[0][2] != seen[2][2]


@pytest.mark.slow
def test_what_is_kept_changes_no_number(workshop):
    def numbers(stage):
        return [
            (s.outcome.values, s.uses, s.verdicts, s.success, s.emitted.grant)
            for episode in range(2)
            for s in stage.session(1, episode)
        ]

    kept = Kept()
    sharing = Workshop(kept)
    expected = numbers(stage_of(FIXED, workshop))
    assert numbers(stage_of(FIXED, sharing)) == expected
    # two frames in two episodes, the first of which is sent before any report
    assert kept.made["encoded"] + kept.made["encoded before"] == 4
    assert kept.made["encoded before"] >= 1


ENCODED = Encoded(None, None, TxSignal(np.zeros(9), ledger(), NO_BLOCKS))


def raise_infeasible():
    raise Infeasible("nothing fits")


def test_little_is_kept_within_a_limit():
    kept, made = Kept(most_bytes=1), []
    for key in "aab":
        kept(key, lambda: made.append(len(made)) or ENCODED)
    assert (len(made), len(kept._entries)) == (2, 1)
    with pytest.raises(Infeasible):
        kept("c", raise_infeasible)
    with pytest.raises(Infeasible):
        kept("c", None)  # it is known


def test_a_run_says_what_was_played(grid_run):
    manifest = read_manifest(grid_run)
    assert set(manifest["components"]["scenario"]) == {FIXED, OUTER}
    kinds = {"source", "channel", "transmitter", "adapter", "scheduler", "task"}
    assert kinds < set(manifest["components"])
    assert "over episodes" in manifest["conventions"]["ci95"]
    assert "cbr_mode" not in manifest["conventions"]
    with (grid_run / "points.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["status"] for row in rows} == {"ok"}
    assert {(row["scenario"], row["snr_db"]) for row in rows} == {
        (word, snr_db) for word in (FIXED, OUTER) for snr_db in ("4.0", "14.0")
    }


def test_a_second_command_resumes_and_says_so(grid_run, capsys):
    job = job_of(settings())
    sweeping.run(job, grid_run)
    lines = capsys.readouterr().out.splitlines()
    assert "4 points, 2 episodes; symbols of both directions counted" in lines[0]
    titles = ["scenario", "channel", "Es/N0", "CBR", "utility", "late frames"]
    places = [lines[1].index(title) for title in titles]
    assert places == sorted(places)
    assert [line.count("stored") for line in lines[2:]] == [1, 1, 1, 1]
    assert job.trial.made == {}


def test_scenarios_are_compared_over_equal_episodes(grid_run):
    lines = compare(grid_run, FIXED, "utility").splitlines()
    assert lines[0] == f"| channel | Es/N0 | {FIXED} | {OUTER} |"
    assert [line.split(" | ")[1] for line in lines[2:]] == ["4 dB", "14 dB"]
    assert all("unpaired" not in line and "±" in line for line in lines[2:])
    with pytest.raises(InputError, match="unknown scenario of this run 'monitor'"):
        compare(grid_run, "monitor")
    assert f"| {OUTER} | awgn | 4 dB |  | " in compare_runs(grid_run, grid_run)


def test_the_folder_takes_no_other_seed(grid_run):
    with pytest.raises(InputError, match="was made with seed 1; .* got 2"):
        sweeping.run(job_of(settings(seed=2)), grid_run)


@pytest.mark.slow
def test_curves_are_drawn_over_snr(grid_run):
    from experiments.figures.curves import draw_all

    names = {path.name for path in draw_all(grid_run)}
    assert {"utility_against_snr.png", "psnr_against_snr.png"} <= names
    assert not any("_against_cbr" in name for name in names)


def test_a_number_in_which_scenarios_differ_is_an_axis():
    words = ["m[adapter=a,uplink.loss=0]", "m[adapter=a,uplink.loss=0.5]", "m[pool=3]"]
    rows = [{"scenario": word, "mean": str(i)} for i, word in enumerate(words)]
    assert by_key(rows) == {"uplink.loss": [
        {"scenario": "m[adapter=a]", "mean": "0", "uplink.loss": "0"},
        {"scenario": "m[adapter=a]", "mean": "1", "uplink.loss": "0.5"},
    ]}  # fmt: skip
    assert by_key([{"scenario": ""}]) == {}


def test_images_of_episodes_are_not_sent_again(grid_run):
    with pytest.raises(InputError, match="a run must be of links"):
        sweeping.again(grid_run)


def test_the_default_configuration_is_that_of_what_is_named():
    for overrides, name in (([], "sweep"), (["scenario=monitor"], "scenarios")):
        assert sweeping.default(overrides) == name
        found = config.load(sweeping.config_path(name), overrides)
        assert hasattr(found, "scenario") == (name == "scenarios")
    with pytest.raises(InputError, match="got source beside scenario"):
        config.load(sweeping.config_path("sweep"), ["scenario=monitor"])


@pytest.mark.slow
def test_the_report_has_curves_of_scenarios(grid_run, tmp_path):
    from experiments.report.write import write_report

    assert "without pictures: a run must be of links" in write_report(
        grid_run, None, 4, (tmp_path, 1.0)
    )
    page = (grid_run / "report.html").read_text("utf-8")
    assert "2 scenarios, 2 episodes each" in page
    assert "<legend>Scenarios</legend>" in page


@pytest.mark.slow
def test_workers_give_the_same_numbers(grid_run, tmp_path):
    pytest.importorskip("distributed")
    from experiments.commands.workers import connected, elsewhere

    job, folder = job_of(settings()), tmp_path / "workers"
    with connected(2, "") as client:
        sweeping.run(job, folder, elsewhere(client, job, (str(tmp_path), 0.0)))

    def table(folder):
        with (folder / "points.csv").open() as file:
            return [{**row, "seconds": ""} for row in csv.DictReader(file)]

    assert table(folder) == table(grid_run)
    assert job.trial.made["encoded"] >= 2
