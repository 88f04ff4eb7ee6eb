"""The page on scenarios names every key and column, and its example is valid."""

import re
import textwrap

import pytest

from experiments.playing.scenario import scenario
from experiments.sessions.rows import COLUMNS
from experiments.studies.imports import ROOT
from semlink.loop.device import Backhaul, DeviceProfile, Machine
from semlink.loop.scenario import ReceiverConfig, ScenarioConfig, UplinkConfig
from semlink.loop.world import Event, Shadowing, WorldConfig

TEXT = (ROOT / "docs" / "scenarios.md").read_text()
MODELS = [ScenarioConfig, WorldConfig, Event, ReceiverConfig, UplinkConfig]
MODELS += [Shadowing, DeviceProfile, Machine, Backhaul]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_key_is_named(model):
    for name in model.model_fields:
        assert re.search(rf"`([a-z]+\.)?{name}`", TEXT), name


def test_the_example_is_a_scenario(tmp_path):
    lines = TEXT[TEXT.index("    # mine.yaml") :]
    example = lines[: lines.index("\n\n")]
    (tmp_path / "mine.yaml").write_text(textwrap.dedent(example))
    assert scenario(str(tmp_path / "mine.yaml"), []).arms()


def test_ranges_of_columns_are_those_of_the_table():
    parts = re.findall(r"`(\w+)` to\s+`(\w+)`", TEXT)
    found = [(COLUMNS.index(a), COLUMNS.index(b)) for a, b in parts]
    assert len(found) == 5
    assert found[0][0] == 0
    assert all(b + 1 == c for (_, b), (c, _) in zip(found, found[1:], strict=False))
    assert COLUMNS[found[-1][1] + 1 :] == ("backhaul_bytes",)
