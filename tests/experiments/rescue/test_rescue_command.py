"""``semlink scenario rescue``: events, a map and a timeline; sweeps of rescues."""

import csv

import pytest

from blocks.dispatching import DISPATCHERS
from experiments.jobs import job_of
from experiments.rescue.map import draw_map
from experiments.showing.command import show
from experiments.studies.imports import ROOT
from semlink.config import validate
from semlink.errors import InputError
from semlink.loop.rescue.config import (
    Area,
    Centre,
    Relay,
    RescueConfig,
    Responders,
    StreamConfig,
)
from semlink.store.results import ResultStore
from semlink.sweeps.listener import Unwatched
from semlink.sweeps.rescue_trial import METRICS, WAITS

SHORT = ["rescue.slots=60", "rescue.uavs=4", "rescue.incidents=3"]
PAGE = (ROOT / "docs" / "rescue.md").read_text()


def events(folder) -> list[dict[str, str]]:
    """Rows of an episode."""
    with (folder / "steps.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_an_episode_has_its_files_and_goes_on(tmp_path, capsys):
    show("rescue", SHORT, tmp_path, 1, 0)
    names = {path.name for path in tmp_path.iterdir()}
    assert names >= {"steps.csv", "manifest.json", "map.png", "timeline.png"}
    kept, rows = (tmp_path / "steps.csv").read_bytes(), events(tmp_path)
    told = [row["event"] for row in rows]
    assert told.count("distress") == 3
    order = [told.index(event) for event in ("distress", "the centre knows")]
    assert order == sorted(order)
    assert any(event.endswith(" sent") for event in told)
    printed = capsys.readouterr().out
    assert "time to a known distress" in printed
    assert "the centre signalled" in printed
    (tmp_path / "steps.csv").write_bytes(b"".join(kept.splitlines(True)[:3]))
    show("rescue", SHORT, tmp_path, 1, 0)
    assert (tmp_path / "steps.csv").read_bytes() == kept
    with pytest.raises(InputError, match="choose another run"):
        show("rescue", SHORT, tmp_path, 2, 0)


@pytest.mark.slow
def test_without_a_relay_there_is_none_on_the_map(tmp_path, monkeypatch):
    drawn = []

    def kept(environment, course, path):
        drawn.append(environment.air.has_relay)
        return draw_map(environment, course, path)

    monkeypatch.setattr("experiments.rescue.map.draw_map", kept)
    show("rescue", [*SHORT, "rescue.relay.policy=none"], tmp_path, 1, 0)
    assert drawn == [False]
    assert not any(row["event"] == "route" for row in events(tmp_path))


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("dispatcher=hungarain", "hungarain"),
        ("scheduler=single_user", "single_user|one user|got"),
        ("rescue.incidents=9", "at most one in each of the 6 sectors, got 9"),
        ("rescue.live.transmitter=ntsc", "ntsc"),
        ("rescue.relay.policy=best", "best"),
        ("rescue.patrol.relaying=decode", "amplify for ntscc, .* got decode"),
        ("source=pan", "engine=link to send pictures of a source, got pan"),
    ],
)
def test_a_wrong_value_is_one_line(key, message, tmp_path):
    with pytest.raises(InputError, match=message) as refused:
        show("rescue", [key], tmp_path, 1, 0)
    assert "\n" not in str(refused.value)


def test_a_sweep_has_every_metric_and_a_relay_helps(tmp_path):
    names = ["rescue", "rescue[rescue.relay.policy=none]"]
    tree = {"scenario": names, "snr_db": "0", "stop": {"draws": 2}}
    tree["common"] = {"rescue": {"slots": 80}}
    sweep = job_of(validate(tree))
    with ResultStore(tmp_path, metrics=sweep.metrics) as store:
        sweep.run(store, Unwatched())
        rows = [row for point in store.finished().values() for row in point]
    found = {(row["scenario"], row["metric"]): row["mean"] for row in rows}
    assert {metric for _, metric in found} == {metric.name for metric in METRICS}
    with_relay, without = (float(found[name, "live"]) for name in names)
    assert 0 <= without < with_relay <= 1
    for name in ("distress", "patrol", "assignment", "rescued"):
        assert 0 <= float(found["rescue", name]) <= 1
    for stream, metrics in WAITS.items():
        spans = [float(found["rescue", metric.name]) for metric in metrics]
        assert spans == sorted(spans), stream


def test_sessions_and_rescues_are_not_swept_together():
    tree = {"scenario": ["rescue", "crowd"], "snr_db": "0"}
    with pytest.raises(InputError, match="or rescues, got rescue, crowd"):
        job_of(validate(tree))


@pytest.mark.parametrize(
    "model", [RescueConfig, Area, StreamConfig, Responders, Relay, Centre]
)
def test_every_key_of_a_rescue_is_named(model):
    for name in model.model_fields:
        assert f"`{name}`" in PAGE, name


def test_every_metric_and_dispatcher_is_named():
    for name in [metric.name for metric in METRICS] + DISPATCHERS.names():
        assert f"`{name}`" in PAGE, name
