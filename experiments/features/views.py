"""Views of training photos and what EfficientNet-Lite0 makes of them, kept in a folder.

    python -m experiments.features.views FOLDER PHOTOS...

Each photo is seen whole, and in random crops of three tenths of its area or more. The
folder holds the features at the cut [N, 14, 14, 112] and the logits [N, 1000], float16.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from blocks.nn.efficientnet.lite import cut, standardised, trained
from blocks.nn.efficientnet.receiving_half import CUT
from experiments.failing import failing_in_one_line
from experiments.training.photos import find_photos
from semlink.graph import compiled

VIEWS = 3  # of a photo, the first of them whole
LEAST_AREA = 0.3
BATCH = 16
HELD_OUT = 64  # views, the first ones, for the validation
FEATURES, LOGITS = "features.npy", "logits.npy"


def view(photo: np.ndarray, number: int, rng: np.random.Generator) -> np.ndarray:
    """A view of a photo [H, W, 3]: the whole, or a crop, perhaps mirrored."""
    if number:
        height, width, _ = photo.shape
        down, across = np.sqrt(rng.uniform(LEAST_AREA, 1, 2))
        tall, wide = round(down * height), round(across * width)
        top, left = rng.integers(height - tall + 1), rng.integers(width - wide + 1)
        photo = photo[top : top + tall, left : left + wide]
    return np.ascontiguousarray(photo[:, ::-1] if rng.random() < 0.5 else photo)


def make(folder: Path, sources: Sequence[str], seed: int = 1) -> None:
    """Write features and logits of all views of the photos under some folders."""
    photos = [find_photos(source) for source in sources]
    rng = np.random.default_rng(seed)
    places = [(p, i) for p in photos for i in range(len(p))]
    places = [places[i] for i in rng.permutation(len(places))]
    first, second = (
        compiled(half, level="graph", name="half") for half in cut(trained(), CUT)
    )
    folder.mkdir(parents=True, exist_ok=True)
    total = VIEWS * len(places)
    features = _array(folder / FEATURES, (total, 14, 14, 112))
    logits = _array(folder / LOGITS, (total, 1000))
    for start, inputs in _batches(places, rng):
        rows = slice(start, start + len(inputs))
        middle = first(inputs)
        features[rows], logits[rows] = middle, second(middle)
        if start % (64 * BATCH) == 0:
            print(f"{start} of {total}", flush=True)


def _batches(places: Sequence, rng) -> Iterator[tuple[int, np.ndarray]]:
    """Inputs of the network in batches, whole photos first."""
    for number in range(VIEWS):
        for start in range(0, len(places), BATCH):
            chosen = places[start : start + BATCH]
            views = [standardised(view(p[i], number, rng)) for p, i in chosen]
            yield number * len(places) + start, np.concatenate(views)


def _array(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    return np.lib.format.open_memmap(path, "w+", np.float16, shape)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(f"usage: {sys.argv[0]} FOLDER PHOTOS..., got {sys.argv[1:]}")
    with failing_in_one_line():
        make(Path(sys.argv[1]), sys.argv[2:])
