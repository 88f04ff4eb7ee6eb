"""What becomes of a frame that is sent: over the real link.

A frame is a picture of its class of content. It is encoded for the state that its
sender plans for, sent over AWGN of the state that it meets, decoded and judged. The
receiver has the received signal alone: it knows neither the picture nor the states.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from semlink.chain import Link
from semlink.errors import Infeasible
from semlink.loop.exchange import Encoded, Receiving
from semlink.loop.feedback import Feedback
from semlink.loop.traffic.service import Received, Sending, Service
from semlink.metrics import Task
from semlink.protocols import Budget, Source
from semlink.rng import Seeds
from semlink.signals import Sample, unknown
from semlink.store.cache import data_hash

CHANNEL = "awgn"  # a slot has one state
CHANCES = 2**53  # that a uniform number distinguishes
Keep = Callable[[Hashable, Callable[[], Encoded]], Encoded]


class Pictures(NamedTuple):
    """Pictures that frames are.

    source : all of them
    classes : numbers of the pictures of each class of content
    """

    source: Source
    classes: Sequence[Sequence[int]]

    def number(self, content: int, picture: float) -> int:
        """Number of a frame's picture, by its class and ``picture`` from 0 to 1."""
        of = self.classes[content]
        return of[int(picture * len(of))]


class Worth(NamedTuple):
    """What a frame is worth.

    task : built for the source
    metric : of the task, additive, from 0 to 1
    """

    task: Task
    metric: str

    def of(self, values: Mapping[str, tuple[float, float]], floor: float) -> float:
        """The metric in values (sum, count); the floor if it was not judged."""
        total, count = values.get(self.metric, (0.0, 0.0))
        return total / count if count else floor

    def floor(self, sample: Sample) -> float:
        """What the task makes of nothing."""
        return self.of(self.task.observe(sample, unknown(sample.modality)), 0.0)


class Linked:
    """Over the real link, frame by frame.

    The course of the noise follows from the chance of a delivery, so that equal
    episodes meet equal noise, whatever is decided and whatever is sent beside it.

    Parameters
    ----------
    links : over AWGN, by the transmitter's place in the table; its task among theirs
    pictures : that frames are
    worth : what they are worth
    known : what schedulers know beforehand: places, fewest channel uses, utilities
    kept : keeps signals that are sent again
    """

    def __init__(
        self,
        links: Mapping[int, Link],
        pictures: Pictures,
        worth: Worth,
        known: Service,
        kept: Keep,
    ):
        self.pictures, self._links, self._worth = pictures, links, worth
        self._known, self._kept = known, kept
        self._floors: dict[int, float] = {}

    def __call__(self, sending: Sending, chance: np.ndarray) -> Received:
        """What becomes of frames."""
        *parts, chance = np.broadcast_arrays(*sending, chance)
        each, zero = Sending(*parts), np.zeros(chance.shape)
        found = Received(zero > 0, zero.copy(), zero.copy(), zero.copy())
        for place in zip(*np.nonzero(each.uses > 0), strict=True):
            one = Sending(*(part[place].item() for part in each))
            got = self.delivered(one, chance[place].item())
            for whole, value in zip(found, got, strict=True):
                whole[place] = value
        return found

    def least(self, transmitter: np.ndarray, planned_db: np.ndarray) -> np.ndarray:
        """Fewest channel uses that hold a signal, as far as they are known."""
        return self._known.least(transmitter, planned_db)

    def expects(self, transmitter, planned_db, uses, content) -> np.ndarray:
        """Utility that is expected, as far as it is known."""
        return self._known.expects(transmitter, planned_db, uses, content)

    def least_db(self, transmitter, uses) -> np.ndarray:
        """State that channel uses need, as far as it is known."""
        return self._known.least_db(transmitter, uses)

    def number(self, transmitter: str) -> int:
        """Place of a transmitter in the table."""
        return self._known.number(transmitter)

    def delivered(self, sent: Sending, chance: float) -> Received:
        """What becomes of one frame; all without axes."""
        number = self.pictures.number(sent.content, sent.picture)
        sample = self.pictures.source[number]
        link, floor = self._links[sent.transmitter], self._floor(number, sample)
        budget = self._budget(link, sample, sent)
        encode = partial(self._encoded, link, sample, budget)
        seeds = Seeds(int(chance * CHANCES), CHANNEL)
        try:
            to = Receiving(sample.query)
            delivery = link.deliver(encode, sent.met_db, seeds, to)
        except Infeasible:
            return Received(False, floor, floor, 0.0)
        spent = float(link.uses(delivery).total)
        if delivery.estimate.lost:
            return Received(False, floor, floor, spent)
        values = link.judge(sample, delivery).values
        return Received(True, self._worth.of(values, floor), floor, spent)

    def _budget(self, link: Link, sample: Sample, sent: Sending) -> Budget:
        """Channel uses of a grant, and the point that a planned state gives.

        Over AWGN the state is its own statistics: none have to be simulated.
        """
        planned = Feedback(round(sent.planned_db, 3))
        point = link.transmitter.operating_point(planned)
        return Budget(sent.uses / sample.values, "per_image", point)

    def _encoded(self, link: Link, sample: Sample, budget: Budget, _) -> Encoded:
        """The signal of a picture within a budget, unless it is kept."""
        given = link.given(sample)

        def make() -> Encoded:
            plan = link.plan([given], budget)
            return Encoded(given, plan, *link.transmit(given, plan))

        key = link.pair.label, data_hash(given.data), given.index, budget
        return self._kept(key, make)._replace(sample=given)

    def _floor(self, number: int, sample: Sample) -> float:
        if number not in self._floors:
            self._floors[number] = self._worth.floor(sample)
        return self._floors[number]
