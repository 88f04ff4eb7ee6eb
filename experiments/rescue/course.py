"""The course of a rescue: what figures draw of each slot."""

from typing import NamedTuple

import numpy as np

from experiments.rescue.events import EPISODE
from semlink.loop.rescue.config import STREAMS
from semlink.loop.rescue.environment import LIVE, RescueEnvironment
from semlink.loop.traffic.environment import Tally


class Moment(NamedTuple):
    """A slot.

    uavs, relay : [K, 2] and [2], places [m]
    direct_db, met_db : [K], Es/N0 to the base station, and of the route that is taken
    uses : [3], channel uses of each stream
    """

    uavs: np.ndarray
    relay: np.ndarray
    direct_db: np.ndarray
    met_db: np.ndarray
    uses: np.ndarray


def before(environment: RescueEnvironment) -> Moment:
    """A slot that has begun."""
    hops, relayed = environment.hops, environment.relayed[EPISODE]
    live = environment.rescue.streams[LIVE].relaying == "decode"
    over = hops.relayed(live)[EPISODE]
    direct = hops.direct[EPISODE]
    return Moment(
        uavs=environment.uavs.place[EPISODE].copy(),
        relay=environment.air.relay[EPISODE].copy(),
        direct_db=direct,
        met_db=np.where(relayed, over, direct),
        uses=np.zeros(len(STREAMS)),
    )


def after(moment: Moment, tally: Tally) -> Moment:
    """The slot when it has been played."""
    uses = tally.uses[EPISODE].reshape(-1, len(STREAMS)).sum(axis=0)
    return moment._replace(uses=uses)
