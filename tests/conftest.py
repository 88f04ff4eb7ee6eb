"""What tests of every folder share: components that are small and fast."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

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


@pytest.fixture
def numpy_seeding(monkeypatch):
    """Seed NumPy where a link would seed Sionna: no TensorFlow to wait for."""
    seed = "semlink.rng.seed_everything"
    monkeypatch.setattr(seed, lambda value: np.random.seed(value % 2**32))


@pytest.fixture(scope="session")
def _mothers():
    """Codes that are kept apart from those under XLA."""
    import blocks.ldpc as ldpc

    return cache(ldpc._mother.__wrapped__)


@pytest.fixture
def many_shapes(monkeypatch, _mothers):
    """Decode without XLA, which takes seconds for every new block length."""
    import blocks.ldpc as ldpc

    real = ldpc.compiled

    def quick(function, *, level, name):
        return real(function, level="eager" if level == "xla" else level, name=name)

    monkeypatch.setattr(ldpc, "compiled", quick)
    monkeypatch.setattr(ldpc, "_mother", _mothers)
