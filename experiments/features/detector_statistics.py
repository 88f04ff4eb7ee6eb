"""Statistics of NanoDet-g's features at the cut, for their linear code.

    python -m experiments.features.detector_statistics PHOTOS NUMBER

The first NUMBER of the shuffled photos under the folder PHOTOS are used, each whole.
What counts is the squared error of the scores, and that of the sides of boxes as a
share of their extent, weighted by the score: with the Jacobian J of these and a random
vector z of unit covariance, E[J'z z'J] = J'J is the information of the KLT.
"""

import io
import sys
from collections.abc import Iterator, Sequence

import numpy as np
from scipy.fft import dctn

from blocks.detectors import nanodet
from blocks.detectors.nanodet_halves import CHANNELS, LATERAL, SIDES, Cut, NanoDetHalves
from blocks.features.pyramid import FILE, bands, cells, named, zones
from experiments.failing import failing_in_one_line
from experiments.features.onnx_graph import OnnxGraph
from experiments.features.statistics import task_weighted
from experiments.training.photos import Photos, find_photos
from semlink.graph import compiled
from semlink.modalities.categories import CATEGORIES
from semlink.store.files import write_whole

# convolutions whose outputs are scores' logits and distances, of three scales
HEADS = tuple(f"PartitionedCall/Add_{number}" for number in (29, 33, 37))
SEED = 1
_EVEN = np.eye(CHANNELS)  # information, if all errors count alike


def fit(
    photos: Sequence[np.ndarray], cut: Cut = LATERAL, *, weighted: bool = True
) -> dict[str, np.ndarray]:
    """Statistics of all maps, by the names of ``blocks.features.pyramid``.

    Parameters
    ----------
    weighted : whether errors count by what they do to the detections, or all alike
    """
    first = NanoDetHalves(cut).first
    maps = [[one.astype(np.float16) for one in first(photo)] for photo in photos]
    means = [mean_by_zone(of_one_map) for of_one_map in zip(*maps, strict=True)]
    moments = [Moments(side, mean) for side, mean in zip(cut.sides, means, strict=True)]
    for seen, gradients in zip(maps, _gradients(maps, cut), strict=True):
        for own, x, gradient in zip(moments, seen, gradients, strict=True):
            own.add(x.astype(np.float32), gradient)
    codes = [own.klt(weighted=weighted) for own in moments]
    # the unit of errors is free; in half precision, deviations need one near theirs
    unit = max(sigma.max() for _, sigma in codes)
    stored = {"sides": np.array(cut.sides, np.int16)}
    for side, mean, (forward, sigma) in zip(cut.sides, means, codes, strict=True):
        found = (mean, forward / unit, sigma / unit)
        kept = (one.astype(np.float16) for one in found)
        stored |= dict(zip(named(side), kept, strict=True))
    return stored


def mean_by_zone(maps: Sequence[np.ndarray]) -> np.ndarray:
    """Mean of maps [S, S, C] over the positions of a zone : [zones, zones, C]."""
    mean = np.mean(maps, axis=0, dtype=np.float64)
    zone = zones(len(mean))
    share = np.eye(zone[-1] + 1)[zone] / np.bincount(zone)
    return np.einsum("ia,jb,ijc->abc", share, share, mean)


class Moments:
    """Second moments of the spectrum of a map, and of gradients.

    Parameters
    ----------
    side : of the map
    mean : [zones, zones, C], by zone
    """

    def __init__(self, side: int, mean: np.ndarray):
        self._cells, self._bands, at = cells(side), bands(side), zones(side)
        self._mean, self._number = mean[np.ix_(at, at)], 0
        octaves, square = self._cells[-1] + 1, (CHANNELS, CHANNELS)
        self._spectrum = np.zeros((octaves, octaves, *square))
        self._information = np.zeros((octaves, *square))

    def add(self, x: np.ndarray, gradient: np.ndarray) -> None:
        """Take in a map [S, S, C] and a gradient with respect to it."""
        self._number += 1
        spectrum = dctn(x - self._mean, axes=(0, 1), norm="ortho")
        for cell in np.ndindex(self._spectrum.shape[:2]):
            self._spectrum[cell] += _product(spectrum[self._of(*cell)])
        spectrum = dctn(gradient, axes=(0, 1), norm="ortho")
        for number in range(len(self._information)):
            self._information[number] += _product(spectrum[self._bands == number])

    def klt(self, *, weighted: bool) -> tuple[np.ndarray, np.ndarray]:
        """KLT of each band, and deviations of each cell."""
        size = np.outer(*[np.bincount(self._cells)] * 2)
        total = self._spectrum / self._number
        forward, sigma = np.empty_like(self._information), np.empty(total.shape[:3])
        octave = np.arange(len(size))
        for number, information in enumerate(self._information):
            inside = np.maximum.outer(octave, octave) == number
            count = size[inside].sum()
            counted = information / count / self._number if weighted else _EVEN
            vectors = task_weighted(total[inside].sum(0) / count, counted)
            forward[number] = vectors
            for cell in map(tuple, np.argwhere(inside)):
                power = np.diag(vectors @ total[cell] @ vectors.T) / size[cell]
                # of fewer pictures than channels, some have no variance but rounding
                sigma[cell] = np.sqrt(np.maximum(power, 0))
        return forward, sigma

    def _of(self, row: int, column: int) -> np.ndarray:
        """Mask of the frequencies of a cell."""
        return np.outer(self._cells == row, self._cells == column)


def write(stored: dict[str, np.ndarray]) -> None:
    """Write the shipped statistics."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **stored)
    write_whole(FILE, buffer.getvalue())


def errors(heads, draws):
    """The product of random numbers and what errors of the heads count by.

    Input
    -----
    heads : [1, S, S, 124] of each scale, logits of scores, then of distances
    draws : random numbers, [1, S, S, 80] for scores and [1, S, S, 4] for sides
    """
    import tensorflow as tf

    total, bins = 0.0, tf.range(nanodet.BINS, dtype=tf.float32)
    for head, (of_scores, of_sides) in zip(heads, draws, strict=True):
        scores = tf.sigmoid(head[..., : len(CATEGORIES)])
        shape = (*head.shape[:3], 4, nanodet.BINS)
        shares = tf.nn.softmax(tf.reshape(head[..., len(CATEGORIES) :], shape))
        sides = tf.linalg.matvec(shares, bins)
        extent = tf.tile(sides[..., :2] + sides[..., 2:], (1, 1, 1, 2))
        weight = tf.reduce_max(scores, -1, keepdims=True) / tf.maximum(extent, 1.0)
        total += tf.reduce_sum(of_scores * scores)
        total += tf.reduce_sum(of_sides * tf.stop_gradient(weight) * sides)
    return total


def _gradients(maps: Sequence, cut: Cut) -> Iterator[list[np.ndarray]]:
    """Gradients of :func:`errors` with respect to the maps of each picture."""
    import tensorflow as tf

    graph, rng = OnnxGraph(nanodet.WEIGHTS), np.random.default_rng(SEED)

    def gradient(x, draws):
        with tf.GradientTape() as tape:
            tape.watch(x)
            heads = graph(dict(zip(cut.tensors, x, strict=True)), HEADS)
            total = errors(heads, draws)
        return tape.gradient(total, x)

    step = compiled(gradient, level="graph", name="gradient")
    for seen in maps:
        draws = [
            [
                rng.standard_normal((1, side, side, count), np.float32)
                for count in (len(CATEGORIES), 4)
            ]
            for side in SIDES
        ]
        x = [tf.constant(one[None], tf.float32) for one in seen]
        yield [one.numpy()[0] for one in step(x, draws)]


def _product(x: np.ndarray) -> np.ndarray:
    """Sum of the outer products of the rows of x : [n, C]."""
    return x.T @ x


def main(folder: str, number: int) -> None:
    """Fit, and write the shipped statistics."""
    write(fit(shuffled(folder)[:number]))


def shuffled(folder: str) -> Photos:
    """The photos under a folder in a fixed random order."""
    photos = find_photos(folder)
    order = np.random.default_rng(SEED).permutation(len(photos))
    return Photos([photos.paths[i] for i in order])


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} PHOTOS NUMBER, got {sys.argv[1:]}")
    with failing_in_one_line():
        main(sys.argv[1], int(sys.argv[2]))
