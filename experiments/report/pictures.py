"""Pictures of a run for a page, sent again with the same noise."""

import base64
import io
from collections.abc import Sequence
from itertools import product

import matplotlib
import numpy as np
from PIL import Image

from experiments.figures.boxes import marked, marker
from experiments.figures.curves import spread
from experiments.figures.panel import shown
from semlink.errors import Infeasible
from semlink.modalities.boxes import BOXES
from semlink.signals import IMAGE
from semlink.sweeps.points import Point
from semlink.sweeps.sweep import Sweep

QUALITY = 90  # WebP quality of the pictures shown; measurements use the originals
MAP_WIDTH = 384
PLACE = ("channel", "cbr", "snr_db")


def pictures(job: Sweep, finished: set[str], images: Sequence[int], most: int) -> dict:
    """Originals and received pictures at a few points of the grid.

    Parameters
    ----------
    job : the sweep of the run
    finished : ids of its points with results
    images : numbers of the images to show
    most : largest number of received pictures; there is always one per image and
        transmitter

    Output
    ------
    : ``images``, ``places`` (channel, CBR, Es/N0), ``transmitters`` and ``shots``; the
        shots refer to the others by number; ``marks``, what boxes on them are
    """
    points = {
        (_place(point), point.setup.transmitter.label): point
        for point in job.points
        if point.id in finished
    }
    transmitters = list(dict.fromkeys(label for _, label in points))
    places = _few(
        {place for place, _ in points}, most // (len(images) * len(transmitters))
    )
    wanted = product(
        enumerate(transmitters), enumerate(images), enumerate(places)
    )  # one transmitter after the other, to set up its networks once
    shots = [
        {"image": i, "place": p, "transmitter": t} | _shot(job, points[key], image)
        for (t, label), (i, image), (p, place) in wanted
        if (key := (place, label)) in points
    ]
    return {
        "images": [_original(job, image) for image in images],
        "places": [dict(zip(PLACE, p, strict=True)) for p in places],
        "transmitters": transmitters,
        "shots": shots,
        "marks": getattr(marker(job.trial.tasks), "marks", ""),
    }


def _place(point: Point) -> tuple[str, float, float]:
    return point.setup.channel.label, point.cbr, point.snr_db


def _few(places: set, most: int) -> list:
    """An even selection of places; a single one is the middle of the first channel."""
    ordered = sorted(places)
    if most > 1:
        return spread(ordered, most)
    of_first = [place for place in ordered if place[0] == ordered[0][0]]
    return [of_first[len(of_first) // 2]]


def _original(job: Sweep, image: int) -> dict:
    sample = job.trial.source[image]
    picture = marked(sample.data, marker(job.trial.tasks), sample)
    return {"number": image, "name": sample.name, "src": _webp(picture)}


def _shot(job: Sweep, point: Point, image: int) -> dict:
    """The received picture of an image, with metrics and maps."""
    try:
        replay = job.trial.replay(point, image)
    except Infeasible as reason:
        return {"failed": " ".join(str(reason).split())}
    task, modality = marker(job.trial.tasks), replay.estimate.modality
    if modality != IMAGE and not (modality == BOXES and task):
        return {"failed": f"no picture, but {modality}"}
    picture = shown(replay) if modality == IMAGE else None
    maps = job.trial.maps(point, image).items()
    return {
        "src": _webp(marked(picture, task, *replay[:2])),
        "lost": bool(replay.estimate.lost),
        "values": {
            name: float(f"{value:.6g}") for name, value in replay.values.items()
        },
        "maps": [_map(name, np.asarray(of)) for name, of in maps],
    }


def _map(name: str, values: np.ndarray) -> dict:
    """A map as a picture, from its lowest value (dark) to its highest."""
    low, high = float(values.min()), float(values.max())
    scaled = (values - low) / ((high - low) or 1.0)
    colours = (255 * matplotlib.colormaps["viridis"](scaled)[..., :3]).astype(np.uint8)
    times = max(1, MAP_WIDTH // values.shape[1])
    colours = colours.repeat(times, 0).repeat(times, 1)
    return {"name": name, "low": low, "high": high, "src": _webp(colours)}


def _webp(picture: np.ndarray) -> str:
    data = io.BytesIO()
    picture = Image.fromarray(np.ascontiguousarray(picture))
    picture.save(data, "WEBP", quality=QUALITY, method=2)
    return "data:image/webp;base64," + base64.b64encode(data.getvalue()).decode()
