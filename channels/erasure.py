"""Packet erasures, known to the receiver."""

from pathlib import Path
from typing import Annotated

import numpy as np
import tensorflow as tf
from pydantic import Field

from channels.awgn import white_noise
from channels.flat import held
from channels.inner import files_beneath, inner
from semlink.errors import InputError
from semlink.protocols import Channel, Frame
from semlink.rng import Course
from semlink.signals import RxSignal

LOST = 1e6  # noise factor of lost packets


class Erasure:
    """Packet losses of a Gilbert-Elliott chain, over another channel.

    A lost packet arrives with 60 dB more noise, like a deep fade; Es/N0 is that of the
    packets that are not lost.

    Parameters
    ----------
    beneath : channel of the packets that are not lost
    loss : packet loss rate
    burst : mean number of consecutive lost packets
    packet_length : symbols of a packet

    References
    ----------
    E. N. Gilbert, "Capacity of a burst-noise channel", Bell System Technical Journal,
    1960.
    """

    level = "graph"

    def __init__(self, beneath: Channel, loss: float, burst: float, packet_length: int):
        self._beneath = beneath
        self._loss = loss
        self._stays = 1 - 1 / burst  # probability of a loss after a loss
        self._begins = loss / (1 - loss) / burst
        self._packet_length = packet_length
        self.frame = getattr(beneath, "frame", Frame())

    def __call__(self, x, snr_db, course: Course, start=0) -> RxSignal:
        lost = self._lost(course, *tf.unstack(tf.shape(x)), start)
        x_hat, no, h = self._beneath(x, snr_db, course.beneath(), start)
        worse = tf.where(lost, LOST, 1.0)
        more = white_noise(course, tf.shape(x), (worse - 1) * no, start)
        return RxSignal(x_hat + more, no * worse, h)

    def _lost(self, course, batch, num_symbols, start):
        """Mask of the symbols of lost packets : [B, N], bool."""

        def packets(count, first):
            shape = (batch, count)
            lost = course.chain(
                "packets", self._follow, shape, first + 1, draw="uniform"
            )
            return lost > 0

        return held(packets, self._packet_length, num_symbols, start)

    def _follow(self, before, drawn):
        """States of packets : [B, n], float32, 1 if lost, else 0."""
        lost = np.empty(drawn.shape, np.float32)
        now = None if before is None else before[:, 0] > 0
        for packet, new in enumerate(drawn.T):
            share = np.float32(self._loss) if now is None else self._after(now)
            now = new < share
            lost[:, packet] = now
        return lost

    def _after(self, lost):
        """Probability of losing the next packet : [B], float32."""
        return np.where(lost, np.float32(self._stays), np.float32(self._begins))


def build(
    over: str = "awgn",
    loss: Annotated[float, Field(ge=0, lt=1)] = 0.05,
    burst: Annotated[float, Field(ge=1)] | None = None,
    packet_length: Annotated[int, Field(gt=0)] = 168,
) -> Erasure:
    """Build the channel.

    Parameters
    ----------
    over : inner channel
    loss : packet loss rate
    burst : mean number of consecutive lost packets; by default losses are independent
    packet_length : symbols of a packet
    """
    alone = 1 / (1 - loss)  # mean burst of independent losses
    burst = alone if burst is None else burst
    shortest = loss / (1 - loss)  # shorter bursts cannot reach the loss rate
    if burst < shortest:
        raise InputError(
            f"channel.erasure.burst must be at least {shortest:.3g} at a loss of "
            f"{loss:g}, got {burst:g}"
        )
    return Erasure(inner(over), loss, burst, packet_length)


def files(over: str, **_) -> list[Path]:
    """Files that the results depend on: those of the inner channel."""
    return files_beneath(over)
