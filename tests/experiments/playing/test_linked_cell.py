"""Cells over the real link: what a delivery is, and sweeps of them."""

import csv

import pytest
import yaml

from experiments.commands import sweeping
from experiments.commands.manifests import read_manifest
from experiments.compose import catalogue
from experiments.jobs import job_of
from experiments.playing.linked import _pair, composed, linked
from experiments.playing.scenario import scenario
from experiments.playing.traffic import measured
from semlink.config import validate
from semlink.ends.kept import Kept
from semlink.errors import InputError
from semlink.loop.traffic.linked import Linked
from semlink.loop.traffic.service import Sending
from semlink.sweeps.link_trial import LinkTrial
from semlink.sweeps.sweep import Sweep

USES, PLACE = 6_000, 1  # channel uses of a frame, and a class that photos have
SENT = (  # detections in a poor analog picture differ by the noise, its structure less
    ("words", "f1", "detection"),
    ("jpeg2000_ldpc[mcs=auto]", "f1", "detection"),
    ("linear_jscc", "ms_ssim", "reconstruction"),
    ("ntscc", "ms_ssim", "reconstruction"),
)


def cell(folder, *transmitters: str, **keys) -> str:
    """A scenario over the link whose users send pictures of every class of photos."""
    users = [
        {"transmitter": name, "uses": 1_500, "contents": [0.3, 0.7]}
        | {"arrivals": {"rate": 0.5}}
        for name in transmitters
    ]
    tree = {"engine": "link", "traffic": {"users": users, "pool": 2_000, "slots": 6}}
    path = folder / "linked.yaml"
    path.write_text(yaml.safe_dump(tree | keys))
    return str(path)


def service(folder, *transmitters: str, utility: str = "f1") -> Linked:
    word = cell(folder, *transmitters)
    config = scenario(word, [f"traffic.utility={utility}"])
    return linked(config, measured(), Kept())


def sent(made: Linked, name: str, met_db: float, planned_db: float, picture=0.6):
    return Sending(made.number(name), met_db, planned_db, USES, PLACE, picture)


def job(*words: str, draws: int = 2):
    tree = {"scenario": list(words), "snr_db": "12", "stop": {"draws": draws}}
    return job_of(validate(tree))


def points(folder):
    with (folder / "points.csv").open() as file:
        return [{**row, "seconds": ""} for row in csv.DictReader(file)]


@pytest.mark.slow
def test_a_sweep_over_the_link_is_resumed_and_says_what_was_sent(tmp_path):
    word = f"{cell(tmp_path, 'words')}[scheduler=random]"
    first = job(word)
    sweeping.run(first, tmp_path / "run")
    assert first.trial.made["encoded"] > 0
    rows = {row["metric"]: row for row in points(tmp_path / "run")}
    assert {row["status"] for row in rows.values()} == {"ok"}
    assert {row["channel"] for row in rows.values()} == {"real link"}
    assert {row["source"] for row in rows.values()} == {"photos"}
    assert 0 < float(rows["in_time"]["mean"]) <= 1
    manifest = read_manifest(tmp_path / "run")
    kinds = {"scenario", "source", "transmitter", "channel", "task", "importance"}
    assert set(manifest["components"]) == kinds
    assert set(manifest["components"]["transmitter"]) == {"words"}
    assert len(manifest["source_sha256"].split()) == 2  # of the table, and of pictures
    again = job(word)
    sweeping.run(again, tmp_path / "run")
    assert not again.trial.made  # nothing was sent again
    alone = again.trial(again.points[0], 0, 1)  # an episode beside no other
    assert alone == first.trial(first.points[0], 0, 1)
    assert alone != first.trial(first.points[0], 0, 0)


def test_a_point_is_that_of_its_engine_source_and_transmitters(tmp_path):
    word = cell(tmp_path, "words")
    found = job(word, f"{word}[engine=table]", f"{word}[source=photos[limit=4]]")
    assert len({point.id for point in found.points}) == 3
    channels = [point.setup.columns["channel"] for point in found.points]
    assert channels == ["real link", "measured table", "real link"]
    of = composed(scenario(cell(tmp_path, "words", "ntscc", "words"), []))
    assert of.transmitters == ("words", "ntscc")


def test_the_table_has_its_points_as_before_the_link(tmp_path):
    """Runs that were made by the table alone are resumed."""
    made = job("crowd")
    parts = made.trial.parts(made.points[0].setup)
    assert set(parts) == {"traffic", "scheduler", "table"}
    assert made.trial.fingerprint() == measured().table.digest


@pytest.mark.parametrize("name", ["site_memory", "jpeg2000_capacity"])
def test_pairs_that_do_more_than_to_send_once_are_refused(name):
    with pytest.raises(InputError, match=f"send each picture once.* got {name}"):
        _pair(name)


@pytest.mark.slow
def test_signals_stay_within_grants_and_poor_states_lose_them(tmp_path):
    made = service(tmp_path, "words")
    good = made.delivered(sent(made, "words", 10.0, 10.0), 0.3)
    assert good == made.delivered(sent(made, "words", 10.0, 10.0), 0.3)
    assert good.arrives
    assert 0 < good.spent < USES
    poor = made.delivered(sent(made, "words", -10.0, 10.0), 0.3)
    assert (poor.arrives, poor.utility, poor.spent) == (False, poor.floor, good.spent)
    few = made.delivered(sent(made, "words", 10.0, 10.0)._replace(uses=40), 0.3)
    assert (few.arrives, few.spent) == (False, 0.0)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "metric", "task"), SENT)
def test_a_delivery_is_that_of_a_sweep_of_links(tmp_path, name, metric, task):
    """The table was measured by such sweeps; 40 dB leave little noise to differ by."""
    made = service(tmp_path, name, utility=metric)
    of = sent(made, name, 40.0, 40.0)
    number = made.pictures.number(of.content, of.picture)
    settings = {
        "source": "photos",
        "transmitter": [name],
        "channel": ["awgn"],
        "task": [task],
        "snr_db": "40",
        "cbr": str(USES / made.pictures.source[number].values),
        "cbr_mode": "per_image",
    }
    trial = LinkTrial(validate(settings), catalogue())
    (point,) = Sweep(trial).points
    values, got = trial(point, number, 0).values, made.delivered(of, 0.5)
    assert got.arrives == (values["outage"][0] == 0)
    assert got.spent / made.pictures.source[number].values == values["cbr"][0]
    total, count = values[metric]
    assert got.utility == pytest.approx(total / count, abs=0.002)


@pytest.mark.slow
def test_workers_play_the_same_cells_over_the_link(tmp_path):
    pytest.importorskip("distributed")
    from experiments.commands.workers import connected, elsewhere

    word = cell(tmp_path, "words", "linear_jscc")
    words = [f"{word}[scheduler={name}]" for name in ("random", "strict_priority")]
    sweeping.run(job(*words), tmp_path / "one")
    with connected(2, "") as client:
        made = job(*words)
        simulate = elsewhere(client, made, (str(tmp_path), 0.0))
        sweeping.run(made, tmp_path / "two", simulate)
    assert points(tmp_path / "one") == points(tmp_path / "two")
    assert made.trial.made["encoded"] > 0
