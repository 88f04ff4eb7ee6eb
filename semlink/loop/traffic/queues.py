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
        self._first = np.arange(np.prod(shape)).reshape(shape) * length
        self.count = np.zeros(shape, int)
        held = self._first.size * length  # of one axis, where an index costs least
        self._arrived, self._weight = np.zeros(held, int), np.ones(held)
        self._content, self._picture = np.zeros(held, int), np.zeros(held)
        self._look()

    def push(self, comes: np.ndarray, slot: int, weight, content, picture):
        """Let a frame of some users [B, K], bool, join; return whose found no room."""
        fits = comes & (self.count < self._length)
        if fits.any():
            end = self._first + (self._head + self.count) % self._length
            place = end[fits]
            self._arrived[place] = slot
            self._weight[place] = weight[fits]
            self._content[place] = content[fits]
            self._picture[place] = picture[fits]
            self.count = self.count + fits
            self._look()
        return comes & ~fits

    def pop(self, leaves: np.ndarray) -> None:
        """Let the oldest frame of some users [B, K], bool, leave."""
        self._head = np.where(leaves, (self._head + 1) % self._length, self._head)
        self.count = self.count - leaves
        self._look()

    def _look(self) -> None:
        """Look at the oldest frames: once a change, as they are read many times."""
        at = self._first + self._head
        self.arrived, self.weight = self._arrived.take(at), self._weight.take(at)
        self.content, self.picture = self._content.take(at), self._picture.take(at)
