"""What a transmitter is told of the channel: long-term statistics, and maybe its state.

Statistics are taken from simulated stretches of the channel, as long as a code block.
The state is the effective Es/N0 of a slot: that of an AWGN channel on which Gaussian
symbols have the same mutual information.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from semlink.protocols import Channel, Frame, Loop
from semlink.rng import Course, seed_of
from semlink.units import SLOT, linear_to_db

LENGTH = 2112  # symbols of a stretch: a long code block, 8448 bits in 16-QAM
STRETCHES, ROWS = 4096, 64  # that are looked at, and at once
LOST = 0.01  # share of stretches that carry less
SEED = 1
EVERY = 16  # symbols of a stretch, of which one is told
STEP_DB = 1.0  # in which a state is reported
KEPT = 64  # channels and SNRs whose statistics are, a few megabytes each
IN_A_ROW, LOOKED_AT = 4, [0, 3]  # stretches of a transmission; those of which are told
FEWEST, SIMULATED, AT_ONCE = 512, 2**25, 2**21  # exchanges; symbols, in all and at once


class Feedback(NamedTuple):
    """What a receiver feeds back of a channel.

    It stands for its statistics, which are kept elsewhere: plans are known by it.

    snr_db : average received Es/N0 [dB]
    channel : of which it is told; AWGN if none
    loop : of the pair, if it has one
    state_db : that was reported before a transmission
    """

    snr_db: float
    channel: Channel | None = None
    loop: Loop | None = None
    state_db: float | None = None

    @property
    def carried_db(self) -> float:
        """Es/N0 [dB] of an AWGN channel that carries as much as this one surely does.

        The mutual information of Gaussian symbols over a stretch as long as a code
        block, of which one in a hundred has less; estimated from 4096 stretches.
        """
        if self.channel is None:
            return self.snr_db
        effective = _stretches(self.channel, self.snr_db)[0]
        least = np.quantile(np.log2(1 + 10 ** (effective / 10)), LOST)
        # to a thousandth: on AWGN nothing but the average is left
        return round(float(linear_to_db(2**least - 1)), 3)

    @property
    def symbols_db(self) -> np.ndarray:
        """Es/N0 [dB] of symbols : [S, T, L], of S stretches in T transmissions.

        With a reported state, they are what it has come to before, as an outer loop
        learns it: the best line through what was reported and the effective Es/N0 that
        followed, and what was left around it.
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
    """Symbols of a slot: the channel's frame; of one that has none, an NR slot's."""
    frame = getattr(channel, "frame", Frame())
    return frame.data if frame != Frame() else SLOT


def effective_db(no: np.ndarray) -> np.ndarray:
    """Effective Es/N0 [dB] of stretches [..., N] with this noise."""
    information = np.mean(np.log2(1 + 1 / np.asarray(no, float)), axis=-1)
    return linear_to_db(2**information - 1)


def reported_db(state_db: np.ndarray) -> np.ndarray:
    """States as they are reported [dB]: rounded down."""
    # whole decibels are what a person asks for, and rounding errors must not part them
    return STEP_DB * np.floor(np.asarray(state_db) / STEP_DB + 1e-3)


def _noise(channel: Channel, snr_db: float, shape: tuple[int, int], batch: int):
    """Noise variances of courses of the channel : [rows, symbols]."""
    course = Course(seed_of(SEED, "feedback", batch))
    rx = channel(np.ones(shape, np.complex64), np.float32(snr_db), course)
    return np.asarray(rx.no, float)


def _some_db(no: np.ndarray) -> np.ndarray:
    """Es/N0 [dB] of some symbols of stretches."""
    return linear_to_db(1 / no[..., ::EVERY]).astype(np.float32)


@lru_cache(maxsize=KEPT)
def _stretches(channel: Channel, snr_db: float) -> tuple[np.ndarray, np.ndarray]:
    """Stretches that know nothing of each other: effective Es/N0 [S], symbols'."""
    effective, symbols = [], []
    for batch in range(STRETCHES // ROWS):
        no = _noise(channel, snr_db, (ROWS, LENGTH), batch)
        effective.append(effective_db(no))
        symbols.append(_some_db(no)[:, None])
    return np.concatenate(effective), np.concatenate(symbols)


def _exchanges(channel: Channel, snr_db: float, loop: Loop) -> tuple[np.ndarray, ...]:
    """Exchanges: what is reported [S], and what follows [S, T], [S, T, L]."""
    still = loop._replace(csi_error_db=0.0)
    state, after, symbols = _evolutions(channel, snr_db, still)
    error = np.random.default_rng(SEED).normal(0, loop.csi_error_db, len(state))
    before = np.repeat(reported_db(state + error), len(after) // len(state))
    return before, after, symbols


@lru_cache(maxsize=KEPT)
def _evolutions(channel: Channel, snr_db: float, loop: Loop) -> tuple[np.ndarray, ...]:
    """Evolutions of the channel: effective Es/N0 [dB] of the slot that is reported [E],
    of stretches that follow in each transmission [S, T], and their symbols' [S, T, L].

    A transmission is taken to be as long as four blocks, of which two are looked at.
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
    """How far each transmission follows what was reported : [T], least squares."""
    spread = before - before.mean()
    if np.mean(spread**2) < 1e-6:  # a channel that stands still
        return np.ones(after.shape[1])
    return np.clip(spread @ (after - after.mean(axis=0)) / np.sum(spread**2), 0, 1)
