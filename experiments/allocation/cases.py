"""The cells of the joint study, and what the agents' process is asked for."""

from typing import NamedTuple

from experiments.allocation.downlink.cell import Cell
from experiments.allocation.downlink.qos import Needs

CASES = {
    "subchannels": Cell(users=4, subchannels=6, antennas=1, snr_db=15.0),
    "bandwidth": Cell(users=4, subchannels=4, antennas=1, snr_db=15.0),
    "joint": Cell(2, 3, 4, snr_db=8.0, needs=Needs(deadline=5.0)),
}
POWER = "power"
FIXED_BITS = 3  # of all users where bandwidth alone is shared


class Job(NamedTuple):
    """What agents are to learn.

    studies : cases, or ``POWER``
    seeds : root seeds, each with agents of its own
    steps : gradient steps of each agent
    """

    studies: list[str]
    seeds: list[int]
    steps: int
