"""What flows through a link: every shape, dtype and unit on one page.

``B`` is the number of images in a batch (all of one shape), ``N`` the number of
symbols on the air for the longest image, rounded up; shorter images are followed
by zeros. ``NamedTuple`` because ``tf.function`` traces these as structures.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np


class SourceBatch(NamedTuple):
    """Images as they leave the source.

    image : [B, H, W, 3], uint8 (photos) or float32 with zero mean (toy sources)
    index : [B], position of each image in its source
    name : [B], what a person calls it
    annotations : [B], what is known of the picture (COCO instances, captions)
    """

    image: np.ndarray
    index: tuple[int, ...]
    name: tuple[str, ...]
    annotations: tuple[Mapping[str, Any], ...]

    def each(self) -> Iterator["SourceBatch"]:
        """The images, as a batch of one each."""
        for i in range(len(self.image)):
            yield SourceBatch(*(field[i : i + 1] for field in self))


class Ledger(NamedTuple):
    """Complex channel uses by purpose, each [B], int64. Their sum is all there is."""

    header: np.ndarray
    side: np.ndarray
    payload: np.ndarray
    pilots: np.ndarray
    retransmission: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """All channel uses of each image : [B], int64."""
        return sum(self)


class TxSignal(NamedTuple):
    """What a transmitter puts on the air, and what the simulator keeps to count.

    x : [B, N], complex64, ``E|x|^2 = 1`` over an image's symbols, zeros after them
    ledger : channel uses by purpose
    blocks : [B] arrays [C, K], uint8: information bits of the code blocks sent, from
        which errors are counted. A receiver never sees them.
    clean : [B] slices, of symbols that arrive without noise, where a bound assumes an
        ideal code for a part; ``None`` for all that is a link
    """

    x: np.ndarray
    ledger: Ledger
    blocks: tuple[np.ndarray, ...]
    clean: tuple[slice, ...] | None = None


class RxSignal(NamedTuple):
    """All that a receiver is given: what came over the channel, equalised.

    x_hat : [B, N], complex64, equalised symbols
    no : [B, N], float32, effective noise variance after equalisation
    h_hat : [B, N], complex64, channel estimate (the channel says how it was come by)
    """

    x_hat: np.ndarray
    no: np.ndarray
    h_hat: np.ndarray


class Estimate(NamedTuple):
    """What a receiver makes of it.

    image : [B] arrays [H, W, 3], dtype of the source. A receiver that does not know
        the size of the picture (lost header) gives [1, 1, 3]: one colour.
    lost : [B], bool, the digital part failed and the receiver knows it (outage)
    blocks : [B] arrays [C, K], uint8, information bits of the decoded code blocks, as
        far as it got
    """

    image: tuple[np.ndarray, ...]
    lost: np.ndarray
    blocks: tuple[np.ndarray, ...]


def ledger(
    batch_size: int,
    *,
    header=0,
    side=0,
    payload=0,
    pilots=0,
    retransmission=0,
) -> Ledger:
    """Make a ledger; what is not named is zero."""
    entries = (header, side, payload, pilots, retransmission)
    return Ledger(
        *(np.broadcast_to(np.asarray(e, np.int64), batch_size) for e in entries)
    )


def stack_symbols(rows: list[np.ndarray], *, multiple: int = 1024) -> np.ndarray:
    """Put the images' symbols side by side, zeros behind the shorter ones.

    The common length is rounded up, so that it tells a receiver nothing about the
    length of a transmission and few shapes reach the channel.

    Input
    -----
    rows : [B] arrays [n_i], complex64

    Output
    ------
    x : [B, N], complex64
    """
    longest = max(len(row) for row in rows)
    x = np.zeros((len(rows), -(-longest // multiple) * multiple), np.complex64)
    for target, row in zip(x, rows, strict=True):
        target[: len(row)] = row
    return x


# What is left of an image whose header is lost: (picture, lost, blocks).
UNKNOWN = np.full((1, 1, 3), 128, np.uint8), True, np.zeros((0, 0), np.uint8)


def receive_each(receive: Callable, rx: RxSignal) -> Estimate:
    """Receive a batch image by image.

    Parameters
    ----------
    receive : (x_hat [N], no [N]) -> (picture, lost, decoded blocks) of one image
    """
    images = zip(rx.x_hat, rx.no, strict=True)
    pictures, lost, blocks = zip(*(receive(*image) for image in images), strict=True)
    return Estimate(pictures, np.array(lost), blocks)
