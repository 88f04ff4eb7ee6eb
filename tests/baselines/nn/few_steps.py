"""Trains NTSCC's smallest networks for a few steps, on a machine that has only Keras.

Run as a program it writes weights and what they give, on the backend of the
environment; TensorFlow and all that the simulator needs beside it cannot be imported.
"""

import sys
from pathlib import Path

import numpy as np

ABSENT = ("tensorflow", "sionna", "typer", "pydantic")
SIZE, STEPS, BATCH = 64, 3, 4


class Absent:
    """Imports as on a machine without these packages."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"{name} is not on this machine", name=name)


def train() -> "Codec":  # noqa: F821
    """The networks after a few steps of the joint stage, as a run makes them."""
    import keras

    from blocks.nn.profiles import make_codec, start_at_klt
    from channels.nn.awgn import awgn
    from experiments.training import objective
    from experiments.training.crops import Crops

    keras.utils.set_random_seed(1)
    codec = make_codec("tiny")
    rng = np.random.default_rng(1)
    basis, _ = np.linalg.qr(rng.normal(size=(768, 32)))
    photos = rng.integers(0, 256, (2, SIZE, SIZE, 3), np.uint8)
    start_at_klt(codec, {"basis": basis}, photos.astype(np.float32) / 255)
    model = objective.JointObjective(codec, awgn)
    model.compile(keras.optimizers.Adam(0.02))
    sizes = {"size": SIZE, "batch_size": BATCH, "steps": STEPS}
    model.fit(Crops(photos, objective.draw, seed=1, **sizes), verbose=0)
    return codec


def outputs(codec, given=None) -> dict:
    """Outputs of every network, chained where one feeds another."""
    from keras import ops

    from blocks.nn.base_layer import base_picture, base_values, predicted
    from blocks.nn.codec import log_gain, state

    found = {}

    def keep(**values):
        found.update(values)
        return [(given or values)[name] for name in values]

    x = np.random.default_rng(2).uniform(size=(2, SIZE, SIZE, 3))
    x = ops.convert_to_tensor(x.astype(np.float32))
    quality, no = np.float32([0.2, 0.9]), np.float32([0.1, 0.3])
    at = state(quality, np.float32([10, 5]), np.float32([7, 12]))
    (values,) = keep(values=base_values(x))
    (base,) = keep(base=base_picture(ops.convert_to_tensor(values)))
    keep(predicted=predicted(ops.convert_to_tensor(values)))
    (y,) = keep(y=codec.analysis(x, base))
    (gain,) = keep(gain=log_gain(ops.convert_to_tensor(quality)))
    linear = codec.analysis.linear_only(x, base)
    summary = codec.summarise(y * ops.exp(gain), linear * ops.exp(gain), gain)
    index, z = keep(**dict(zip(("index", "z"), summary, strict=True)))
    keep(class_bits=codec.classes.bits(index))
    # where probabilities are no differences of numbers next to one
    near = z / (1 + ops.abs(z)), values / (1 + ops.abs(values))
    keep(bits=codec.prior(near[0]), base_bits=codec.base_prior(near[1]))
    names = ("mu", "log_sigma")
    deviations = codec.deviations(index, ops.round(z), gain)
    side = codec.side(*keep(**dict(zip(names, deviations, strict=True))), no)
    mu, sigma, _, level, kept = keep(**side._asdict())
    shared = (mu, sigma, kept, level, no, at)
    sent = codec.encoder(y * ops.exp(gain), *shared)
    s, scale = keep(**dict(zip(("s", "scale"), sent, strict=True)))
    received = codec.decoder(s, no[:, None, None, None], scale, *shared)
    y_hat, error = keep(**dict(zip(("y_hat", "log_error"), received, strict=True)))
    keep(picture=codec.synthesise(y_hat, error, gain, base))
    return found


def main(target: str) -> None:
    """Write weights and outputs to a folder."""
    sys.meta_path.insert(0, Absent())
    import jax

    from blocks.nn.weights import write_weights

    codec = train()
    found = jax.jit(lambda: outputs(codec))()
    write_weights(Path(target) / "w.h5", codec, "float32")
    np.savez(Path(target) / "outputs.npz", **found)
    if sys.modules.keys() & set(ABSENT):
        sys.exit("what is absent was imported")


if __name__ == "__main__":
    main(*sys.argv[1:])
