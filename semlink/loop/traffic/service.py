"""What becomes of a frame that is sent: by the measured table, or by fixed chance.

Over the real link, see :mod:`.linked`.
"""

from typing import NamedTuple, Protocol

import numpy as np

from semlink.errors import InputError
from semlink.loop.abstraction.table import DELIVERY
from semlink.loop.abstraction.utility import Abstraction
from semlink.registry import unknown


class Sending(NamedTuple):
    """Frames that are sent; all arrays [B, K].

    transmitter : int, place in the table
    met_db, planned_db : Es/N0 that is met, and that was planned for [dB]
    uses : int, granted channel uses; 0: nothing is sent
    content : int, class of content
    picture : from 0 to 1, which picture of its class a frame is
    """

    transmitter: np.ndarray
    met_db: np.ndarray
    planned_db: np.ndarray
    uses: np.ndarray
    content: np.ndarray
    picture: np.ndarray


class Received(NamedTuple):
    """What came of them; all arrays [B, K].

    arrives : bool
    utility : from 0 to 1, of those that arrive
    floor : utility of nothing
    spent : channel uses
    """

    arrives: np.ndarray
    utility: np.ndarray
    floor: np.ndarray
    spent: np.ndarray


class Service(Protocol):
    """Delivers frames."""

    def __call__(self, sending: Sending, chance: np.ndarray) -> Received:
        """What becomes of frames; ``chance`` [B, K] decides, uniform in [0, 1)."""

    def least(self, transmitter: np.ndarray, planned_db: np.ndarray) -> np.ndarray:
        """Fewest channel uses that hold a signal : [...], int."""

    def expects(self, transmitter, planned_db, uses, content) -> np.ndarray:
        """Utility that shared knowledge expects of frames : [...], from 0 to 1.

        Parameters
        ----------
        transmitter : int [...], places
        planned_db : state that they are planned for, and are expected to meet [dB]
        uses : channel uses that are asked for
        content : int [...], classes of content
        """

    def least_db(self, transmitter, uses) -> np.ndarray:
        """Es/N0 to plan for, from which channel uses hold a signal : [...], dB."""

    def number(self, transmitter: str) -> int:
        """Place of a transmitter."""


class Measured:
    """By the measured table, whose expected utility a frame has.

    Parameters
    ----------
    table : utilities
    utility : metric that counts
    values : values of a frame

    Raises
    ------
    InputError
        The table has no such metric, or it is not from 0 to 1.
    """

    def __init__(self, table: Abstraction, utility: str, values: int):
        bounded = dict(zip(table.metrics, table.table.bounded, strict=True))
        known = [name for name, is_bounded in bounded.items() if is_bounded]
        if utility not in known or utility == DELIVERY:
            raise InputError(unknown("utility from 0 to 1", utility, known))
        self._table, self._values = Abstraction(table.table.only(utility)), values
        self._metric = self._table.metrics.index(utility)
        grid = np.floor(table.table.cbr * values + 1e-6).astype(int)
        fits = np.isfinite(table.table.spent)  # [T, S, U]
        self._least = np.where(fits.any(-1), grid[fits.argmax(-1)], grid[-1] + 1)

    def __call__(self, sending: Sending, chance: np.ndarray) -> Received:
        """What becomes of frames."""
        found = self._table.utility(
            sending.transmitter,
            sending.met_db,
            sending.uses,
            sending.content,
            planned_db=sending.planned_db,
            values=self._values,
        )
        sent = sending.uses > 0
        return Received(
            arrives=sent & (chance < found.delivery),
            utility=found.arrived[..., self._metric],
            floor=found.floor[..., self._metric],
            spent=np.where(sent, found.spent, 0.0),
        )

    def least(self, transmitter: np.ndarray, planned_db: np.ndarray) -> np.ndarray:
        """Fewest channel uses of the table at the next SNR above, which hold one."""
        grid = self._table.table.snr_db
        above = np.searchsorted(grid, planned_db, "right") - 1
        return self._least[transmitter, np.clip(above, 0, len(grid) - 1)]

    def expects(self, transmitter, planned_db, uses, content) -> np.ndarray:
        """Mean utility by the table, losses included."""
        found = self._table.utility(
            transmitter, planned_db, uses, content, values=self._values
        )
        return np.clip(found.mean[..., self._metric], 0, 1)

    def least_db(self, transmitter, uses) -> np.ndarray:
        """The least one of the table; infinite without one."""
        return self._table.least_db(transmitter, uses, values=self._values)

    def number(self, transmitter: str) -> int:
        """Place of a transmitter in the table."""
        return int(self._table.number(transmitter))


class Chance(NamedTuple):
    """Frames of a fixed size that arrive with one probability, for closed forms.

    uses : channel uses of a frame
    delivery : probability that it arrives
    """

    uses: int
    delivery: float = 1.0

    def __call__(self, sending: Sending, chance: np.ndarray) -> Received:
        """Whatever has its channel uses arrives by chance, with utility 1."""
        sent = sending.uses >= self.uses
        one = np.ones(sent.shape)
        arrives = sent & (chance < self.delivery)
        return Received(arrives, one, 0 * one, np.where(sent, self.uses, 0.0))

    def least(self, transmitter: np.ndarray, planned_db: np.ndarray) -> np.ndarray:
        """All of them."""
        return np.full(np.shape(planned_db), self.uses)

    def expects(self, transmitter, planned_db, uses, content) -> np.ndarray:
        """The probability of a delivery, if there are enough channel uses."""
        return np.where(np.asarray(uses) >= self.uses, self.delivery, 0.0)

    def least_db(self, transmitter, uses) -> np.ndarray:
        """Any, if there are enough channel uses."""
        return np.where(np.asarray(uses) >= self.uses, -np.inf, np.inf)

    def number(self, transmitter: str) -> int:
        """Every transmitter is the same."""
        return 0
