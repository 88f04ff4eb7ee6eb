"""Side information of a learned codec: its parts, and its entropy code."""

from typing import NamedTuple

import numpy as np

from blocks.nn.base_layer import CHANNELS
from blocks.nn.classes import context_rows
from blocks.nn.codec import Codec
from blocks.nn.entropy import FactorisedPrior
from blocks.nn.hyperprior import STRIDE
from blocks.phy.side_information import EntropyCoder, fixed_point

LARGEST = 32  # largest magnitude of a rounded latent; larger values use the escape


class Summary(NamedTuple):
    """Side information of an image.

    classes : [h, w], int32, class of each position of y
    z : [h / 2, w / 2, C], int32, hyper-latent
    base : [h / 2, w / 2, 3], int32, base layer, each value minus its prediction
    """

    classes: np.ndarray
    z: np.ndarray
    base: np.ndarray


class SummaryCoder:
    """Entropy code of summaries: classes given their neighbours, then the rest.

    Parameters
    ----------
    codec : codec whose priors give the tables
    """

    def __init__(self, codec: Codec):
        tables = [_tables(prior) for prior in (codec.prior, codec.base_prior)]
        self._channels, self._first_class = len(tables[0]), sum(map(len, tables))
        self._count = codec.profile.classes
        of_classes = codec.classes.probabilities()
        spare = 2 * LARGEST + 2 - self._count
        tables.append(fixed_point(np.pad(of_classes, ((0, 0), (0, spare)))))
        first = np.zeros(sum(map(len, tables)), int)
        first[: self._first_class] = -LARGEST
        self._coder = EntropyCoder(np.concatenate(tables), first=first, escape=True)
        self._mean = np.round(codec.prior.mean().numpy()).astype(np.int32)
        self._commonest = int(codec.classes.log_share.numpy().argmax())

    def encode(self, summary: Summary) -> np.ndarray:
        """Code a summary : [num_bits], uint8."""
        return self._coder.encode(*self._stream(summary))

    def num_bits(self, summary: Summary) -> float:
        """Information of a summary under the priors."""
        return self._coder.num_bits(*self._stream(summary))

    def bits_of_parts(self, summary: Summary) -> dict[str, float]:
        """Information of each part of a summary."""
        values, rows = self._stream(summary)
        of_class, of_z = rows >= self._first_class, rows < self._channels
        parts = {
            "classes": of_class,
            "hyper-latent": of_z,
            "thumbnail": ~of_class & ~of_z,
        }
        return {
            name: self._coder.num_bits(values[part], rows[part])
            for name, part in parts.items()
        }

    def decode(self, bits: np.ndarray, grid: tuple[int, int]) -> Summary:
        """Decode the summary of an image.

        Input
        -----
        bits : [num_bits], uint8
        grid : (h / 2, w / 2)

        Raises
        ------
        ValueError
            No encoder makes these bits.
        """
        height, width = (STRIDE * n for n in grid)
        outside = self._count

        def row_of(before: list[int]) -> int:
            i = len(before)
            _check_class(before[-1] if i else 0, outside)
            left = before[-1] if i % width else outside
            above = before[-width] if i >= width else outside
            return self._first_class + left * (outside + 1) + above

        values = self._coder.decode_causal(
            bits, height * width, row_of, then=self._rows(grid)
        )
        classes, values = np.split(values, [height * width])
        _check_class(classes.max(), outside)
        values = values.reshape(*grid, -1)
        return Summary(
            classes.reshape(height, width).astype(np.int32),
            values[..., : self._channels],
            values[..., self._channels :],
        )

    def likeliest(self, grid: tuple[int, int]) -> Summary:
        """The most likely summary, for an image whose summary was lost."""
        classes = np.full([STRIDE * n for n in grid], self._commonest, np.int32)
        z = np.broadcast_to(self._mean, (*grid, self._channels))
        return Summary(classes, z, np.zeros((*grid, CHANNELS), np.int32))

    def _stream(self, summary: Summary) -> tuple[np.ndarray, np.ndarray]:
        """Values in the order sent, and their tables."""
        values = np.concatenate([summary.z, summary.base], axis=-1)
        rows = self._first_class + context_rows(summary.classes, self._count)
        return (
            np.concatenate([summary.classes.ravel(), values.ravel()]),
            np.concatenate([rows.ravel(), self._rows(values.shape[:2])]),
        )

    def _rows(self, grid: tuple[int, int]) -> np.ndarray:
        """Tables of hyper-latent and base layer, one for each channel."""
        return np.tile(np.arange(self._first_class), grid[0] * grid[1])


def _check_class(index: int, count: int) -> None:
    """Refuse a table entry beyond the classes; only erroneous bits decode to it."""
    if index >= count:
        raise ValueError(f"classes must be below {count}, got {index}")


def _tables(prior: FactorisedPrior) -> np.ndarray:
    """Frequencies of every channel, the escape last : [C, 2 * LARGEST + 2]."""
    weight, centre, log_scale = (
        v.numpy().astype(np.float64) for v in prior.trainable_variables
    )
    weight = np.exp(weight - weight.max(axis=0))
    edges = np.arange(-LARGEST, LARGEST + 2) - 0.5
    standard = (edges[:, None, None] - centre) * np.exp(-log_scale)
    logistic = (1 + np.tanh(standard / 2)) / 2  # no overflow in the tails
    cumulative = (weight / weight.sum(axis=0) * logistic).sum(axis=1)
    inside = np.diff(cumulative, axis=0).T
    outside = np.maximum(1 - inside.sum(axis=1, keepdims=True), 0)
    return fixed_point(np.concatenate([inside, outside], axis=1))
