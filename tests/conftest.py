"""What tests of every folder share: components that are small and fast."""

from pathlib import Path

import numpy as np
import pytest

# First of all, for what it sets in the environment: tests and the processes that they
# start compute as the command line does, to the bit.
import experiments.__main__  # noqa: F401

COMPONENTS = Path(__file__).parent / "semlink" / "components"


@pytest.fixture
def components():
    """Specs of components that need nothing but numpy, by kind."""
    files = {
        "source": "flat_images",
        "transmitter": "phase",
        "channel": "noisy",
        "task": "distance",
    }
    return {kind: str(COMPONENTS / f"{name}.py") for kind, name in files.items()}


@pytest.fixture(scope="session")
def klt():
    """Give an orthonormal transform of 16x16 blocks."""
    basis, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(768, 64)))
    return {"basis": basis}


@pytest.fixture(scope="session")
def noise_pictures():
    """Give pictures whose latents have falling deviations : [4, 64, 96, 3]."""
    rng = np.random.default_rng(1)
    coarse = rng.normal(0, 0.2, (4, 16, 24, 3)).repeat(4, axis=1).repeat(4, axis=2)
    fine = rng.normal(0, 0.05, (4, 64, 96, 3))
    return (0.5 + coarse + fine).astype(np.float32)


@pytest.fixture
def tiny_codec(klt, noise_pictures):
    """Give NTSCC's networks at their smallest, where training starts."""
    import keras

    from blocks.nn.profiles import make_codec, start_at_klt

    keras.utils.set_random_seed(1)
    codec = make_codec("tiny")
    start_at_klt(codec, klt, noise_pictures)
    return codec


@pytest.fixture
def trained_codec(tiny_codec):
    """Give those networks where every variable counts, as after some training."""
    rng = np.random.default_rng(2)
    for variable in tiny_codec.trainable_variables:
        value = np.asarray(variable)
        spread = 0.1 * rng.normal(size=value.shape)
        variable.assign(value + spread.astype(np.float32))
    return tiny_codec
