"""Queues of frames with deadlines: first come, first served, of a limited length."""

import numpy as np


class Queues:
    """A queue for each user of each episode; frames are numbers of their properties.

    Parameters
    ----------
    shape : (B, K)
    length : frames that a queue holds at most

    Attributes
    ----------
    count : [B, K], frames that wait
    arrived : [B, K], slot of arrival of the oldest frame; of no meaning without one
    weight : [B, K], importance of the oldest frame
    content : [B, K], class of content of the oldest frame
    picture : [B, K], from 0 to 1, which picture of its class the oldest frame is
    """

    def __init__(self, shape: tuple[int, int], length: int):
        self._length, self._head = length, np.zeros(shape, int)
        self.count = np.zeros(shape, int)
        held = (*shape, length)
        self._arrived, self._weight = np.zeros(held, int), np.ones(held)
        self._content, self._picture = np.zeros(held, int), np.zeros(held)

    @property
    def arrived(self) -> np.ndarray:
        """See the class."""
        return self._oldest(self._arrived)

    @property
    def weight(self) -> np.ndarray:
        """See the class."""
        return self._oldest(self._weight)

    @property
    def content(self) -> np.ndarray:
        """See the class."""
        return self._oldest(self._content)

    @property
    def picture(self) -> np.ndarray:
        """See the class."""
        return self._oldest(self._picture)

    def push(self, comes: np.ndarray, slot: int, weight, content, picture):
        """Let a frame of some users [B, K], bool, join; return whose found no room."""
        fits = comes & (self.count < self._length)
        if fits.any():
            b, k = np.nonzero(fits)
            place = (self._head[b, k] + self.count[b, k]) % self._length
            self._arrived[b, k, place] = slot
            self._weight[b, k, place] = weight[b, k]
            self._content[b, k, place] = content[b, k]
            self._picture[b, k, place] = picture[b, k]
            self.count[b, k] += 1
        return comes & ~fits

    def pop(self, leaves: np.ndarray) -> None:
        """Let the oldest frame of some users [B, K], bool, leave."""
        self._head = np.where(leaves, (self._head + 1) % self._length, self._head)
        self.count = self.count - leaves

    def _oldest(self, values: np.ndarray) -> np.ndarray:
        return np.take_along_axis(values, self._head[..., None], -1)[..., 0]
