"""Decodes signals received by another process, and saves the estimates.

Nothing is sent here: a pair is built from its word alone. Arguments: what was received,
where the estimates go. Samples are in the order in which they were sent where the pair
remembers, and in the opposite order where it does not: then it must not matter.
"""

import pickle
import sys
from pathlib import Path
from typing import Any, NamedTuple

from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.protocols import StateMap, Transceiver
from semlink.signals import Estimate, RxSignal


class Heard(NamedTuple):
    """Received signals of one sample.

    query : that it had from the start
    signals : all that came over the channel
    reported : map of the channel's state that the receiver reported, if any
    """

    query: Any
    signals: tuple[RxSignal, ...]
    reported: StateMap | None = None


def replayed(pair: Transceiver, course: list[Heard]) -> list[Estimate]:
    """Estimates of a receiver for consecutive samples."""
    if not pair.remembers:
        return [received(pair, heard, None)[0] for heard in reversed(course)][::-1]
    estimates, memory = [], None
    for heard in course:
        estimate, memory = received(pair, heard, memory)
        estimates.append(estimate)
    return estimates


def received(pair: Transceiver, heard: Heard, memory) -> tuple[Estimate, Any]:
    """Estimate for one sample, and the new memory."""
    if pair.loop is None:
        (rx,) = heard.signals
        return pair.receiver(rx, heard.query, memory)
    process = pair.receiver.listen(heard.query, memory)
    if heard.reported is not None:
        process.reported(heard.reported)
    estimates = [process(rx) for rx in heard.signals]
    return estimates[-1], process.memory


def main(received_at: Path, estimates_at: Path) -> None:
    """Replay the courses of all pairs, by their words."""
    known, estimates = catalogue(), {}
    for word, course in pickle.loads(received_at.read_bytes()).items():
        pair = known.build("transmitter", ComponentSpec.model_validate(word))
        heard = [
            Heard(q, tuple(RxSignal(*s) for s in signals), reported)
            for q, signals, reported in course
        ]
        estimates[word] = [tuple(estimate) for estimate in replayed(pair, heard)]
    estimates_at.write_bytes(pickle.dumps(estimates))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
