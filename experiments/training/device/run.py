"""One run on a remote accelerator: from a pack to better weights."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jax
import keras
import numpy as np

from blocks.nn.profiles import MODELS, make_codec
from blocks.nn.weights import named_variables, read_weights, write_weights
from channels.nn.awgn import awgn
from experiments.training.asked import CONFIG, WEIGHTS
from experiments.training.device import loop
from experiments.training.device.asked import Asked
from experiments.training.device.crops import on_device
from experiments.training.device.moments import read_moments, write_moments
from experiments.training.device.pack import CONTEXTS, PACK, PHOTOS
from experiments.training.device.photo_pack import joined, read_photos
from experiments.training.log import log
from experiments.training.recipe import contexts_of, named
from experiments.training.validation import fixed_crops, validate
from experiments.training.variants import OBJECTIVES
from semlink.store.files import write_whole

SNAPSHOT = 120.0  # seconds between files of the averages


def run(out: Path, asked: Asked) -> None:
    """Train until the time is over; write weights, moments, recipe and log.

    Raises
    ------
    ValueError
        The pack is incomplete.
    """
    began = time.monotonic()
    # full float32, not TF32 with 10 bits of mantissa
    jax.config.update("jax_default_matmul_precision", "float32")
    keras.config.set_dtype_policy(asked.precision)
    keras.utils.set_random_seed(asked.seed)
    out.mkdir(parents=True, exist_ok=True)
    pack = Path(asked.pack)
    told = json.loads((pack / PACK).read_text("utf-8"))
    photos = read_photos(pack / PHOTOS)
    codec, contexts = _codec(pack, told)
    model = named(OBJECTIVES, "objective", asked.objective)(codec, awgn)
    loop.make_ready(model)
    _take_moments(pack, model)
    first = told["held_out"]
    images, source = fixed_crops(photos[:first], count=asked.checked)
    known = None if contexts is None else contexts[source]
    rest = None if contexts is None else contexts[first:]
    data = on_device(joined(photos[first:]), rest, asked.seed)
    _log(out, 0, time.monotonic() - began, validate(model, images, known))
    batches = [int(n) for n in asked.batches.split(",")]
    compiled = loop.compile_steps(
        model, data, asked.crop, asked.learning_rate, batches, asked.seed
    )
    chosen, rate = loop.fastest(compiled, model, data, asked.trial)
    snapshots, started = _Snapshots(out, codec, model), time.monotonic()
    state = loop.train(
        chosen,
        loop.first_state(model),
        data,
        rate=rate,
        deadline=began + asked.seconds - asked.spare,
        note=snapshots.note,
    )
    snapshots.finish(state)
    steps, taken = int(state.step), time.monotonic() - started
    recipe = {
        **{name: value for name, value in told.items() if name != "photos"},
        **asked._asdict(),
        "channel": "awgn",
        "batch_size": chosen.batch_size,
        "steps": steps,
    }
    write_whole(out / CONFIG, json.dumps(recipe, indent=2).encode())
    _log(out, 1, taken, validate(model, images, known), steps)


def _codec(pack: Path, told: dict) -> tuple:
    """Networks with their initial weights, and embeddings of the photos."""
    codec = make_codec(told["profile"], named(MODELS, "model", told["model"]))
    path = str(pack / CONTEXTS) if (pack / CONTEXTS).is_file() else ""
    contexts = contexts_of(codec, path, told["photos"])
    read_weights(pack / WEIGHTS, codec)
    codec.analysis.linear.trainable = codec.synthesis.linear.trainable = False
    return codec, contexts


def _take_moments(pack: Path, model: keras.Model) -> None:
    """Restore the optimiser's moments, if they are packed."""
    found = read_moments(pack)
    if found is None:
        return
    optimiser, names = model.optimizer, _names(model)
    for values, variables in zip(
        found, (optimiser._momentums, optimiser._velocities), strict=True
    ):
        for name, variable in zip(names, variables, strict=True):
            variable.assign(values[name])
    # no bias correction any more
    optimiser.iterations.assign(10_000)


def _names(model: keras.Model) -> list[str]:
    """Names of the trained variables, in order."""
    names = {id(variable): name for name, variable in named_variables(model).items()}
    return [names[id(variable)] for variable in model.trainable_variables]


class _Snapshots:
    """Writes averages periodically, while the device continues."""

    def __init__(self, out: Path, codec, model: keras.Model):
        self._out, self._codec, self._model = out, codec, model
        self._pool, self._last = ThreadPoolExecutor(1), time.monotonic()

    def note(self, state: loop.State, progress: float) -> None:
        """Write a snapshot if it is time."""
        if time.monotonic() - self._last >= SNAPSHOT:
            self._last = time.monotonic()
            print(f"{int(state.step)} steps, {progress:.0%}", flush=True)
            self._pool.submit(self._write, jax.device_get(state.averages))

    def finish(self, state: loop.State) -> None:
        """Write averages and moments, and leave the averages in the model."""
        self._pool.shutdown()
        self._write(jax.device_get(state.averages))
        pairs = zip(self._model.optimizer.variables, state.moments, strict=True)
        values = {id(variable): np.asarray(value) for variable, value in pairs}
        optimiser, names = self._model.optimizer, _names(self._model)
        moments = [
            {name: values[id(v)] for name, v in zip(names, variables, strict=True)}
            for variables in (optimiser._momentums, optimiser._velocities)
        ]
        write_moments(self._out, *moments)

    def _write(self, averages: list) -> None:
        for variable, value in zip(
            self._model.trainable_variables, averages, strict=True
        ):
            variable.assign(value)
        write_weights(self._out / WEIGHTS, self._codec)


def _log(out: Path, epoch: int, seconds: float, row: dict, steps: int = 0) -> None:
    """Write a line of the log, as ``make train`` does."""
    log(out, {"stage": "joint", "epoch": epoch, "seconds": seconds, **row}, step=steps)
    shown = " ".join(f"{name} {value:.4g}" for name, value in row.items())
    print(f"{steps} steps in {seconds:.0f} s: {shown}", flush=True)
