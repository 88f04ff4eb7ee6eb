"""Training for a given time: steps in a compiled loop, hundreds for each host call.

The host only sets the progress of the schedule. It measures the speed of steps, so the
learning rate reaches zero at the deadline.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import keras
import numpy as np

from experiments.training.device import crops
from experiments.training.device.crops import Data
from experiments.training.trainer import AVERAGED, GRADIENT_NORM, WARM_UP

HOST_CALL = 2.0  # seconds of a call of the loop
FEW = 4  # first steps of a trial
ENOUGH = 0.85  # share of the best speed; the smallest batch with it takes most steps


class State(NamedTuple):
    """Training state, as lists of arrays.

    trained, others, moments, means : variables of Keras, metrics last
    averages : moving averages of the trained variables
    step : number of steps taken
    """

    trained: list
    others: list
    moments: list
    means: list
    averages: list
    step: jax.Array


class Compiled(NamedTuple):
    """The compiled loop of a batch size.

    run : (state, data, steps, progress at the first and after the last) -> state
    operations : floating-point operations of a step, counted by XLA
    """

    batch_size: int
    run: Callable
    operations: float


def make_ready(model: keras.Model) -> None:
    """Set up a model's optimiser; the loop sets the learning rate of each step."""
    optimiser = keras.optimizers.Adam(1.0, global_clipnorm=GRADIENT_NORM)
    model.compile(optimizer=optimiser)
    optimiser.build(model.trainable_variables)


def first_state(model: keras.Model) -> State:
    """The state of a model, in copied arrays."""
    lists = (
        model.trainable_variables,
        model.non_trainable_variables,
        model.optimizer.variables,
        model.metrics_variables,
        model.trainable_variables,
    )
    arrays = [[jnp.copy(v.value) for v in variables] for variables in lists]
    return State(*arrays, jnp.int32(0))


def compile_steps(
    model: keras.Model,
    data: Data,
    size: int,
    peak: float,
    batches: list[int],
    seed: int,
) -> list[Compiled]:
    """Compile the loop for several batch sizes, in parallel.

    ``size`` : side of a crop; ``peak`` : peak of the learning rate
    """
    state, key = first_state(model), jax.random.key(seed)
    step = partial(_step, model, key, size, peak)

    def lowered(batch_size):
        def run(state, data, count, start, stop):
            def body(i, state):
                return step(batch_size, state, data, start + (stop - start) * i / count)

            return jax.lax.fori_loop(0, count, body, state)

        numbers = jnp.int32(1), jnp.float32(0), jnp.float32(0)
        return jax.jit(run, donate_argnums=0).lower(state, data, *numbers)

    with ThreadPoolExecutor() as pool:
        graphs = pool.map(lambda graph: graph.compile(), map(lowered, batches))
        return [
            Compiled(batch_size, graph, _operations(graph))
            for batch_size, graph in zip(batches, graphs, strict=True)
        ]


def fastest(
    compiled: list[Compiled], model: keras.Model, data: Data, seconds: float
) -> tuple[Compiled, float]:
    """Try each batch size for an equal share of ``seconds``.

    Output
    ------
    : the smallest one that is about as fast as the best, in crops per second; and its
        steps per second
    """
    rates = [
        _rate(c, first_state(model), data, seconds / len(compiled)) for c in compiled
    ]
    speeds = [c.batch_size * rate for c, rate in zip(compiled, rates, strict=True)]
    for candidate, rate, speed in zip(compiled, rates, speeds, strict=True):
        operations = candidate.operations * rate / 1e12
        print(
            f"batch of {candidate.batch_size}: {speed:.3g} crops a second, "
            f"{operations:.3g} TFLOP/s",
            flush=True,
        )
    good = next(i for i, speed in enumerate(speeds) if speed >= ENOUGH * max(speeds))
    return compiled[good], rates[good]


def train(
    chosen: Compiled,
    state: State,
    data: Data,
    *,
    rate: float,
    deadline: float,
    note: Callable[[State, float], None],
) -> State:
    """Take steps until the deadline, with a learning rate that falls to zero.

    ``rate`` : initial steps per second; ``deadline`` : time of ``time.monotonic``;
    ``note`` : called with state and progress between calls of the loop
    """
    progress, began = 0.0, time.monotonic()
    while progress < 1:
        left = deadline - began
        count = max(int(rate * min(HOST_CALL, left)), 1)
        # spread the rest of the schedule over the remaining time
        share = min(count / max(rate * left, 1), 1.0)
        after = 1.0 if left < 1.5 * count / rate else progress + (1 - progress) * share
        state = chosen.run(state, data, *_numbers(count, progress, after))
        jax.block_until_ready(state.step)
        now = time.monotonic()
        rate, began, progress = count / (now - began), now, after
        note(state, progress)
    return state


def _operations(graph) -> float:
    """Operations of a step: XLA counts the body of a loop of unknown length once."""
    return (graph.cost_analysis() or {}).get("flops", float("nan"))


def _rate(compiled: Compiled, state: State, data: Data, seconds: float) -> float:
    """Steps per second."""
    end, count = time.monotonic() + seconds, FEW
    while True:
        began = time.monotonic()
        state = compiled.run(state, data, *_numbers(count, 0.0, 0.0))
        jax.block_until_ready(state.step)
        now = time.monotonic()
        rate = count / (now - began)
        if now >= end:
            return rate
        count = max(min(int(rate * (end - now)), 2 * count), 1)


def _numbers(count: int, start: float, stop: float):
    return np.int32(count), np.float32(start), np.float32(stop)


def _step(
    model, key, size, peak, batch_size, state: State, data: Data, progress
) -> State:
    """One step, its crops included."""
    batch = crops.batch(data, jax.random.fold_in(key, state.step), size, batch_size)
    gradient = jax.value_and_grad(model.compute_loss_and_updates, has_aux=True)
    (_, aux), gradients = gradient(
        state.trained, state.others, state.means, batch, None, None, True, state.moments
    )
    _, _, others, means = aux
    warm = jnp.minimum((state.step + 1) / WARM_UP, 1)
    rate = peak * warm * (1 + jnp.cos(jnp.pi * progress)) / 2
    optimiser, moments = model.optimizer, list(state.moments)
    moments[_place(optimiser.variables, optimiser._learning_rate)] = rate
    trained, moments = optimiser.stateless_apply(moments, gradients, state.trained)
    # a shorter time constant at the start of a run
    forgotten = jnp.maximum(1 / AVERAGED, 9 / (10 + state.step))
    pairs = zip(state.averages, trained, strict=True)
    averages = [average + forgotten * (new - average) for average, new in pairs]
    return State(trained, others, moments, means, averages, state.step + 1)


def _place(variables, wanted) -> int:
    return next(i for i, variable in enumerate(variables) if variable is wanted)
