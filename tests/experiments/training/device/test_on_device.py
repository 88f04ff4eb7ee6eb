"""The script of a lent machine, as it runs there, but on this processor and smaller."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from blocks.learned.weights_folder import read_codec
from blocks.nn.profiles import make_codec
from blocks.nn.weights import named_variables, write_weights
from experiments.compose import catalogue
from experiments.training.device import pack
from experiments.training.device.moments import read_moments
from experiments.training.device.pack import Asked
from experiments.training.photos import LEAST
from semlink.config import ComponentSpec

ROOT = Path(__file__).parents[4]
ABSENT = "tensorflow", "sionna", "pydantic", "torch", "tf_keras", "typer"
SECONDS = 60


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """Weights of the smallest networks."""
    folder = tmp_path_factory.mktemp("start")
    write_weights(folder / "model.weights.h5", make_codec("tiny"))
    (folder / "config.json").write_text('{"model": "ntscc", "profile": "tiny"}')
    return folder


@pytest.fixture(scope="module")
def machine(tmp_path_factory, start):
    """Copy what travels, and nothing else, to a folder of its own."""
    checkout, photos = (
        tmp_path_factory.mktemp("tree"),
        tmp_path_factory.mktemp("photos"),
    )
    for path in pack.tracked(ROOT):
        (checkout / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, checkout / path)
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *command], cwd=checkout, check=True)
    rng = np.random.default_rng(0)
    for i in range(LEAST):
        coarse = Image.fromarray(rng.integers(0, 256, (9, 12, 3), np.uint8))
        coarse.resize((320, 260), Image.Resampling.BICUBIC).save(
            photos / f"{i:02d}.png"
        )
    pack.pack(Asked(str(photos), str(start), python=""), checkout)
    machine = tmp_path_factory.mktemp("machine")
    for path in [*pack.tracked(checkout), *(checkout / pack.FOLDER).iterdir()]:
        target = machine / (checkout / path).relative_to(checkout)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(checkout / path, target)
    return machine


@pytest.fixture(scope="module")
def came_back(machine, tmp_path_factory):
    """Run the script where only Keras, JAX, h5py and Pillow can be imported."""
    pytest.importorskip("jax")
    absent, out = tmp_path_factory.mktemp("absent"), tmp_path_factory.mktemp("out")
    for name in ABSENT:
        (absent / f"{name}.py").write_text(f"raise ModuleNotFoundError({name!r})")
    options = {
        "seconds": SECONDS, "spare": 10, "batches": "1,2", "trial": 2, "crop": 64,
        "checked": 2, "precision": "mixed_bfloat16",
    }  # fmt: skip
    words = [word for n, v in options.items() for word in (f"--{n}", str(v))]
    script = machine / "experiments/training/on_device.sh"
    environment = {"OUT": str(out), "PYTHON": sys.executable}
    environment |= {"PYTHONPATH": f"{absent}{os.pathsep}{machine}"}
    done = subprocess.run(
        ["bash", script, *words],
        cwd=machine,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return out


@pytest.mark.slow
def test_it_trains_and_validates(came_back, start):
    with open(came_back / "joint.csv", newline="") as file:
        before, after = csv.DictReader(file)
    assert (before["epoch"], after["epoch"]) == ("0", "1")
    names = [name for name in before if name.startswith("psnr_q")]
    assert names
    assert any(before[name] != after[name] for name in names)
    found, moved = named_variables(read_codec(came_back)), set()
    for name, value in named_variables(read_codec(start)).items():
        if np.any(np.asarray(found[name]) != np.asarray(value)):
            moved.add(name)
    assert {"analysis/head/kernel", "classes/log_deviation"} <= moved
    assert not {"analysis/linear/kernel", "synthesis/linear/kernel"} & moved
    momentum, velocity = read_moments(came_back)
    assert momentum.keys() == velocity.keys()
    assert {f"codec/{name}" for name in moved} <= momentum.keys()


@pytest.mark.slow
def test_a_link_reads_what_came_back(came_back):
    told = json.loads((came_back / "config.json").read_text())
    assert told["steps"] > 0
    assert told["batch_size"] in (1, 2)
    spec = ComponentSpec.model_validate(f"ntscc[weights={came_back}]")
    assert catalogue().build("transmitter", spec)


@pytest.mark.slow
def test_what_came_back_is_within_the_limits(came_back):
    sizes = [path.stat().st_size for path in came_back.iterdir() if path.is_file()]
    assert len(sizes) <= 8
    assert max(sizes) <= 16 << 20
