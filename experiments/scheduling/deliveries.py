"""Deliveries over the link, beside what the table expects of the same frames."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from semlink.loop.abstraction.utility import Abstraction
from semlink.loop.traffic.linked import Linked
from semlink.loop.traffic.service import Received, Sending
from semlink.sweeps.monitor import interval

ALL = "all"


class Delivery(NamedTuple):
    """A frame that was sent.

    picture : its number in the source
    expected, utility : by the table, and over the link; the floor of a lost frame
    promised, arrived : probability of delivery by the table, and whether it arrived
    foreseen, spent : channel uses by the table, and of the signal
    """

    transmitter: str
    picture: int
    expected: float
    utility: float
    promised: float
    arrived: float
    foreseen: float
    spent: float


class Compared(NamedTuple):
    """Means over deliveries by the table and over the link.

    gap : utility over the link less that of the table; its interval is over pictures
    """

    transmitter: str
    deliveries: int
    pictures: int
    table: float
    link: float
    gap: float
    gap_ci95: float
    arrive_table: float
    arrive_link: float
    uses_table: float
    uses_link: float


class Watched:
    """A link whose deliveries are noted.

    Parameters
    ----------
    link : delivers frames
    table : what is expected of them
    utility : metric of the table that counts
    values : values of a frame, by the table

    Attributes
    ----------
    deliveries : in the order in which they were made
    """

    def __init__(self, link: Linked, table: Abstraction, utility: str, values: int):
        self._link, self._table, self._values = link, table, values
        self._metric = table.metrics.index(utility)
        self.least, self.number = link.least, link.number
        self.expects, self.least_db = link.expects, link.least_db
        self.deliveries: list[Delivery] = []

    def __call__(self, sending: Sending, chance: np.ndarray) -> Received:
        """What becomes of frames over the link."""
        got = self._link(sending, chance)
        where = sending.transmitter, sending.met_db, sending.uses, sending.content
        known = {"planned_db": sending.planned_db, "values": self._values}
        table = self._table.utility(*where, **known)
        planned = sending.transmitter, sending.planned_db, sending.uses
        spent = self._table.spent(*planned, values=self._values)
        utility = np.where(got.arrives, got.utility, got.floor)
        parts = np.broadcast_arrays(
            sending.transmitter, sending.content, sending.picture,
            table.mean[..., self._metric], utility, table.delivery, got.arrives, spent,
            got.spent,
        )  # fmt: skip
        for place in zip(*np.nonzero(sending.uses > 0), strict=True):
            number, content, picture, *rest = (part[place].item() for part in parts)
            name = self._table.transmitters[number]
            shown = self._link.pictures.number(content, picture)
            self.deliveries.append(Delivery(name, shown, *map(float, rest)))
        return got


def compared(deliveries: Sequence[Delivery]) -> list[Compared]:
    """Means by transmitter, and of all."""
    by_name = defaultdict(list)
    for delivery in deliveries:
        by_name[delivery.transmitter].append(delivery)
    return [_means(name, by_name[name]) for name in sorted(by_name)] + [
        _means(ALL, deliveries)
    ]


def _means(name: str, deliveries: Sequence[Delivery]) -> Compared:
    """Means of deliveries, of which those of one picture depend on each other."""
    by_picture: dict[int, list[float]] = defaultdict(list)
    for one in deliveries:
        by_picture[one.picture].append(one.utility - one.expected)
    sums = np.array([(sum(gaps), len(gaps)) for gaps in by_picture.values()])
    table, link, *others = np.mean([one[2:] for one in deliveries], axis=0).tolist()
    width = interval(sums, False) if len(sums) > 1 else float("nan")
    counts = len(deliveries), len(by_picture)
    return Compared(name, *counts, table, link, link - table, float(width), *others)
