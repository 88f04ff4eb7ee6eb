"""``make side-information``: bits of its parts, and a bound on the gain of more of it.

Side information signals deviations. More of it pays off if it saves more bits of the
latents than it costs. As a bound, every 16x16 block gets the best scale of its
deviations, and signalling that scale costs its entropy.
"""

from collections import Counter

import numpy as np
from rich.progress import track

from blocks.learned.inference import Networks, Statistics
from blocks.nn.entropy import SCALES
from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.errors import InputError

QUALITIES = (0.2, 0.5, 0.8)
# Scales of a block: steps of the table of deviations.
SHIFTS = tuple(range(-9, 10, 3))
LATENTS, SCALED, TOLD = "latents", "latents, scaled", "signalling the scales"


def side_information(source: str, images: int | None, transmitter: str) -> str:
    """A table, in Markdown, of bits per 16x16 block.

    Parameters
    ----------
    source, transmitter : as on the command line
    images : largest number of images

    Raises
    ------
    InputError
        The transmitter is not a learned one.
    """
    pictures = catalogue().build("source", ComponentSpec.model_validate(source))
    word = ComponentSpec.model_validate(transmitter)
    shared = getattr(catalogue().build("transmitter", word).transmitter, "shared", None)
    networks = getattr(shared, "networks", None)
    if networks is None:
        raise InputError(f"transmitter must be a learned one, got {transmitter!r}")
    count = min(len(pictures), images or len(pictures))
    totals = {quality: Counter() for quality in QUALITIES}
    for i in track(range(count), "pictures", transient=True):
        image = pictures[i].data
        for quality, total in totals.items():
            total.update(bits_of(networks, np.asarray(image), quality))
    return _table(totals, count)


def bits_of(networks: Networks, image: np.ndarray, quality: float) -> dict[str, float]:
    """Bits of a picture [H, W, 3], by purpose; and its number of ``blocks``."""
    latents = networks.analyse(image)
    summary = networks.summarise(latents, quality)
    told = networks.statistics(summary, quality)
    scaled = np.stack(
        [
            networks.information(latents, _scaled(told, shift), quality)
            for shift in SHIFTS
        ]
    )
    used = np.bincount(scaled.argmin(axis=0).ravel(), minlength=len(SHIFTS))
    share = used[used > 0] / used.sum()
    parts = networks.coder.bits_of_parts(summary) | {
        LATENTS: scaled[SHIFTS.index(0)].sum(),
        SCALED: scaled.min(axis=0).sum(),
        TOLD: -used.sum() * (share @ np.log2(share)),
    }
    return {name: float(v) for name, v in parts.items()} | {"blocks": used.sum()}


def _scaled(told: Statistics, shift: int) -> Statistics:
    """The statistics with all deviations ``shift`` table steps greater."""
    index = np.clip(told.index + np.int32(shift), 0, len(SCALES) - 1)
    return told._replace(index=index.astype(np.int32))


def _table(totals: dict[float, Counter], count: int) -> str:
    names = [name for name in next(iter(totals.values())) if name != "blocks"]
    rows = [
        f"| {quality:g} | "
        + " | ".join(f"{total[name] / total['blocks']:.2f}" for name in names)
        + " |"
        for quality, total in totals.items()
    ]
    head = [f"| quality | {' | '.join(names)} |", "|---" * (1 + len(names)) + "|"]
    return "\n".join([f"bits of a 16x16 block, {count} pictures", "", *head, *rows])
