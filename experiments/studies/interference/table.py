"""A table of interference: what the receiver takes it for, and what it is."""

from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf
from sionna.phy import SPEED_OF_LIGHT

from channels.ofdm import Ofdm, Settings, resource_grid
from experiments.compose import catalogue
from experiments.studies.interference.waveform import measured
from semlink.config import ComponentSpec
from semlink.errors import InputError
from semlink.rng import Course
from semlink.units import db_to_linear, linear_to_db

SHARES = (0.01, 0.05, 0.1, 0.35)  # of the carrier spacing, or of the symbol
CARRIERS = 100  # of the two paths: their delays are whole samples
SNR_DB = 90.0  # leaves the interference alone
OTHERS = (
    "tdl[model=D,speed_mps=257]",
    "cdl[speed_mps=257]",
    "umi[speed_mps=257]",
    "tdl[delay_spread_s=1e-6]",
    "tdl[delay_spread_s=1e-6,speed_mps=257]",
    "umi[numerology=3]",
)
HEAD = (
    "| channel | modelled [dB] | simulated [dB] | difference [dB] |\n|---|---|---|---|"
)


def table(channels: Sequence[str], rows: int) -> Iterator[str]:
    """Lines of a table, in Markdown, of the interference over the received power.

    Parameters
    ----------
    channels : as on the command line; none for those of the documentation
    rows : number of courses
    """
    words = {f"`{word}`": _built(word) for word in channels} or _documented()
    yield HEAD
    for word, channel in words.items():
        yield _line(word, channel, rows)


def modelled(channel: Ofdm, rows: int, seed: int = 1) -> float:
    """Interference that the receiver takes into account, mean over a slot."""
    x = np.ones((rows, channel.frame.data), np.complex64)
    rx = channel(x, np.float32(SNR_DB), Course(seed))
    noise = np.asarray(rx.no, float) * np.abs(rx.h_hat) ** 2
    return float(np.mean(noise)) - db_to_linear(-SNR_DB)


def two_paths(late: float) -> Ofdm:
    """Two Rayleigh paths of equal power, the second ``late`` symbols after the prefix.

    They stand still.
    """
    settings = Settings(subcarriers=CARRIERS)
    grid = resource_grid(settings)
    last_s = grid.cyclic_prefix_length / grid.bandwidth + late / grid.subcarrier_spacing

    def paths(course, batch, steps, rate, start):
        gains = tf.convert_to_tensor(course.complex_normal("gains", (batch, 2)))
        delays = tf.repeat(tf.constant([[0.0, last_s]], tf.float32), batch, axis=0)
        return tf.repeat(gains[:, None, :, None] / 2**0.5, steps, axis=3), delays

    return Ofdm(paths, settings, longest_s=last_s)


def _documented() -> dict[str, Ofdm]:
    """Channels by what their rows say."""
    spacing_hz, carrier_hz = 30e3, 3.5e9  # defaults of delay lines
    found = {}
    for share in SHARES:
        speed_mps = share * spacing_hz * SPEED_OF_LIGHT / carrier_hz
        # late paths make the carriers independent, so that fewer courses suffice
        word = f"tdl[delay_spread_s=2e-7,speed_mps={speed_mps:.4g}]"
        said = f"Doppler {100 * share:g} % of the carrier spacing"
        found[f"`{word}`: {said}"] = _built(word)
    for share in SHARES:
        said = f"the second {100 * share:g} % of a symbol after the prefix"
        found[f"two paths, {said}"] = two_paths(share)
    return found | {f"`{word}`": _built(word) for word in OTHERS}


def _built(word: str) -> Ofdm:
    channel = catalogue().build("channel", ComponentSpec.model_validate(word))
    if not getattr(channel, "superposes", False) or not isinstance(channel, Ofdm):
        raise InputError(
            "interference needs a channel as OFDM with csi=perfect, one antenna and no "
            f"clip_db, got {word!r}"
        )
    return channel


def _line(word: str, channel: Ofdm, rows: int) -> str:
    ours = linear_to_db(modelled(channel, rows))
    theirs = linear_to_db(measured(channel, rows).interference.mean())
    return f"| {word} | {ours:.2f} | {theirs:.2f} | {ours - theirs:+.2f} |"
