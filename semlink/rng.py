"""The only seeding. Any transmission reproduces alone, in any order, anywhere."""

import hashlib

import numpy as np


def seed_of(root: int, point: str, *batch: int) -> int:
    """Derive the seed of one transmission.

    Parameters
    ----------
    root : seed of the run
    point : what identifies the point of the grid
    batch : which transmission of the point (image, draw)

    Output
    ------
    : int, 63 bits
    """
    digest = hashlib.sha256(point.encode()).digest()
    words = np.frombuffer(digest, np.uint32)
    sequence = np.random.SeedSequence([root, *map(int, words), *batch])
    return int(sequence.generate_state(1, np.uint64)[0] >> 1)


def seed_everything(seed: int) -> None:
    """Seed the generators that channels draw from (Sionna's: TensorFlow, NumPy)."""
    from sionna.phy import config

    config.seed = seed
