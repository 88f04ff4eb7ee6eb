"""Random crops of photos, a pure function of seed and step."""

from typing import NamedTuple

import keras
import numpy as np
from PIL import Image

SMALLEST, LARGEST = 0.7, 1.5  # magnification of a photo before cropping
CONTEXT_KNOWN = 0.9  # share of crops with a context


class Draw(NamedTuple):
    """Random conditions of each crop of a training step, each [B].

    quality : from 0, see :data:`experiments.training.objective.FINEST_QUALITY`
    eta : real channel dimensions per bit of entropy
    snr_db : Es/N0 of the channel
    design_snr_db : Es/N0 that the transmitter designs for
    layer : one for a digital layer of the latents, else zero
    """

    quality: np.ndarray
    eta: np.ndarray
    snr_db: np.ndarray
    design_snr_db: np.ndarray
    layer: np.ndarray


def crop(photo: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Crop a square from a photo, with random magnification and mirroring.

    photo : [H, W, 3], uint8 -> [size, size, 3], uint8
    """
    height, width = photo.shape[:2]
    magnification = np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST)))
    side = min(size / magnification, height, width)
    left, top = rng.uniform(0, width - side), rng.uniform(0, height - side)
    box = (left, top, left + side, top + side)
    image = Image.fromarray(photo).resize(
        (size, size), Image.Resampling.BICUBIC, box=box
    )
    pixels = np.asarray(image)
    return pixels[:, ::-1] if rng.random() < 0.5 else pixels


class Crops(keras.utils.PyDataset):
    """Batches of crops of one epoch, with the conditions of each crop.

    Parameters
    ----------
    photos : [H, W, 3] arrays, uint8: ``Photos`` or a list
    draw : (rng, batch size) -> :class:`Draw`
    size, batch_size : side of a crop, and crops of a batch
    steps : batches of an epoch
    seed : root of all randomness; it determines batch ``n`` of a run
    epoch : number of the epoch
    contexts : [len(photos), D], float32, embeddings, if there are any; some crops get
        zeros instead
    """

    def __init__(
        self, photos, draw, *, size, batch_size, steps, seed, epoch=0, contexts=None
    ):
        super().__init__(workers=1)
        self._photos, self._draw, self._contexts = photos, draw, contexts
        self._size, self._batch_size, self._steps = size, batch_size, steps
        self._seed, self._epoch = seed, epoch

    def __len__(self):
        return self._steps

    def __getitem__(self, index):
        rng = np.random.default_rng((self._seed, self._epoch * self._steps + index))
        chosen = rng.integers(len(self._photos), size=self._batch_size)
        image = np.stack([crop(self._photos[i], self._size, rng) for i in chosen])
        batch = {"image": image, **self._draw(rng, self._batch_size)._asdict()}
        if self._contexts is not None:  # drawn last, so that the rest does not change
            known = rng.random((self._batch_size, 1)) < CONTEXT_KNOWN
            batch["context"] = np.where(known, self._contexts[chosen], np.float32(0))
        return (batch,)
