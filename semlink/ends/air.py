"""The air between the ends: one course of a channel down, another one up.

Signals go down, messages go up in a band of their own, and both meet the state that
the channel has at the time. What is sent is counted; a message arrives if its blocks
pass their CRC, after a delay.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from semlink.compiled_channel import added, frame_of
from semlink.ends.wire import Bursts, Wire, received, symbols
from semlink.loop.evolution import ChannelEvolution
from semlink.protocols import Channel
from semlink.rng import Seeds
from semlink.signals import UP, Ledger, RxSignal, ledger


class Uplink(NamedTuple):
    """How messages go up.

    snr_db : Es/N0 over that of the downlink [dB]
    delay_slots : slots from the last symbol of a message to its arrival
    loss : probability that a message is lost for another reason than noise
    """

    snr_db: float = 0.0
    delay_slots: int = 0
    loss: float = 0.0


class Arrived(NamedTuple):
    """A message that went up.

    wire : its bits; ``None`` if it was lost
    slot : slot of its arrival
    """

    wire: Wire | None
    slot: int


class Air:
    """Both directions of one episode.

    Parameters
    ----------
    channel : built channel
    snr_db : average received Es/N0 [dB] in a slot
    seeds : seeds of the episode
    bursts : code of the messages
    uplink : how messages go up

    Attributes
    ----------
    slot : symbols of a slot
    delay_slots : delay of the uplink
    """

    def __init__(
        self,
        channel: Channel,
        snr_db: Callable[[int], float],
        seeds: Seeds,
        bursts: Bursts,
        uplink: Uplink,
    ):
        self._uplink, self._bursts = uplink, bursts
        self._frame = frame_of(channel)
        self._down = ChannelEvolution(channel, snr_db, seeds.course)
        up = seeds._replace(channel=f"{seeds.channel} up").course
        self._up = ChannelEvolution(
            channel, lambda slot: snr_db(slot) + uplink.snr_db, up
        )
        self._losses = seeds.generator("uplink")
        self.slot, self.delay_slots = self._down.slot, uplink.delay_slots

    @property
    def now(self) -> int:
        """Slots since the episode began."""
        return self._down.now

    def down(self, x: np.ndarray, power_db: float = 0.0) -> RxSignal:
        """Send symbols [n] over as many slots as they take."""
        return self._down.send(x, -(-len(x) // self.slot), power_db)

    def added(self, num_symbols: int) -> Ledger:
        """Channel uses that the channel's frames add to a transmission."""
        return added(self._frame, num_symbols)

    def up(self, purpose: str, wire: Wire) -> tuple[Arrived, Ledger]:
        """Send a message up; return what arrives, and its channel uses."""
        x = symbols(wire, self._bursts)
        self._up.wait(max(self.now - self._up.now, 0))
        slots = -(-len(x) // self.slot)
        got = received(self._up.send(x, slots), self._bursts)
        lost = self._uplink.loss > 0 and self._losses.random() < self._uplink.loss
        uses = ledger(direction=UP, **{purpose: self._frame.uses(len(x))})
        slot = self._up.now + self._uplink.delay_slots
        return Arrived(None if lost else got, slot), uses

    def wait(self, slots: int) -> None:
        """Let slots go by."""
        self._down.wait(slots)
