"""Cells with traffic that cannot be: one line on the command line, and status 2."""

import json

import pytest
import yaml

from blocks.nn.scheduling.equivariant import Equivariant
from blocks.nn.weights import write_weights
from blocks.schedulers.features import ASKS, FEATURES
from blocks.schedulers.ppo_lagrangian import CONFIG, FORMS, GRANTS, WEIGHTS

USER = {"transmitter": "words", "uses": 900}


@pytest.fixture
def cell(refused, tmp_path):
    """Sweep a cell that must be refused: changes of the cell, and of its user."""

    def run(word="", user=(), **traffic):
        users = [USER | dict(user)]
        tree = {"traffic": {"users": users, "pool": 4000, "slots": 5} | traffic}
        (tmp_path / "small.yaml").write_text(yaml.safe_dump(tree))
        return refused("sweep", "--", f"scenario=small.yaml{word}", "snr_db=10")

    return run


@pytest.mark.parametrize(
    ("traffic", "message"),
    [
        ({"pool": -1}, "traffic.pool must be at least 0, got -1"),
        ({"price": -0.5}, "traffic.price must be at least 0, got -0.5"),
        ({"users": []}, "traffic: a cell must have 1 to 1024 users, got 0"),
    ],
)
def test_a_budget_or_a_cell_that_cannot_be(cell, traffic, message):
    said = cell(**traffic)
    assert said.startswith(message)
    assert "got" in said


@pytest.mark.parametrize(
    ("user", "message"),
    [
        ({"uses": -9}, "traffic.users.0.uses must be at least"),
        ({"priority": 4}, "traffic.users.0.priority must be at most 3"),
        ({"priority": -1}, "traffic.users.0.priority must be at least 0"),
        ({"fading": None}, "traffic.users.0.fading must be a mapping"),
        (
            {"fading": {"channel": "rayleigh"}},
            "unknown configuration key 'traffic.users.0.fading.channel'; ",
        ),
        ({"fading": {"offset_db": None}}, "traffic.users.0.fading.offset_db must"),
        ({"transmitter": "word"}, "unknown transmitter 'word'; did you mean 'words'"),
    ],
)
def test_a_user_that_cannot_be(cell, user, message):
    assert cell(user=user).startswith(message)


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("[engine=air]", "engine must be 'table' or 'link', got 'air'"),
        (
            "[source=gaussian]",
            "a cell must have engine=link to send pictures of a source, got gaussian",
        ),
        (
            "[engine=link,source=gaussian]",
            "the source of a cell must have samples of modality image, got gaussian of "
            "signal",
        ),
        ("[engine=link,source=fotos]", "unknown source 'fotos'; did you mean 'photos'"),
        ("[engine=link,traffic.utility=psnr]", "unknown utility from 0 to 1 'psnr'"),
        ("[traffic.utility=delivery]", "unknown utility from 0 to 1 'delivery'"),
    ],
)
def test_an_engine_that_cannot_be(cell, word, message):
    assert cell(word).startswith(message)


def test_the_source_must_have_the_classes_that_users_send(cell):
    said = cell("[engine=link]", user={"contents": [0, 0, 1]})
    assert said == (
        "the content of a frame must be one of the classes that photos has pictures "
        "of, [0, 1], got 2"
    )


@pytest.mark.parametrize("features", [FEATURES - 1, FEATURES + 3])
def test_a_policy_of_another_shape(cell, tmp_path, features):
    folder = tmp_path / "policy"
    folder.mkdir()
    net = Equivariant(features, FORMS[GRANTS], True, min(ASKS, features - 1))
    net.build()
    write_weights(folder / WEIGHTS, net)
    (folder / CONFIG).write_text(json.dumps({"form": GRANTS}))
    said = cell(f"[scheduler=ppo_lagrangian:{folder}]")
    assert said.startswith("weights must be what the training wrote, got ")
    assert f"must have shape ({FEATURES}, 32), got ({features}, 32)" in said


def test_a_policy_that_is_not_there(cell):
    said = cell("[scheduler=ppo_lagrangian:gone]")
    assert said.startswith("policy must be grants or parameters or reward, or a ")
    assert said.endswith("got 'gone'")
