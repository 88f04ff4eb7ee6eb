"""Superposition of the signals of several users: one gain per user, one noise.

The carriers of a user on the move interfere with each other, and with those of all
users; each user adds its interference to the noise.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from semlink.errors import InputError
from semlink.protocols import Channel
from semlink.rng import Course
from semlink.signals import RxSignal

NO_NOISE_DB = 200.0  # Es/N0 that leaves the interference alone


class Superposition(NamedTuple):
    """Received signal of several users: y = h_1 x_1 + ... + h_K x_K + n.

    x_hat : [B, N], complex64, y over the gain of the first user
    no : [B, N], float32, power of n over the power gain of the first user
    gains : [K] arrays [B, N], complex64, as the receiver knows them
    """

    x_hat: np.ndarray
    no: np.ndarray
    gains: tuple[np.ndarray, ...]

    @property
    def y(self) -> np.ndarray:
        """The received signal : [B, N], complex64."""
        return self.gains[0] * self.x_hat

    def user(
        self,
        number: int,
        known: Mapping[int, np.ndarray] | None = None,
        noise: Mapping[int, float] | None = None,
    ) -> RxSignal:
        """The signal of one user, equalised.

        Parameters
        ----------
        number : number of the user, from 0
        known : transmitted signals [B, N] of other users, which are subtracted
        noise : powers of other users' signals, treated as Gaussian noise
        """
        h = self.gains[number]
        x_hat, no, power = self.x_hat, self.no, np.abs(h) ** 2
        if number:
            ratio = self.gains[0] / h
            x_hat, no = x_hat * ratio, no * np.abs(ratio) ** 2
        for other, x in (known or {}).items():
            x_hat = x_hat - self.gains[other] / h * x
        for other, share in (noise or {}).items():
            no = no + share * np.abs(self.gains[other]) ** 2 / power
        return RxSignal(x_hat, no.astype(np.float32), h)


def superpose(
    channel: Channel, signals: Sequence, snr_db, course: Course, start: int = 0
) -> Superposition:
    """Send the signals of several users at once.

    The first user has the fading and the noise of the course; each other user has
    fading of its own, and adds its interference in proportion to its power.

    Parameters
    ----------
    channel : a channel with ``superposes``
    signals : [K] arrays [B, N], complex64, each of any power
    snr_db : average Es/N0 of a signal of unit power [dB]
    course : course of the channel
    start : symbols of the course that went by before

    Raises
    ------
    InputError
        The receiver of this channel does not have one gain for each symbol.
    """
    if not getattr(channel, "superposes", False):
        raise InputError(
            "superposition needs one known gain per symbol: flat channels without "
            "erasure, or OFDM with csi=perfect, one antenna and no "
            f"clip_db, got {getattr(channel, 'name', type(channel).__name__)}"
        )
    begun, snr_db = (start,) if start else (), np.float32(snr_db)
    first, *others = signals
    x_hat, no, h = map(np.asarray, channel(first, snr_db, course, *begun))
    gains = [h]
    for number, x in enumerate(others, start=1):
        quiet, silence = np.float32(NO_NOISE_DB), np.zeros_like(x)
        rx = channel(silence, quiet, course.user(number), *begun)
        interference, theirs, gain = map(np.asarray, rx)
        gains.append(gain)
        power = np.mean(np.abs(x) ** 2, axis=1, keepdims=True)
        x_hat = x_hat + gain / h * (x + np.sqrt(power) * interference)
        no = no + power * theirs * np.abs(gain / h) ** 2
    return Superposition(x_hat, no, tuple(gains))
