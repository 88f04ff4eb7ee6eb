"""The page on cells names every key, metric and scheduler."""

import re

import pytest

from blocks.scheduling import SCHEDULERS
from experiments.studies.imports import ROOT
from semlink.loop.scenario import UserConfig
from semlink.loop.traffic.config import (
    Arrivals,
    Fading,
    Signalling,
    TrafficConfig,
    User,
)
from semlink.loop.traffic.scenario import TrafficScenario
from semlink.sweeps.traffic_trial import METRICS

TEXT = (ROOT / "docs" / "cells.md").read_text()
MODELS = [
    UserConfig,
    TrafficScenario,
    TrafficConfig,
    User,
    Arrivals,
    Fading,
    Signalling,
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_key_of_a_cell_is_named(model):
    for name in model.model_fields:
        assert re.search(rf"`{name}`", TEXT), name


def test_every_metric_of_a_cell_is_named():
    for metric in METRICS:
        assert f"`{metric.name}`" in TEXT, metric.name


def test_every_scheduler_is_named():
    page = (ROOT / "docs" / "schedulers.md").read_text()
    for name in SCHEDULERS.names():
        assert re.search(rf"\| `{name}[`:\[]", page), name
