"""What tests of every folder share: the slow ones apart, small fast components."""

from pathlib import Path

import numpy as np
import pytest

COMPONENTS = Path(__file__).parent / "semlink" / "components"


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes minutes; run with -m slow")


def pytest_collection_modifyitems(config, items):
    if config.option.markexpr or any("::" in arg for arg in config.args):
        return  # the one who asks knows what he asks for
    skip = pytest.mark.skip(reason="slow: run with -m slow")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)


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
