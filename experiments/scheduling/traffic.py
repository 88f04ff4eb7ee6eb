"""Traffic on which schedulers are trained, tuned and compared.

Half of the users watch: their frames are more important, come in bursts and have short
deadlines. The others survey. All of them send frames of all classes of content, and
have an alternative transmitter: those who watch a separated one, which works at lower
states; those who survey a learned one of half of the channel uses, which works at
higher states. The pool and the price grow with the number of users. Seeds of training,
of tuning and of the test are apart.
"""

import numpy as np

from semlink.loop.abstraction.table import read
from semlink.loop.abstraction.utility import Abstraction
from semlink.loop.traffic.config import LEVELS, TrafficConfig
from semlink.loop.traffic.environment import CellEnvironment
from semlink.loop.traffic.service import Measured

POOL, PRICE = 4_500, 0.2  # channel uses, and price of them in a slot, for each user
SLOTS = 256  # of an episode
TUNING, TRAINING, TEST = 1_000_000, 2_000_000, 9_000_000  # first seeds
ORDER = 10_000_000  # of episodes that are played by the table and over the link
USES, FEWER = 8_500, 4_350  # channel uses of a frame
CONTENTS = (0.25, 0.25, 0.25, 0.25)
SEPARATED = "jpeg2000_ldpc[mcs=auto]"
FADING = {"doppler": 0.02, "shadowing_db": 4.0}
WATCHES = {
    "transmitter": "ntscc",
    "uses": USES,
    "alternative": SEPARATED,
    "alternative_uses": USES,
    "contents": CONTENTS,
    "priority": 1,
    "deadline_slots": 8,
    "retransmissions": 3,
    "importance": (0.6, 0.3, 0.1, 0.0),
    "arrivals": {"kind": "bursts", "rate": 0.3, "on_slots": 20, "on_share": 0.4},
    "fading": FADING,
}
SURVEYS = {
    "transmitter": SEPARATED,
    "uses": USES,
    "alternative": "akb_jscc",
    "alternative_uses": FEWER,
    "contents": CONTENTS,
    "deadline_slots": 16,
    "retransmissions": 3,
    "margin_db": 2.0,
    "importance": (0.8, 0.2, 0.0, 0.0),
    "arrivals": {"rate": 0.35},
    "fading": FADING,
}


def config(users: int, slots: int = SLOTS, **other) -> TrafficConfig:
    """Traffic of an even number of users; with other values of some keys."""
    kinds = [{**kind, "count": users // 2} for kind in (WATCHES, SURVEYS)]
    usual = {"snr_db": 10.0, "price": PRICE * users, "prior": "table"}
    return TrafficConfig(users=kinds, pool=POOL * users, slots=slots, **(usual | other))


def cell(users: int, slots: int = SLOTS, **other) -> CellEnvironment:
    """A cell of an even number of users, by the shipped table."""
    of = config(users, slots, **other)
    return CellEnvironment(of, Measured(Abstraction(read()), of.utility, of.values))


def offered(of: TrafficConfig) -> float:
    """Mean weight of the frames that arrive in a slot."""
    return sum(
        user.arrivals.rate * float(np.dot(user.importance, LEVELS)) * 2**user.priority
        for user in of.each
    )
