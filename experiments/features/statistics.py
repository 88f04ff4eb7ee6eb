"""Statistics of the features at the cut, for the linear code of the transmitter.

    python -m experiments.features.statistics FOLDER

FOLDER is one that ``experiments.features.views`` wrote.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.fft import dctn

from blocks.features.classifier import EDGES, FILE, bands
from blocks.features.transform import (
    Transform,
    analyse,
    transform_of,
)
from blocks.nn.efficientnet.lite import cut, trained
from blocks.nn.efficientnet.receiving_half import CUT
from experiments.failing import failing_in_one_line
from experiments.features.views import FEATURES, HELD_OUT, LOGITS
from semlink.graph import compiled
from semlink.store.files import write_whole

BATCH = 16
FOR_MOMENTS, FOR_GRADIENTS = 2800, 1600  # views
RIDGE = 3e-3  # share of the mean information, added to that of each direction


def fit(folder: Path, seed: int = 1) -> Transform:
    """Fit the transform: Fisher information and covariance in each band."""
    features = np.load(folder / FEATURES, mmap_mode="r")
    x = features[HELD_OUT : HELD_OUT + FOR_MOMENTS].astype(np.float32)
    mean = x.mean(axis=0)
    x -= mean
    band, count = bands(), len(EDGES) + 1
    covariance = np.zeros((count, mean.shape[-1], mean.shape[-1]))
    for part in np.array_split(x, 30):
        covariance += _products(dctn(part, axes=(1, 2), norm="ortho"), band, count)
    information = np.zeros_like(covariance)
    for gradient in _gradients(folder, seed):
        spectrum = dctn(gradient, axes=(1, 2), norm="ortho")
        information += _products(spectrum, band, count)
    frequencies = np.bincount(band.ravel())[:, None, None]
    covariance /= frequencies * len(x)
    information /= frequencies * FOR_GRADIENTS
    forward = np.stack(list(map(task_weighted, covariance, information)))
    unscaled = transform_of(band, mean, forward, np.ones(x.shape[1:]))
    power = [np.sum(analyse(p + mean, unscaled) ** 2, 0) for p in np.array_split(x, 30)]
    return unscaled._replace(sigma=np.sqrt(np.sum(power, axis=0) / len(x)))


def task_weighted(covariance: np.ndarray, information: np.ndarray) -> np.ndarray:
    """KLT of one band under errors that count by their Fisher information.

    With R R = F + ridge and R C R = U L U', the rows of U' R are the vectors; the
    coefficients are uncorrelated and have the variances L.
    """
    ridge = RIDGE * np.trace(information) / len(information)
    values, vectors = np.linalg.eigh(information + ridge * np.eye(len(information)))
    root = (vectors * np.sqrt(values)) @ vectors.T
    _, axes = np.linalg.eigh(root @ covariance @ root)
    return axes[:, ::-1].T @ root


def write(transform: Transform) -> None:
    """Write the shipped statistics, in half precision."""
    import io

    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        mean=transform.mean.astype(np.float16),
        forward=transform.forward.astype(np.float16),
        sigma=transform.sigma.astype(np.float16),
    )
    write_whole(FILE, buffer.getvalue())


def _gradients(folder: Path, seed: int) -> Iterator[np.ndarray]:
    """Gradients of log-probabilities of decisions drawn from the network's own."""
    import tensorflow as tf

    features = np.load(folder / FEATURES, mmap_mode="r")
    logits = np.load(folder / LOGITS, mmap_mode="r")
    _, half = cut(trained(), CUT)
    rng = np.random.default_rng(seed)

    def gradient(x, labels):
        with tf.GradientTape() as tape:
            tape.watch(x)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, half(x))
        return tape.gradient(losses, x)

    step = compiled(gradient, level="graph", name="gradient")
    for start in range(HELD_OUT, HELD_OUT + FOR_GRADIENTS, BATCH):
        rows = slice(start, start + BATCH)
        scores = logits[rows] + rng.gumbel(size=(BATCH, logits.shape[1]))
        labels = scores.argmax(axis=1).astype(np.int32)
        yield step(tf.constant(features[rows], tf.float32), labels).numpy()


def _products(x: np.ndarray, band: np.ndarray, count: int) -> np.ndarray:
    """Sums of the outer products of channels in each band : [bands, C, C]."""
    parts = (x[:, band == number].reshape(-1, x.shape[-1]) for number in range(count))
    return np.stack([part.T @ part for part in parts]).astype(np.float64)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} FOLDER, got {sys.argv[1:]}")
    with failing_in_one_line():
        write(fit(Path(sys.argv[1])))
