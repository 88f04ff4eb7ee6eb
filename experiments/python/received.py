"""What arrived of one sample, as a notebook shows it."""

import base64
import html
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from blocks.tasks.reconstruction import concealed
from semlink.contracts.fault import shown
from semlink.errors import InputError
from semlink.metrics import Metric
from semlink.signals import IMAGE, Estimate, Ledger, Sample
from semlink.sweeps.replay import Replay

WIDEST, QUALITY = 480, 90  # pixels and WebP quality of a picture in a notebook


@dataclass(frozen=True, repr=False, eq=False)
class Received:
    """One sample after one transmission.

    Attributes
    ----------
    data : what arrived, in the modality of ``estimate``: a picture [H, W, 3], uint8,
        mid grey where it was lost; words, boxes, features, a decision, or ``None``
    lost : the digital part failed its CRC
    metrics : value of every metric of the tasks and of the link, NaN where not defined
    cbr : channel uses, of both directions, over the values of the sample
    latency_slots : slots from the first symbol to the last
    ledger : channel uses by purpose, direction and part
    maps : [h, w] each, by title: entropy and rates of a learned code, and the
        receiver's doubt
    sample : what was sent
    estimate : output of the receiver, unchanged
    title : transmitter, channel and Es/N0
    """

    data: Any
    lost: bool
    metrics: dict[str, float]
    cbr: float
    latency_slots: int
    ledger: Ledger
    maps: dict[str, np.ndarray]
    sample: Sample
    estimate: Estimate
    title: str
    _shown: tuple[Metric, ...] = field(default=())

    @property
    def image(self) -> Image.Image:
        """The received picture.

        Raises
        ------
        InputError
            What arrived is no picture.
        """
        if self.estimate.modality != IMAGE:
            must = "what arrived must be an image to be shown as one"
            raise InputError(f"{must}, got {self.estimate.modality}")
        return Image.fromarray(self.data)

    def __repr__(self) -> str:
        what = "lost" if self.lost else shown(self.data)
        parts = [f"{self.sample.name}, {self.title}: {what}"]
        parts += [f"{name} {value}" for name, value in self._values()]
        uses = ", ".join(f"{name} {n}" for name, n in self._uses())
        return f"{', '.join(parts)}; channel uses: {uses}"

    def _repr_html_(self) -> str:
        picture = self._picture() if self.estimate.modality == IMAGE else ""
        lost = ", lost" if self.lost else ""
        head = f"<b>{html.escape(self.title)}</b>{lost}"
        tables = _table(self._values()) + _table(self._uses())
        row = f"<div style='display:flex;gap:1em'>{picture}{tables}</div>"
        return f"<div>{head}{row}</div>"

    def _values(self) -> list[tuple[str, str]]:
        """Headline metrics and CBR as text, by their titles."""
        values = [
            (m.title, f"{self.metrics[m.name]:.{m.digits}f}") for m in self._shown
        ]
        return [*values, ("CBR", f"{self.cbr:.5f}")]

    def _uses(self) -> list[tuple[str, int]]:
        """Channel uses by purpose, direction and part."""
        entries = [
            (" ".join(filter(None, use)).removesuffix(" down"), uses)
            for use, uses in self.ledger.items()
        ]
        return [*entries, ("total", self.ledger.total)]

    def _picture(self) -> str:
        small = self.image
        small.thumbnail((WIDEST, WIDEST))
        data = io.BytesIO()
        small.save(data, "WEBP", quality=QUALITY)
        text = base64.b64encode(data.getvalue()).decode()
        return f"<img src='data:image/webp;base64,{text}'>"


def received(
    replay: Replay,
    metrics: Mapping[str, tuple[str, Metric]],
    tasks: Mapping[str, Any],
    maps: Mapping[str, np.ndarray],
    title: str,
) -> Received:
    """What arrived, from what a trial returned.

    Parameters
    ----------
    replay : the delivery
    metrics : task and description of every metric
    tasks : tasks by name, which score metrics of a set
    maps : maps of the transmitter
    title : transmitter, channel and Es/N0
    """
    sample, estimate, values = replay[:3]
    for name, seen in replay.observed.items():
        if seen is not None:
            values = values | tasks[name].score([seen])
    data, doubt = estimate.data, estimate.doubt
    if estimate.modality == sample.modality == IMAGE:
        data = concealed(sample, estimate)
    return Received(
        data=data,
        lost=bool(estimate.lost),
        metrics={name: float(values.get(name, np.nan)) for name in metrics},
        cbr=values["cbr"],
        latency_slots=int(values["latency_slots"]),
        ledger=replay.ledger,
        maps=dict(maps) if doubt is None else {**maps, "doubt": np.asarray(doubt)},
        sample=sample,
        estimate=estimate,
        title=title,
        _shown=tuple(m for _, m in metrics.values() if m.headline),
    )


def _table(rows: list[tuple[str, Any]]) -> str:
    cells = "".join(
        f"<tr><td>{html.escape(str(name))}</td><td>{html.escape(str(value))}</td></tr>"
        for name, value in rows
    )
    return f"<table>{cells}</table>"
