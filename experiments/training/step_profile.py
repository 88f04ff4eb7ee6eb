"""``make training-profile``: time of a step of the joint stage on this machine.

The best backend, precision and crop depend on the machine: with bfloat16 in hardware,
training is three times faster; without, eight times slower.
"""

import resource
import time
from contextlib import contextmanager
from statistics import median
from typing import NamedTuple

import keras
import numpy as np

from blocks.nn.profiles import MODELS, make_codec
from channels.nn.awgn import awgn
from experiments.failing import failing_in_one_line
from experiments.training import objective
from experiments.training.crops import Crops
from experiments.training.options import options_of
from experiments.training.photos import find_photos
from experiments.training.recipe import named
from experiments.training.trainer import Stage, make_ready

WARM = 3  # warm-up steps
SHOWN = 8  # number of operations shown
RATE = 1e-4


class Profiled(NamedTuple):
    """Options of the profile, as in a recipe.

    model : networks to train, ``ntscc`` or ``akb_jscc``
    profile : their size: tiny, small, small_wide, small_deep, base or large
    data : folder of photos
    batch_size : crops of a step
    crop : side of a crop, in pixels
    precision : Keras dtype policy, ``float32`` or ``mixed_bfloat16``
    steps : number of timed steps
    """

    model: str
    profile: str
    data: str
    batch_size: int = 8
    crop: int = 128
    precision: str = "float32"
    steps: int = 12


class _Clock(keras.callbacks.Callback):
    """Records time and page faults at the end of each step."""

    def __init__(self):
        super().__init__()
        self.seconds: list[float] = []
        self.faults: list[int] = []

    def on_train_batch_end(self, batch, logs=None):
        self.seconds.append(time.perf_counter())
        self.faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)


def step_profile(asked: Profiled) -> str:
    """Train for some steps without keeping the result, and report their time.

    Raises
    ------
    KeyError
        A model or profile does not exist; the message lists those that do.
    FileNotFoundError
        There are no photos.
    """
    keras.config.set_dtype_policy(asked.precision)
    context = named(MODELS, "model", asked.model)
    codec = make_codec(asked.profile, context)
    photos = find_photos(asked.data)
    crops = Crops(
        photos,
        objective.draw,
        size=asked.crop,
        batch_size=asked.batch_size,
        steps=asked.steps + WARM,
        seed=1,
        contexts=np.zeros((len(photos), context), np.float32) if context else None,
    )
    joint, clock = objective.JointObjective(codec, awgn), _Clock()
    make_ready(Stage("joint", joint, 1, RATE, lambda _: crops, dict), len(crops))
    with _operations() as taken:
        joint.fit(crops, verbose=0, shuffle=False, callbacks=[clock])
    start = time.perf_counter()
    for index in range(asked.steps):
        crops[index]
    feeding = (time.perf_counter() - start) / asked.steps
    return _report(asked, clock, feeding, taken())


def _report(asked: Profiled, clock: _Clock, feeding: float, operations) -> str:
    seconds = median(np.diff(clock.seconds)[WARM - 1 :])
    faults = median(np.diff(clock.faults)[WARM - 1 :])
    pixels = asked.batch_size * asked.crop**2 / seconds
    lines = [
        f"{asked.model}, {asked.profile}: {asked.batch_size} crops of {asked.crop}x"
        f"{asked.crop}, {asked.precision}, {keras.backend.backend()}",
        f"  {seconds:.3f} s a step, {pixels / 1e3:.1f} thousand pixels a second",
        f"  {faults:.0f} page faults a step",
        f"  {1e3 * feeding:.0f} ms for a batch of crops, beside that",
    ]
    rows = (f"  {share:6.1%}  {name}" for name, share in operations)
    return "\n".join([*lines, *rows])


@contextmanager
def _operations():
    """Yield a function that lists operations and their shares; empty without torch."""
    if keras.backend.backend() != "torch":
        yield list
        return
    from torch.profiler import profile

    with profile() as profiler:
        yield lambda: _longest(profiler.key_averages())


def _longest(events) -> list[tuple[str, float]]:
    """Operations, longest first, and their shares of the total time."""
    own = {event.key: event.self_cpu_time_total for event in events}
    longest = sorted(own, key=own.get, reverse=True)[:SHOWN]
    return [(name, own[name] / sum(own.values())) for name in longest]


if __name__ == "__main__":
    parser = options_of("experiments.training.step_profile", Profiled)
    with failing_in_one_line():
        print(step_profile(Profiled(**vars(parser.parse_args()))))
