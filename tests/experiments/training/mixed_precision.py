"""The objective under mixed precision against float32.

Run as a program it compares the two on the Keras backend of the environment.
"""

import sys

import keras
import numpy as np
from keras import ops

from blocks.nn.profiles import make_codec
from channels.nn.awgn import awgn
from experiments.training.objective import JointObjective

CROPS, SIDE = 2, 4
DERIVED = (
    "classes", "z", "mu", "log_sigma", "sigma", "entropy", "level", "kept",
    "class_bits", "z_bits", "y",
)  # fmt: skip


class Derived(JointObjective):
    """Maps of both ends for given latents, and the latents of a picture."""

    def call(self, batch):
        codec, given, gain = self.codec, batch["y"], self.picture(batch)[1]
        index, z = codec.summarise(given, given, gain)
        mu, log_sigma = codec.deviations(index, ops.round(z), gain)
        side = codec.side(mu, log_sigma, batch["eta"])
        bits = codec.classes.bits(index), codec.prior(z)
        x = ops.cast(batch["image"], "float32") / 255
        y = codec.analysis(x, 0 * x)
        found = index, z, mu, log_sigma, *side[1:], *bits, y
        return dict(zip(DERIVED, found, strict=True))


def derived(precision: str) -> dict:
    """Outputs of a trained codec's objective under a dtype policy."""
    keras.utils.set_random_seed(1)
    keras.config.set_dtype_policy(precision)
    try:
        codec = make_codec("tiny")
        model = Derived(codec, awgn)
    finally:
        keras.config.set_dtype_policy("float32")
    rng = np.random.default_rng(1)
    for variable in codec.variables:
        spread = 0.2 * rng.normal(size=variable.shape)
        variable.assign(np.asarray(variable) + spread.astype(np.float32))
    side, full = 16 * SIDE, np.ones(CROPS, np.float32)
    batch = {
        "image": rng.integers(0, 256, (CROPS, side, side, 3), np.uint8),
        "y": rng.normal(0, 3, (CROPS, SIDE, SIDE, 32)).astype(np.float32),
        "quality": 0.5 * full, "eta": 0.08 * full,
    }  # fmt: skip
    found = compiled(model)({n: ops.convert_to_tensor(v) for n, v in batch.items()})
    return {name: ops.convert_to_numpy(value) for name, value in found.items()}


def compiled(model):
    """A graph, as training has it."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(model)
    import tensorflow as tf

    return tf.function(model)


def compare() -> None:
    """Fail if mixed precision changes the maps, or has no effect at all."""
    single, mixed = map(derived, ("float32", "mixed_bfloat16"))
    rounded = single.pop("y"), mixed.pop("y")
    for name, expected in single.items():
        assert mixed[name].dtype == expected.dtype, name
        np.testing.assert_array_equal(mixed[name], expected, err_msg=name)
        assert len(np.unique(expected)) > 1, f"{name} says nothing"
    assert rounded[0].dtype == rounded[1].dtype == np.float32
    assert np.any(rounded[0] != rounded[1]), "no block computed in less precision"


if __name__ == "__main__":
    sys.exit(compare())
