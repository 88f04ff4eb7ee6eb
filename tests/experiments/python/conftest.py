"""A folder with one small picture, links without frameworks, and the command line."""

import numpy as np
import pytest
from PIL import Image

import semlink
from experiments.commands import sweeping
from experiments.commands.runs import run_folder
from experiments.jobs import job_of
from semlink import config


@pytest.fixture
def photo(tmp_path, monkeypatch):
    """Path of a picture of 16x16 pixels, alone in its folder; runs go beside it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one").mkdir()
    pixels = np.random.default_rng(3).integers(0, 256, (16, 16, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "one" / "photo.png")
    return tmp_path / "one" / "photo.png"


@pytest.fixture
def link(components):
    """Make a link of components that need nothing but NumPy, or of others."""

    def made(**others):
        parts = {**components, **others}
        return semlink.link(parts["transmitter"], parts["channel"], parts["task"])

    return made


@pytest.fixture
def refusal():
    """Give a call that must fail with one line, and gives that line."""

    def call(function, *args, **kwargs):
        with pytest.raises(semlink.InputError) as caught:
            function(*args, **kwargs)
        message = str(caught.value)
        assert "\n" not in message
        return message

    return call


@pytest.fixture
def command(components):
    """Run a sweep of those as the command line does, into runs/NAME; draw nothing."""

    def run(name, *settings):
        words = [f"{kind}={word}" for kind, word in components.items()]
        changed = {setting.partition("=")[0] for setting in settings}
        kept = [word for word in words if word.partition("=")[0] not in changed]
        path = sweeping.config_path("sweep")
        job = job_of(config.load(path, [*kept, *settings]))
        sweeping.run(job, run_folder(name))

    return run
