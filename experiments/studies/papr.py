"""Peak-to-average power ratio of transmitters, as OFDM.

The peak of an OFDM data symbol, at four times the sampling rate, over the mean power of
all symbols.
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from channels import tdl
from channels.clipping import waveform
from channels.ofdm import PILOT_SYMBOLS
from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.errors import Infeasible
from semlink.loop.feedback import Feedback
from semlink.protocols import Budget
from semlink.units import linear_to_db

SHARES = (0.5, 0.1, 0.01, 0.001)  # shares of OFDM symbols above a peak


def papr(
    transmitters: Sequence[str],
    source: str,
    images: int | None,
    cbr: float,
    snr_db: float,
) -> str:
    """A table, in Markdown, of the peaks of transmitters.

    Parameters
    ----------
    transmitters, source : as on the command line
    images : largest number of images
    cbr, snr_db : CBR and SNR [dB] of the transmission
    """
    pictures = catalogue().build("source", ComponentSpec.model_validate(source))
    count = min(len(pictures), images or len(pictures))
    samples = [pictures[i] for i in range(count)]
    heads = [f"{100 * share:g} % exceed [dB]" for share in SHARES]
    lines = [f"| transmitter | {' | '.join(heads)} | OFDM symbols |"]
    lines.append("|---" * (2 + len(heads)) + "|")
    for word in transmitters:
        lines.append(_line(word, samples, cbr, snr_db))
    return "\n".join(lines)


def _line(word: str, samples, cbr: float, snr_db: float) -> str:
    spec = ComponentSpec.model_validate(word)
    sender = catalogue().build("transmitter", spec).transmitter
    channel, csi = tdl.build(), Feedback(snr_db)
    budget = Budget(cbr, "average", sender.operating_point(csi), channel.frame)
    try:
        plan = sender.plan(samples, budget)
    except Infeasible as reason:
        return f"| {word} | infeasible: {reason} |" + " |" * len(SHARES)
    peaks = np.concatenate([_peaks(channel, sender(s, plan)[0]) for s in samples])
    if not len(peaks):
        return f"| {word} | no transmission fills a slot |" + " |" * len(SHARES)
    values = [f"{linear_to_db(np.quantile(peaks, 1 - share)):.2f}" for share in SHARES]
    return f"| {word} | {' | '.join(values)} | {len(peaks)} |"


def _peaks(channel, tx) -> np.ndarray:
    """Peaks of the OFDM symbols of whole slots : [n], over unit power."""
    total = len(tx.x)
    grids = channel.grids(tf.constant(tx.x[None]))
    whole = grids[: total // channel.frame.data, 0, 0].numpy()
    data = np.delete(whole, PILOT_SYMBOLS, axis=1)
    return np.max(np.abs(waveform(data).numpy()) ** 2, axis=-1).reshape(-1)
