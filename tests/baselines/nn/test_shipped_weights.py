"""Shipped weights and their outputs are unchanged."""

import hashlib
from pathlib import Path

import h5py
import numpy as np
import pytest
from skimage import data

from blocks.learned.inference import Conditions, Networks
from blocks.learned.weights_folder import CONFIG, WEIGHTS, read_codec, read_policy
from blocks.nn.weights import named_variables

ROOT = Path(__file__).parents[3]
# SHA-256 of all values, in the order of the networks and as they are stored; and of
# classes and rate map of a picture, which are integers.
CODECS = {
    "baselines/nn/ntscc_base": ("9f58f2526962badf", "b33dc37706bcd8b3"),
    "blocks/nn/akb_jscc_base": ("7823546b3c262e6f", "6a0ec3af40ff77dd"),
}
POLICY, OF_POLICY = "blocks/nn/channel_kb_base", "613947a59b310df9"
AT = Conditions(0.5, 0.3, 10.0)


def digest(*arrays) -> str:
    found = hashlib.sha256()
    for array in arrays:
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()[:16]


def outputs(codec) -> list[np.ndarray]:
    """Classes and rate map of a picture, transmitted signal, and received picture."""
    networks, picture = Networks(codec), data.astronaut()[:128, 160:288]
    at = AT._replace(context=np.full((1, codec.profile.context), 0.05, np.float32))
    latents = networks.analyse(picture)
    summary = networks.summarise(latents, at.quality)
    statistics = networks.statistics(summary, at.quality)
    level = networks.levels(statistics.entropy, at.eta)
    side = networks.side(statistics, level)
    sent, scale = networks.encode(latents, side, at)
    noise = np.full(len(sent), 0.1, np.float32)
    base = summary.base
    received = networks.decode(base, sent, noise, scale, side, at, picture.shape)
    return [summary.classes.astype(np.int32), level, sent, received]


def numbered(folder: Path, codec, target: Path) -> Path:
    """The same weights in a file of an earlier version."""
    with h5py.File(target / WEIGHTS, "w") as file:
        for number, variable in enumerate(named_variables(codec).values()):
            file[f"{number:04d}"] = np.asarray(variable).astype(np.float16)
    (target / CONFIG).write_bytes((folder / CONFIG).read_bytes())
    return target


@pytest.mark.parametrize("folder", CODECS)
def test_values(folder):
    weights = read_codec(ROOT / folder).weights
    stored = [np.asarray(v).astype(np.float16) for v in weights]
    assert digest(*stored) == CODECS[folder][0]


@pytest.mark.slow
@pytest.mark.parametrize("folder", CODECS)
def test_outputs(folder, tmp_path):
    """Those of a numbered file are the same to the bit."""
    codec = read_codec(ROOT / folder)
    made = outputs(codec)
    assert digest(*made[:2]) == CODECS[folder][1]
    before = outputs(read_codec(numbered(ROOT / folder, codec, tmp_path)))
    for new, old in zip(made, before, strict=True):
        np.testing.assert_array_equal(new, old)


def test_policy():
    policy = read_policy(ROOT / POLICY)
    assert digest(*(np.asarray(v).astype(np.float32) for v in policy.weights)) == (
        OF_POLICY
    )
