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


class Pace(NamedTuple):
    """What a receiver knows of the time that a frame of the largest size takes.

    slot : symbols of a slot
    encode, decode : slots at the sender and at the receiver, by transmitter
    """

    slot: int
    encode: tuple[float, ...]
    decode: tuple[float, ...]


class Answer(NamedTuple):
    """Answer to a transmission.

    wire : the request on the air; ``None`` where silence says enough
    verdict : what it decides
    slots : from the beginning of what is asked for to the end of its decoding
    """

    wire: Wire | None
    verdict: str
    slots: float = 0.0


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
