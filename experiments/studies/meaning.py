"""Whether rates follow meaning: channel uses inside and outside annotated objects.

For a source with instances, such as COCO: the mean rate of positions inside any object
over that outside, of the preset and after the channel knowledge base's action. The box
of an object stands in for an outline that covers no pixel.
"""

from collections import Counter
from typing import NamedTuple

import numpy as np
from rich.progress import track

from blocks.nn.transforms import PATCH
from blocks.sources.outlines import draw
from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.errors import Infeasible, InputError
from semlink.loop.feedback import Feedback
from semlink.protocols import Budget
from semlink.signals import Sample
from semlink.sweeps.monitor import interval

PRESET, AFTER = "rate preset [channel uses]", "rate [channel uses]"
INSIDE = 0.5  # least share of pixels in objects of a position that counts as inside


class Rates(NamedTuple):
    """Mean channel uses per position of one picture.

    inside, outside : inside and outside objects; each (preset, after the action)
    """

    inside: tuple[float, float]
    outside: tuple[float, float]


def meaning(
    source: str, images: int | None, cbr: float, snr_db: float, transmitter: str
) -> str:
    """A table, in Markdown, of rates inside and outside objects.

    Parameters
    ----------
    source, transmitter : as on the command line
    images : largest number of images
    cbr, snr_db : CBR and SNR [dB] of the transmission

    Raises
    ------
    InputError
        No picture has objects, rates equal the preset everywhere, or the CBR is too
        small.
    """
    pictures = catalogue().build("source", ComponentSpec.model_validate(source))
    samples = [pictures[i] for i in range(min(len(pictures), images or len(pictures)))]
    masks = [inside_objects(s.annotations, s.data.shape[:2]) for s in samples]
    if all(mask is None for mask in masks):
        raise InputError(f"some pictures must have annotated objects, got {source!r}")
    word = ComponentSpec.model_validate(transmitter)
    sender = catalogue().build("transmitter", word).transmitter
    point = sender.operating_point(Feedback(snr_db))
    try:
        plan = sender.plan(samples, Budget(cbr, "average", point))
    except Infeasible as reason:
        raise InputError(f"cbr must be larger: {reason}, got {cbr:g}") from None
    rates, corrects = [], False
    for sample, mask in zip(track(samples, "maps", transient=True), masks, strict=True):
        maps = sender.maps(sample, plan)
        corrects |= PRESET in maps
        maps = {PRESET: maps[AFTER], **maps}
        if mask is not None:
            rates.append(_rates(maps, mask))
    if not corrects:
        raise InputError(f"rates must depart from their preset, got {transmitter!r}")
    return f"{len(rates)} pictures{_irregular(samples)}\n\n{_table(rates)}"


def inside_objects(annotations, size: tuple[int, int]) -> np.ndarray | None:
    """Positions inside an object : [h, w], bool; ``None`` if all or none are."""
    pixels = np.zeros(size, bool)
    for instance in annotations.get("instances", ()):
        pixels |= draw(instance, size).pixels
    whole = np.pad(pixels, [(0, -n % PATCH) for n in size])
    tiles = whole.reshape(whole.shape[0] // PATCH, PATCH, -1, PATCH)
    inside = tiles.mean(axis=(1, 3)) >= INSIDE
    return inside if 0 < inside.mean() < 1 else None


def _irregular(samples: list[Sample]) -> str:
    """How many objects are not drawn by their outline, if any are."""
    drawn = Counter(
        draw(instance, sample.data.shape[:2]).by
        for sample in samples
        for instance in sample.annotations.get("instances", ())
    )
    if drawn.total() == drawn["outline"]:
        return ""
    boxes = f"{drawn['box']} without an outline count by their box"
    nothing = f"{drawn['nothing']} without area are left out"
    return f"; of {drawn.total()} objects, {boxes}, {nothing}"


def _rates(maps: dict[str, np.ndarray], mask: np.ndarray) -> Rates:
    """Means of both maps, without positions that only pad the picture."""
    both = [maps[name][: mask.shape[0], : mask.shape[1]] for name in (PRESET, AFTER)]
    inside, outside = (tuple(float(m[k].mean()) for m in both) for k in (mask, ~mask))
    return Rates(inside, outside)


def _table(rates: list[Rates]) -> str:
    values = np.array(rates)  # [N, inside or outside, preset or after]
    ratio = values[:, 0] / values[:, 1]
    lines = ["| | preset | after the action | change |", "|---|---|---|---|"]
    rows = (
        ("inside objects [channel uses]", values[:, 0]),
        ("outside [channel uses]", values[:, 1]),
        ("inside over outside", ratio),
    )
    for name, columns in rows:
        cells = [columns[:, 0], columns[:, 1], columns[:, 1] - columns[:, 0]]
        texts = (f"{c.mean():.3f} ±{_half_width(c):.3f}" for c in cells)
        lines.append(f"| {name} | {' | '.join(texts)} |")
    return "\n".join(lines)


def _half_width(values: np.ndarray) -> float:
    return interval(np.stack([values, np.ones_like(values)], axis=1), False)
