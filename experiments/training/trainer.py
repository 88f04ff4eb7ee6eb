"""Training in stages and epochs; resumes interrupted runs."""

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import keras
from keras import ops

from blocks.nn.weights import named_variables, write_weights
from experiments.training import state
from experiments.training.asked import WEIGHTS
from experiments.training.crops import Crops
from experiments.training.log import log
from experiments.training.state import Progress

AVERAGED = 1000  # time constant of the averages, in steps
WARM_UP = 300  # steps of the warm-up of the learning rate
SHARE = 10  # in a short run, both are at most one such part of it
GRADIENT_NORM = 1.0


class Diverged(RuntimeError):
    """The loss is not finite."""


class AveragingAdam(keras.optimizers.Adam):
    """Adam with moving averages of the weights, which do not replace the weights."""

    def finalize_variable_values(self, var_list):
        """Do nothing: Keras would replace weights by averages after each fit."""


class Stage(NamedTuple):
    """One objective, minimised for a number of epochs.

    name : name of the stage
    objective : keras.Model that computes its own loss
    epochs : number of epochs
    learning_rate : peak of the learning rate; it decays to zero as a cosine
    crops : data of a given epoch
    validate : returns columns for the log, called with the averaged weights
    """

    name: str
    objective: keras.Model
    epochs: int
    learning_rate: float
    crops: Callable[[int], Crops]
    validate: Callable[[], dict[str, float]]


def run_stage(folder: Path, stage: Stage, done: int, note: Callable) -> None:
    """Train the remaining epochs of a stage, and save the state after each.

    Raises
    ------
    Diverged
        The loss is not finite; the state of the last good epoch stays.
    """
    steps = len(stage.crops(done))
    model = stage.objective
    make_ready(stage, steps)
    for variable, average in _averages(model):
        # Keras starts them at zero; JAX does not accept the same buffer twice
        average.assign(ops.copy(variable.value))
    if done:
        state.restore(folder, remembered(model))
    for epoch in range(done, stage.epochs):
        start = time.monotonic()
        history = model.fit(
            stage.crops(epoch),  # new data per epoch, as Keras calls its end twice
            epochs=1,
            verbose=int(sys.stdout.isatty()),
            shuffle=False,
            callbacks=[keras.callbacks.TerminateOnNaN()],
        ).history
        row = {name: values[-1] for name, values in history.items()}
        if not math.isfinite(row["loss"]):
            raise Diverged(f"the loss of epoch {epoch + 1} is {row['loss']}")
        state.save(folder, Progress(stage.name, epoch + 1), remembered(model))
        with averaged(model):
            row |= stage.validate()
            write_weights(folder / WEIGHTS, model.codec, "float32")
        seconds = time.monotonic() - start
        row = {"stage": stage.name, "epoch": epoch + 1, "seconds": seconds, **row}
        log(folder, row, step=(epoch + 1) * steps)
        note(row, left=seconds * (stage.epochs - epoch - 1))


def make_ready(stage: Stage, steps: int) -> None:
    """Set up the optimiser of the stage's objective, for epochs of ``steps``."""
    model = stage.objective
    model.compile(optimizer=_optimiser(stage, steps), jit_compile=compiles())
    model.optimizer.build(model.trainable_variables)


@contextmanager
def averaged(model: keras.Model) -> Iterator[None]:
    """Replace the weights by their moving averages within a ``with`` statement."""
    pairs = _averages(model)
    kept = [ops.convert_to_numpy(v) for v, _ in pairs]
    for variable, average in pairs:
        variable.assign(average.value)
    try:
        yield
    finally:
        for (variable, _), value in zip(pairs, kept, strict=True):
            variable.assign(value)


def _averages(model: keras.Model) -> list[tuple]:
    """Each trainable variable with its moving average."""
    averages = model.optimizer._model_variables_moving_average
    return list(zip(model.trainable_variables, averages, strict=True))


def _optimiser(stage: Stage, steps: int) -> keras.optimizers.Optimizer:
    total = max(stage.epochs * steps, 1)
    averaged, warm_up = (min(span, -(-total // SHARE)) for span in (AVERAGED, WARM_UP))
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0,
        decay_steps=max(total - warm_up, 1),
        warmup_target=stage.learning_rate,
        warmup_steps=warm_up,
    )
    return AveragingAdam(
        schedule,
        global_clipnorm=GRADIENT_NORM,
        use_ema=True,
        ema_momentum=1 - 1 / averaged,
    )


def compiles() -> bool:
    """Whether to use XLA: with JAX only."""
    return keras.backend.backend() == "jax"


def remembered(model: keras.Model) -> dict[str, keras.Variable]:
    """Variables that a run saves: weights, seed, steps, moments and averages."""
    weights, optimiser = named_variables(model), model.optimizer
    names = {id(variable): name for name, variable in weights.items()}
    trained = [names[id(v)] for v in model.trainable_variables]
    found = {f"weights/{name}": variable for name, variable in weights.items()}
    found |= {"noise": model.noise.state, "steps": optimiser.iterations}
    for kind, variables in (
        ("momentum", optimiser._momentums),
        ("velocity", optimiser._velocities),
        ("average", optimiser._model_variables_moving_average),
    ):
        pairs = zip(trained, variables, strict=True)
        found |= {f"{kind}/{name}": variable for name, variable in pairs}
    return found
