"""CSI at the transmitter: long-term statistics and, optionally, the channel's state.

Statistics come from simulated stretches of the channel, each as long as a code block.
The state is the effective Es/N0 of a slot: the Es/N0 of an AWGN channel with the same
mutual information of Gaussian symbols.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from threading import Lock
from typing import NamedTuple

import numpy as np

from semlink.protocols import Channel, Frame, Loop
from semlink.rng import Course, seed_of
from semlink.units import SLOT, linear_to_db

LENGTH = 2112  # symbols of a stretch: a long code block, 8448 bits in 16-QAM
STRETCHES, ROWS = 4096, 64  # simulated stretches, in all and at once
LOST = 0.01  # outage probability of a stretch
SEED = 1
EVERY = 16  # every sixteenth symbol of a stretch is fed back
STEP_DB = 1.0  # grid of reported states
NOTHING = 1e-10  # least Es/N0
KEPT = 64  # channels and SNRs with cached statistics, a few megabytes each
BLOCKS = 6  # resource blocks of a slot of 72 carriers
IN_A_ROW, LOOKED_AT = 4, [0, 3]  # stretches of a transmission; those evaluated
FEWEST, SIMULATED, AT_ONCE = 512, 2**25, 2**21  # exchanges; symbols, in all and at once


class Feedback(NamedTuple):
    """The CSI that a receiver feeds back; hashable, its statistics are cached.

    snr_db : average received Es/N0 [dB]
    channel : built channel; AWGN if ``None``
    loop : loop of the pair, if it has one
    state_db : state reported before a transmission [dB], if any
    """

    snr_db: float
    channel: Channel | None = None
    loop: Loop | None = None
    state_db: float | None = None

    @property
    def carried_db(self) -> float:
        """Es/N0 [dB] of an AWGN channel of the same 1 % outage capacity.

        Outage capacity: the 1 % quantile of the mutual information of Gaussian symbols
        over a stretch as long as a code block, estimated from 4096 stretches.
        """
        if self.channel is None:
            return self.snr_db
        effective = _stretches(self.channel, self.snr_db)[0]
        least = np.quantile(np.log2(1 + 10 ** (effective / 10)), LOST)
        # rounded to a thousandth, so that AWGN gives its average exactly
        return round(float(linear_to_db(2**least - 1)), 3)

    @property
    def symbols_db(self) -> np.ndarray:
        """Es/N0 [dB] of symbols : [S, T, L], of S stretches in T transmissions.

        With a reported state, they are conditioned on it as by an outer loop: a least
        squares line from reported states to the effective Es/N0 that followed, and its
        residuals.
        """
        if self.channel is None:
            tries = self.loop.max_transmissions if self.loop else 1
            return np.full((1, tries, 1), self.snr_db)
        if self.loop is None:
            return _stretches(self.channel, self.snr_db)[1]
        before, after, symbols = _exchanges(self.channel, self.snr_db, self.loop)
        if self.state_db is None:
            return symbols
        change = _slopes(before, after) * (self.state_db - before)[:, None]
        return symbols + change[..., None].astype(np.float32)


def slot_of(channel: Channel) -> int:
    """Symbols of a slot: those of the channel's frame, else of an NR slot."""
    frame = getattr(channel, "frame", Frame())
    return frame.data if frame != Frame() else SLOT


def resources_of(channel: Channel) -> np.ndarray:
    """Resource block of each symbol of a slot : [slot], int.

    By default, six blocks, each of symbols in a row.
    """
    slot = slot_of(channel)
    in_a_row = np.arange(slot) * BLOCKS // slot
    return np.asarray(getattr(channel, "resources", in_a_row))


def effective_db(no: np.ndarray) -> np.ndarray:
    """Effective Es/N0 [dB] of stretches with noise variances ``no`` : [..., N]."""
    information = np.mean(np.log2(1 + 1 / np.asarray(no, float)), axis=-1)
    return _db(2**information - 1)


def reported_db(state_db: np.ndarray) -> np.ndarray:
    """Reported states [dB]: rounded down to the grid."""
    # a tolerance, so that rounding errors do not move whole decibels to the next step
    return STEP_DB * np.floor(np.asarray(state_db) / STEP_DB + 1e-3)


def _noise(channel: Channel, snr_db: float, shape: tuple[int, int], batch: int):
    """Noise variances of courses of the channel : [rows, symbols]."""
    course = Course(seed_of(SEED, "feedback", batch))
    rx = channel(np.ones(shape, np.complex64), np.float32(snr_db), course)
    return np.asarray(rx.no, float)


def _some_db(no: np.ndarray) -> np.ndarray:
    """Es/N0 [dB] of every sixteenth symbol of stretches."""
    return _db(1 / no[..., ::EVERY]).astype(np.float32)


def _db(snr: np.ndarray) -> np.ndarray:
    """Es/N0 [dB]; what carries nothing, such as erased symbols, has a finite one."""
    return linear_to_db(np.maximum(snr, NOTHING))


def _made_once(function: Callable) -> Callable:
    """Cache a function; threads that need the same value wait for the first."""
    cached, lock = lru_cache(maxsize=KEPT)(function), Lock()

    @wraps(function)
    def locked(*args):
        with lock:
            return cached(*args)

    return locked


@_made_once
def _stretches(channel: Channel, snr_db: float) -> tuple[np.ndarray, np.ndarray]:
    """Independent stretches: effective Es/N0 [S], and that of symbols [S, 1, L]."""
    effective, symbols = [], []
    for batch in range(STRETCHES // ROWS):
        no = _noise(channel, snr_db, (ROWS, LENGTH), batch)
        effective.append(effective_db(no))
        symbols.append(_some_db(no)[:, None])
    return np.concatenate(effective), np.concatenate(symbols)


def _exchanges(channel: Channel, snr_db: float, loop: Loop) -> tuple[np.ndarray, ...]:
    """Es/N0 [dB] in exchanges: reported [S], of stretches [S, T], symbols [S, T, L]."""
    still = loop._replace(csi_error_db=0.0)
    state, after, symbols = _evolutions(channel, snr_db, still)
    error = np.random.default_rng(SEED).normal(0, loop.csi_error_db, len(state))
    before = np.repeat(reported_db(state + error), len(after) // len(state))
    return before, after, symbols


@_made_once
def _evolutions(channel: Channel, snr_db: float, loop: Loop) -> tuple[np.ndarray, ...]:
    """Simulated exchanges: effective Es/N0 [dB] of the reported slot [E], of stretches
    in each following transmission [S, T], and Es/N0 of their symbols [S, T, L].

    A transmission is taken to be four blocks long; two of them are evaluated.
    """
    slot, block = slot_of(channel), IN_A_ROW * LENGTH
    one = (-(-block // slot) + loop.round_trip_slots) * slot
    begin = (1 + loop.csi_delay_slots) * slot
    starts = [begin + count * one for count in range(loop.max_transmissions)]
    length = starts[-1] + block
    rows = int(np.clip(AT_ONCE // length, 1, ROWS))
    enough = int(np.clip(SIMULATED // length, FEWEST, STRETCHES // 2))
    parts = []
    for batch in range(-(-enough // rows)):
        no = _noise(channel, snr_db, (rows, length), batch)
        sent = np.stack([no[:, start : start + block] for start in starts], axis=1)
        sent = sent.reshape(rows, len(starts), IN_A_ROW, LENGTH)[:, :, LOOKED_AT]
        sent = sent.swapaxes(1, 2).reshape(-1, len(starts), LENGTH)
        parts.append((effective_db(no[:, :slot]), effective_db(sent), _some_db(sent)))
    return tuple(np.concatenate(part) for part in zip(*parts, strict=True))


def _slopes(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Slopes of the lines from reported state to each transmission : [T]."""
    spread = before - before.mean()
    if np.mean(spread**2) < 1e-6:  # a channel that stands still
        return np.ones(after.shape[1])
    return np.clip(spread @ (after - after.mean(axis=0)) / np.sum(spread**2), 0, 1)
