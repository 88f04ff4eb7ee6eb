"""Reception of a frame: what a receiver is told, what it has, what it answers."""

from typing import Any, NamedTuple

from semlink.ends.wire import Wire
from semlink.signalling.messages import Grant
from semlink.signalling.profile import Offer
from semlink.signals import unknown


class Intended(NamedTuple):
    """What came of what a user said.

    offer : profile of the intent, or of the nearest that can be met
    questions : that the user answered before it was understood
    num_bytes : of questions and answers, in UTF-8
    """

    offer: Offer
    questions: int = 0
    num_bytes: int = 0


class Spare(NamedTuple):
    """Channel uses that can still arrive before the deadline of a frame.

    parts : of a retransmission
    anew : of a transmission for which the frame is encoded once more
    """

    parts: int
    anew: int


class Answer(NamedTuple):
    """Answer to a transmission.

    wire : the request on the air; ``None`` where silence says enough
    verdict : what it decides
    """

    wire: Wire | None
    verdict: str


class Closed(NamedTuple):
    """End of a frame at the receiver.

    success : its own estimate of the utility, from 0 to 1
    report, act : messages that go up, if there are any
    answer : what an acknowledged transmitter learns of the receiver's memory, if it is
        one
    """

    success: float
    report: Wire | None
    act: Wire | None
    answer: Wire | None


class Reception:
    """What the receiver has of the present frame.

    number, query : of the frame
    """

    def __init__(self, number: int, query: Any):
        self.number, self.query = number, query
        self.grant: Grant | None = None
        self.process, self.estimate = None, unknown()
        self.heard = self.received = 0  # transmissions, symbols
        self.fetched: int | None = None
        self.answer: tuple[int, ...] | None = None
        self.begins = True  # the next signal begins with a grant
