"""Ways to correct presets: equal dimensions, and none beats the oracle."""

import numpy as np
import pytest

from blocks.nn import policy
from experiments.policies.ablation import GREEDY, LEARNED, UNIFORM, Ablation
from experiments.policies.environment import Environment


@pytest.fixture
def gains(tiny_codec, noise_pictures):
    contrast = np.linspace(0.1, 1, 4)[:, None, None, None]
    images = 0.5 + contrast * (np.tile(noise_pictures[:4], (1, 2, 2, 1)) - 0.5)
    images = np.round(255 * np.clip(images, 0, 1)).astype(np.uint8)
    agent = policy.Policy()
    agent.build()
    agent.variables[-1].assign([0, 0, 1, 0, 0])  # it leaves the preset as it is
    pictures = [(x, np.zeros(0, np.float32)) for x in images]
    return Ablation(Environment(tiny_codec), agent, pictures, 8.0, 0.6).gains()


@pytest.mark.slow
def test_all_spend_the_same_and_who_knows_the_errors_is_best(gains):
    assert [gain.spent for gain in gains.values()] == pytest.approx([1] * 4, abs=0.05)
    np.testing.assert_allclose(gains[LEARNED].psnr_db, 0, atol=0.01)
    mean = {way: gain.psnr_db.mean() for way, gain in gains.items()}
    assert all(mean[GREEDY] > mean[way] for way in (*UNIFORM, LEARNED))
