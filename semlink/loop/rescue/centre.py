"""The agent of the command centre: it assesses distress, asks again, sets priorities.

It knows what arrived, and whom its teams have rescued. A distress signal has the place
and the level that the UAV itself estimates. A picture that arrives shows the true level
with the probability of its utility: that its receiver detects what is in it. From then
on the level is recognised.
"""

from typing import NamedTuple

import numpy as np

from semlink.loop.rescue.config import Centre
from semlink.loop.traffic.config import LEVELS


class Received(NamedTuple):
    """What arrived in a slot; all arrays [B, K].

    signal : bool, a distress signal
    guess : int, the level in it
    picture : bool, a live picture
    shows : int, level that is recognised in it; 0: none
    """

    signal: np.ndarray
    guess: np.ndarray
    picture: np.ndarray
    shows: np.ndarray


class Wishes(NamedTuple):
    """What the centre signals to UAVs; all arrays [B, K].

    level : int, believed level for the profile of a UAV whose level is new; 0: none
    asks : bool, for another picture
    """

    level: np.ndarray
    asks: np.ndarray


class CommandCentre:
    """What the centre believes of each sector.

    Parameters
    ----------
    config : of the agent
    shape : (B, K)

    Attributes
    ----------
    believed : [B, K], int, level; 0: no distress is known
    recognised : [B, K], bool, whether a picture has shown the level
    """

    def __init__(self, config: Centre, shape: tuple[int, int]):
        self._config = config
        self.believed = np.zeros(shape, int)
        self.recognised = np.zeros(shape, bool)
        self._silent = np.zeros(shape, int)  # slots without a picture

    def __call__(self, received: Received, waits: np.ndarray) -> Wishes:
        """Assess distress by what arrived, and decide what to signal.

        Parameters
        ----------
        received : in this slot
        waits : [B, K], bool, sectors in which nobody has been rescued
        """
        before, known = self.believed, (self.believed > 0) & waits
        shows = (received.shows > 0) & waits
        signalled = received.signal & waits & ~self.recognised
        guessed = np.where(signalled, received.guess, before)
        self.believed = np.where(shows, received.shows, guessed)
        self.recognised = self.recognised | shows
        self._silent = np.where(received.picture | ~known, 0, self._silent + 1)
        asks = known & ~self.recognised & (self._silent >= self._config.patience_slots)
        asks = asks & self._config.asks
        self._silent = np.where(asks, 0, self._silent)
        new = self.believed != before
        return Wishes(np.where(new, self.believed, 0), asks)

    @property
    def weights(self) -> np.ndarray:
        """Weights of incidents by the believed levels; 0 where none is known."""
        return weights_of(self.believed)


def weights_of(level: np.ndarray) -> np.ndarray:
    """Weight of a level of distress; 0 of level 0."""
    return np.where(level > 0, np.array(LEVELS)[level], 0.0)
