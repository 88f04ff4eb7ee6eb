"""What requests carry besides a verdict.

A request for a frame to be encoded anew names the state that was measured, in the five
bits that its short block has left, in steps of 2 dB: asking costs no more than a
report. An answer to an acknowledged transmitter has the content that its pair gives it.
"""

import numpy as np

from semlink import protocols
from semlink.signalling.messages import Request

BITS, LOWEST_DB, STEP_DB = 5, -16, 2


def asked_anew(frame: int, state_db: float) -> Request:
    """The request.

    Parameters
    ----------
    frame : number of the frame, modulo 256
    state_db : Es/N0 that was measured [dB]; it is rounded down, and kept from -16 to 46
    """
    step = np.clip((state_db - LOWEST_DB) // STEP_DB, 0, 2**BITS - 1)
    parts = tuple(map(int, f"{int(step):0{BITS}b}"))
    return Request(frame=frame, verdict="again", parts=parts)


def state_of(request: Request) -> float | None:
    """The state that a request names [dB]; ``None`` if it names none."""
    if request.verdict != "again" or len(request.parts) != BITS:
        return None
    step = int("".join(map(str, request.parts)), 2)
    return float(LOWEST_DB + STEP_DB * step)


def bits_of(request: protocols.Request) -> tuple[int, ...] | None:
    """The content of a pair's request, a whole number, as bits; ``None`` for none."""
    if request.content is None:
        return None
    return tuple(map(int, f"{int(request.content):0{request.num_bits}b}"))


def content_of(request: Request) -> int | None:
    """The whole number that came as bits; ``None`` if the request has none."""
    return int("".join(map(str, request.parts)), 2) if request.parts else None
