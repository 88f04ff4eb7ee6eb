"""``make side-information``: what its parts spend, and what more of it would save.

Side information tells deviations. More of it is worth sending where it saves more of
the latents than it takes. As a bound on that, every 16x16 block is given the scale of
its deviations that suits it best, and telling that scale is paid for by its entropy.
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
# Scales that a block can be given: steps of the table of deviations.
SHIFTS = tuple(range(-9, 10, 3))
LATENTS, SCALED, TOLD = "latents", "latents, scaled", "telling the scales"


def side_information(source: str, images: int | None, transmitter: str) -> str:
    """A table, in Markdown, of bits of a 16x16 block.

    Parameters
    ----------
    source, transmitter : as on the command line
    images : at most so many

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
    """Bits of a picture [H, W, 3], by what they are spent on; and its ``blocks``."""
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
    """The same with all deviations so many steps of the table greater."""
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
