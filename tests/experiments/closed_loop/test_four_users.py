"""The studies of four users: their systems, and differences within episodes."""

import numpy as np
import pytest

from experiments.closed_loop.four_users import (
    COMMON,
    KNOWN,
    SCENARIO,
    agents,
    coupling,
    keys_of,
    metrics,
    table,
)
from experiments.playing.scenario import scenario
from semlink.loop.scenario import ScenarioConfig


def row(user: int, utility: float, task: str = "detection", **more: str) -> dict:
    own = {"user": str(user), "utility": str(utility), "task": task, "uses": "2000"}
    return own | {"priority": "0", "sample": "astronaut 0"} | more


@pytest.fixture(scope="module")
def columns():
    return metrics(())


def value(columns, name: str, rows) -> float:
    return columns[name][1](rows)


def test_an_urgent_frame_weighs_as_many_as_its_priority_says(columns):
    """Two frames of one picture: weights of 1 and 8, whatever the picture weighs."""
    rows = [row(0, 1.0), row(0, 0.1, "reconstruction", priority="3")]
    assert value(columns, "and priority", rows) == pytest.approx((1.0 + 8 * 0.1) / 9)
    assert value(columns, "by importance", rows) == pytest.approx(0.55)
    assert value(columns, "utility", rows) == pytest.approx(0.55)
    assert value(columns, "net", rows) == pytest.approx(0.55 - 0.02)
    assert value(columns, "find (F1)", rows) == 1.0
    assert value(columns, "watch", rows) == 0.1


def test_a_frame_weighs_as_much_as_its_map_says(columns):
    """An astronaut fills half of a window (8.5), a distant rocket is no object (1)."""
    rows = [row(0, 1.0), row(0, 0.0, sample="rocket 1")]
    assert value(columns, "by importance", rows) == pytest.approx(8.5 / 9.5)


def test_differences_to_the_first_system_are_within_episodes():
    """A common gain has no interval, however much episodes differ."""
    episodes = [[row(0, u)] for u in (0.1, 0.5, 0.9)]
    better = [[row(0, u + 0.05)] for u in (0.1, 0.5, 0.9)]
    mean = {"utility": (3, lambda rows: float(rows[0]["utility"]))}
    lines = table({"base": episodes, "other": better}, mean).splitlines()
    assert lines[2:] == ["| base | 0.500 |", "| other | +0.050 ± 0.000 |"]


def test_every_system_is_a_scenario_and_differs_from_the_others(tmp_path):
    studies = {"agents": agents, "coupling": coupling}
    played = [
        (system, scenario(SCENARIO, [*COMMON[name], *system.keys]))
        for name, study in studies.items()
        for system in study(COMMON[name], tmp_path)
    ]
    found, configs = zip(*played, strict=True)
    assert all(isinstance(config, ScenarioConfig) for config in configs)
    assert len({system.name for system in found}) == len(found)
    assert len({config.model_dump_json() for config in configs}) == len(found)
    crossed = configs[-4:]
    assert [c.importance is not None for c in crossed] == [False, True, False, True]
    assert ["roi" in c.transmitter[0].label for c in crossed] == [False] * 2 + [
        True
    ] * 2
    assert len({c.pool for c in crossed}) == 1
    assert KNOWN in found[0].keys
    assert np.all([c.pool < 26000 for c in configs])  # or nobody has to share


def test_a_given_key_replaces_that_of_the_study():
    keys = keys_of("coupling", ["pool=5000", "uses=2000"])
    config = scenario(SCENARIO, list(keys))
    assert (config.pool, config.uses) == (5000, {"all": (2000,)})
    assert config.adapter.name == "fixed"
