"""The page of a session: frame by frame, what was sent, received, decided, spent."""

import base64
import html
import io
import json
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from blocks.tasks.reconstruction import concealed
from experiments.figures.boxes import marked
from experiments.figures.curves import spread
from experiments.figures.timeline import colours
from experiments.playing.stage import Stage
from experiments.report.write import REPLACED, definitions, provenance
from semlink.errors import InputError
from semlink.loop.session import Step
from semlink.metrics import Marking
from semlink.modalities.query import Query
from semlink.modalities.words import WORDS, Words
from semlink.signals import IMAGE, Estimate
from semlink.store.files import write_whole
from semlink.store.rows import Row

PAGE = Path(__file__).parent
MOST_FRAMES = 60  # with pictures; of a longer session, an even selection
MOST_PIXELS = 384  # on the longer side of a picture
QUALITY = 80  # WebP quality of the pictures shown; measurements use the originals


class Album:
    """Pictures of a session, kept as small files while it plays.

    Parameters
    ----------
    stage : of its scenario
    """

    def __init__(self, stage: Stage):
        frames = list(range(stage.config.world.frames))
        self._wanted = set(spread(frames, MOST_FRAMES))
        self._tasks = stage.tasks
        self.pictures: dict[int, dict[str, str]] = {}

    def add(self, step: Step) -> None:
        """Keep what was sent and received of a frame, if it is among the wanted."""
        if step.frame.number in self._wanted and step.frame.sample.modality == IMAGE:
            self.pictures[step.frame.number] = self._pair(step)

    @property
    def marks(self) -> str:
        """What boxes on the pictures are, for a legend."""
        return next(
            (t.marks for t in self._tasks.values() if isinstance(t, Marking)), ""
        )

    def _pair(self, step: Step) -> dict[str, str]:
        sample = step.frame.sample._replace(query=Query(classes=step.profile.classes))
        estimate = step.outcome.estimate
        task = self._marker(step)
        picture = concealed(sample, estimate) if estimate.modality == IMAGE else None
        return {
            "sent": webp(marked(sample.data, task, sample)),
            "received": webp(marked(picture, task, sample, estimate)),
            "said": said(step, estimate),
        }

    def _marker(self, step: Step) -> Marking | None:
        """The task of the frame, if it marks pictures; words are drawn by any."""
        own = self._tasks[step.profile.task]
        if isinstance(own, Marking):
            return own
        others = (t for t in self._tasks.values() if isinstance(t, Marking))
        is_drawn = step.outcome.estimate.modality != IMAGE
        return next(others, None) if is_drawn else None


def said(step: Step, estimate: Estimate) -> str:
    """What was received, in words."""
    if step.emitted is None:
        return "not sent: the deadline had passed"
    if estimate.data is None:
        return "nothing could be decoded"
    lost = ", lost" if estimate.lost else ""
    if estimate.modality == WORDS:
        return f"words{lost}: {_sentence(estimate.data)}"
    return f"{estimate.modality}{lost}"


def _sentence(words: Words) -> str:
    counts = ", ".join(f"{number} {name}" for name, number in words.counts)
    return words.caption or "; ".join(filter(None, [counts, " ".join(words.scene)]))


def webp(picture: np.ndarray) -> str:
    """A picture [H, W, 3], uint8, as the address of a small WebP."""
    small, data = Image.fromarray(np.ascontiguousarray(picture)), io.BytesIO()
    small.thumbnail((MOST_PIXELS, MOST_PIXELS))
    small.save(data, "WEBP", quality=QUALITY, method=2)
    return _address("image/webp", data.getvalue())


class Shown(NamedTuple):
    """What the page of a session shows.

    heading : what was played, in a line
    names : transmitters, in the session's order
    rows : of all frames
    purposes : columns of channel uses by direction and purpose
    totals : lines on the whole session
    manifest : of the session
    album : its pictures
    timeline : PNG of the figure
    """

    heading: str
    names: Sequence[str]
    rows: Sequence[Row]
    purposes: Sequence[str]
    totals: Sequence[str]
    manifest: dict[str, Any]
    album: Album
    timeline: Path


def write_page(path: Path, shown: Shown) -> None:
    """Write the page.

    Raises
    ------
    InputError
        It cannot be written.
    """
    try:
        write_whole(path, _page(shown).encode(errors=REPLACED))
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from None


def _page(shown: Shown) -> str:
    manifest, columns = shown.manifest, list(shown.rows[0])
    data = {
        "columns": columns,
        "rows": [[row[name] for name in columns] for row in shown.rows],
        "purposes": shown.purposes,
        "colours": colours(shown.names),
        "pictures": shown.album.pictures,
    }
    name = f"{manifest['scenario']}, seed {manifest['seed']}"
    fields = {
        "title": html.escape(f"{name}: semlink session"),
        "name": html.escape(name),
        "about": html.escape(manifest["configuration"]["about"]),
        "heading": html.escape(shown.heading),
        "marks": html.escape(shown.album.marks),
        "totals": html.escape("\n".join(shown.totals)),
        "timeline": _address("image/png", shown.timeline.read_bytes()),
        "conventions": definitions(manifest["conventions"]),
        "provenance": definitions(provenance(manifest)),
        "manifest": html.escape(json.dumps(manifest, indent=2)),
        "style": "\n".join(_text(name) for name in ("page.css", "session.css")),
        "script": _text("session.js"),
        # "</script>" in a name must not end the data
        "data": json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
    }
    return Template(_text("session.html")).substitute(fields)


def _text(name: str) -> str:
    return (PAGE / name).read_text("utf-8")


def _address(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
