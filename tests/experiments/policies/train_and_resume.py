"""Trains a policy where Keras is what TF-Agents needs: at once, and in two goes."""

import os
import sys
from pathlib import Path

os.environ |= {"TF_USE_LEGACY_KERAS": "1", "KERAS_BACKEND": "tensorflow"}

import json

import keras
import numpy as np
from PIL import Image

from blocks.nn.profiles import make_codec, start_at_klt
from blocks.nn.weights import write_weights
from experiments.policies.train import Recipe, train
from experiments.training.photos import LEAST


class Killed(Exception):
    pass


def killed(row, left):
    raise Killed


def main(folder: Path) -> None:
    rng = np.random.default_rng(0)
    (folder / "photos").mkdir()
    for i in range(LEAST):
        small = Image.fromarray(rng.integers(0, 256, (12, 12, 3), np.uint8))
        small.resize((256, 256)).save(folder / "photos" / f"{i:02d}.png")
    keras.utils.set_random_seed(1)
    codec = make_codec("tiny")
    basis, _ = np.linalg.qr(rng.normal(size=(768, 32)))
    start_at_klt(codec, {"basis": basis}, rng.uniform(size=(2, 64, 64, 3)).astype("f"))
    (folder / "codec").mkdir()
    write_weights(folder / "codec" / "model.weights.h5", codec)
    told = {"model": "ntscc", "profile": "tiny"}
    (folder / "codec" / "config.json").write_text(json.dumps(told))
    recipe = Recipe(
        str(folder / "photos"),
        weights=str(folder / "codec"),
        iterations=2,
        every=1,
        pictures=2,
        crop=64,
        importance="saliency",
    )
    train(folder / "whole", recipe, lambda row, left: None)
    try:
        train(folder / "broken", recipe, killed)
    except Killed:
        train(folder / "broken", recipe, lambda row, left: None)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
