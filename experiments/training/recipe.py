"""A training run: initial weights and stages."""

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from blocks.nn.codec import Codec
from blocks.nn.profiles import MODELS, make_codec, start_at_klt
from channels.nn.awgn import awgn
from channels.nn.rayleigh import rayleigh
from experiments.training import objective, state
from experiments.training.asked import CONFIG, Recipe
from experiments.training.crops import Crops
from experiments.training.photos import few, held_out, photos_of_run
from experiments.training.start import read_start
from experiments.training.trainer import Stage, compiles, run_stage
from experiments.training.validation import fixed_crops, validate
from experiments.training.variants import OBJECTIVES
from semlink.store.files import write_whole

CHANNELS = {"awgn": awgn, "rayleigh": rayleigh}
MEASURED = 240  # crops to which the classes are fitted
STAGES = ("entropy", "joint")


def train(folder: Path, recipe: Recipe, note: Callable) -> None:
    """Train from the state in the folder to the end of the recipe.

    Raises
    ------
    ValueError
        The folder holds a run of another recipe.
    KeyError
        A model, profile, channel or objective does not exist; the message lists those
        that do.
    """
    keras.config.set_dtype_policy(recipe.precision)
    keras.utils.set_random_seed(recipe.seed)
    known = {"channel": CHANNELS, "objective": OBJECTIVES, "model": MODELS}
    for kind, table in known.items():
        named(table, kind, getattr(recipe, kind))  # before photos are read
    photos = photos_of_run(recipe.data)
    codec = make_codec(recipe.profile, named(MODELS, "model", recipe.model))
    contexts = contexts_of(codec, recipe.contexts, photos.names)
    trained = photos[held_out(len(photos)) :]
    images, _ = fixed_crops(trained, seed=recipe.seed, count=MEASURED)
    images = ops.convert_to_tensor(images / 255, "float32")
    start_at_klt(codec, np.load(recipe.klt), images)
    if recipe.start:
        read_start(Path(recipe.start), codec, images)
    stages = _stages(codec, recipe, photos, contexts)
    claim(folder, recipe)  # after all checks of the options
    steps = (recipe.entropy_epochs + recipe.joint_epochs) * recipe.steps
    if warning := few(len(photos), steps * recipe.batch_size):
        print(warning, file=sys.stderr, flush=True)
    done = state.progress(folder)
    for stage in stages:
        if done and STAGES.index(done.stage) > STAGES.index(stage.name):
            continue
        epochs = done.epoch if done and done.stage == stage.name else 0
        run_stage(folder, stage, epochs, note)


def _stages(codec: Codec, recipe: Recipe, photos, contexts) -> list[Stage]:
    first = held_out(len(photos))
    rest = photos[first:]  # once, as it keeps decoded photos
    images, source = fixed_crops(photos[:first])
    known = None if contexts is None else contexts[source]

    def crops(size, epoch):
        return Crops(
            rest,
            objective.draw,
            size=size,
            batch_size=recipe.batch_size,
            steps=recipe.steps,
            seed=recipe.seed,
            epoch=epoch,
            contexts=None if contexts is None else contexts[first:],
        )

    joint = OBJECTIVES[recipe.objective](codec, CHANNELS[recipe.channel])
    joint.jit_compile = compiles()  # for the validation, before its own stage
    entropy = objective.EntropyObjective(codec)
    check = partial(validate, joint, images, known)
    return [
        Stage(
            "entropy",
            entropy,
            recipe.entropy_epochs,
            3 * recipe.learning_rate,
            partial(crops, 256),
            check,
        ),
        Stage(
            "joint",
            joint,
            recipe.joint_epochs,
            recipe.learning_rate,
            partial(crops, recipe.crop),
            check,
        ),
    ]


def contexts_of(codec: Codec, path: str, names: list[str]) -> np.ndarray | None:
    """Embeddings of the photos : [len(names), D], float32; ``None`` without context."""
    width = codec.profile.context
    if bool(width) != bool(path):
        wanted = "a file of contexts" if width else "no contexts"
        raise ValueError(f"this model takes {wanted}, got {path!r}")
    if not width:
        return None
    with np.load(path) as file:
        of, vectors = file["names"].tolist(), file["vectors"].astype(np.float32)
    if of != names or vectors.shape != (len(names), width):
        raise ValueError(
            f"{path} must hold {width} values for each of the {len(names)} photos, "
            f"got shape {vectors.shape}, or other photos"
        )
    return vectors


def named(table: dict, kind: str, name: str):
    """An entry of a table.

    Raises
    ------
    KeyError
        The name does not exist; the message lists those that do.
    """
    if name not in table:
        raise KeyError(f"no {kind} {name!r}; there are {', '.join(table)}")
    return table[name]


def claim(folder: Path, recipe: NamedTuple) -> None:
    """Write the recipe into a new folder, or check that it equals the one there."""
    path = folder / CONFIG
    folder.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        write_whole(path, json.dumps(recipe._asdict(), indent=2).encode())
        return
    before = json.loads(path.read_text("utf-8"))
    before = recipe._field_defaults | before  # missing fields had their default
    for name, value in recipe._asdict().items():
        if before.get(name) != value:
            raise ValueError(
                f"{folder} is a run with {name} {before.get(name)!r}, got {value!r}; "
                "give the new one another RUN"
            )
