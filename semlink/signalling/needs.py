"""How many channel uses a task needs, from documented results.

A conservative stand-in for a measured table: it knows one number for each task, and
two laws. Below the SNR of that number the uses grow as the inverse of the channel's
capacity; above it they do not shrink. A more reliable frame takes more attempts, which
fail independently.
"""

import math
from collections.abc import Callable

from semlink.signalling.messages import TaskName
from semlink.units import db_to_linear

Needs = Callable[[str, float, float], float]

REFERENCE_DB = 10.0  # SNR of the documented numbers
PICTURE = 640 * 480 * 3  # values
# Channel uses of one attempt. Words and boxes take 100 to 460 for a picture of 640x480
# (docs/words.md). A picture exists from CBR 0.003 on, where detectors find hardly
# anything in it; 0.015 is the lowest CBR in docs/results.md.
USES: dict[TaskName, int] = {
    "reconstruction": round(0.015 * PICTURE),
    "detection": 500,
    "vqa": 500,
    "classification": 500,
}
LOSS = 0.01  # of an attempt: what links with mcs=auto keep to


def documented(retransmissions: int = 3) -> Needs:
    """The function from task, SNR [dB] and reliability to channel uses of a frame.

    Parameters
    ----------
    retransmissions : most retransmissions of a frame

    Output
    ------
    : its answer counts all attempts; infinity where these do not suffice
    """

    def needs(task: str, snr_db: float, reliability: float) -> float:
        count = attempts(reliability)
        if count > 1 + retransmissions:
            return math.inf
        ratio = capacity(REFERENCE_DB) / capacity(min(snr_db, REFERENCE_DB))
        return math.ceil(USES[task] * ratio) * count

    return needs


def capacity(snr_db: float) -> float:
    """Shannon's bits for each channel use of an AWGN channel."""
    return math.log1p(db_to_linear(snr_db)) / math.log(2)


def attempts(reliability: float) -> int:
    """Attempts of loss p, independent, of which one succeeds: p^n <= 1 - r."""
    exact = math.log1p(-reliability) / math.log(LOSS)
    return max(1, math.ceil(exact - 1e-9))
