"""Photos of a run side by side: the original and each received picture."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from blocks.tasks.reconstruction import concealed
from experiments.commands.sweeping import again
from experiments.figures.boxes import marked, marker
from experiments.figures.canvas import save
from experiments.figures.curves import spread
from semlink.errors import Infeasible, InputError
from semlink.modalities.boxes import BOXES
from semlink.signals import IMAGE
from semlink.sweeps.points import Point
from semlink.sweeps.replay import Replay
from semlink.sweeps.sweep import Sweep
from semlink.units import psnr_db

MOST_SNRS = 4


def draw_panel(folder: Path, images: str | None, cbr: float | None) -> list[Path]:
    """Send images of a run again, with the same noise, and draw them.

    Parameters
    ----------
    folder : folder of the run, with its manifest
    images : numbers of the images, as text (``None``: the first two)
    cbr : CBR target of the run (``None``: the lowest)

    Output
    ------
    : one figure for each channel

    Raises
    ------
    InputError
        The run, an image or the CBR does not exist.
    """
    job = again(folder)
    numbers = image_numbers(images, job.trial.num_samples)
    if (kind := job.trial.source.modality) != IMAGE:
        raise InputError(f"a panel shows images, got a source of {kind}")
    cbr = _chosen_cbr(job, cbr)
    channels = dict.fromkeys(point.setup.channel.label for point in job.points)
    paths = []
    for channel in channels:
        points = [
            point
            for point in job.points
            if point.setup.channel.label == channel and point.cbr == cbr
        ]
        name = "".join(c if c.isalnum() else "_" for c in channel)
        path = folder / f"panel_{name}_cbr_{cbr:g}.png"
        paths.append(_draw(job, points, numbers, f"{channel}, CBR {cbr:g}", path))
    return paths


def image_numbers(text: str | None, count: int) -> list[int]:
    """Parse numbers of images; the first two by default.

    Raises
    ------
    InputError
        A word is not the number of an image.
    """
    if text is None:
        return list(range(min(2, count)))
    try:
        numbers = list(dict.fromkeys(int(word) for word in text.split()))
    except ValueError:
        raise InputError(f"images are numbers, got {text!r}") from None
    if not numbers or not all(0 <= number < count for number in numbers):
        raise InputError(f"images must be 0 to {count - 1}, got {text!r}")
    return numbers


def _chosen_cbr(job: Sweep, cbr: float | None) -> float:
    known = sorted(job.config.cbr)
    if cbr is not None and cbr not in known:
        listed = ", ".join(f"{value:g}" for value in known)
        raise InputError(f"cbr must be one of {listed}, got {cbr:g}")
    return known[0] if cbr is None else cbr


def _draw(job: Sweep, points: list[Point], images: list[int], title: str, path: Path):
    """Rows: image and transmitter; columns: the original, a few SNRs, the maps."""
    transmitters = list(dict.fromkeys(p.setup.transmitter.label for p in points))
    snrs = spread(sorted({point.snr_db for point in points}), MOST_SNRS)
    rows = [(image, transmitter) for image in images for transmitter in transmitters]
    by_place = {(p.setup.transmitter.label, p.snr_db): p for p in points}
    maps = [_maps(job, by_place[transmitter, snrs[-1]], i) for i, transmitter in rows]
    columns = 1 + len(snrs) + max(map(len, maps))
    figure, axes = plt.subplots(
        len(rows),
        columns,
        figsize=(2.6 * columns, 0.4 + 2.2 * len(rows)),
        squeeze=False,
        layout="constrained",
        dpi=110,
    )
    task = marker(job.trial.tasks)
    for places, (image, transmitter), shown in zip(axes, rows, maps, strict=True):
        sample = job.trial.source[image]
        original = marked(sample.data, task, sample)
        _show(places[0], original, f"{sample.name}, original")
        _label_row(places[0], transmitter)
        for place, snr_db in zip(places[1:], snrs, strict=False):
            _show_received(place, job, by_place[transmitter, snr_db], image)
        _show_maps(places[1 + len(snrs) :], shown, snrs[-1])
    figure.suptitle(title)
    if task is not None:
        figure.supxlabel(task.marks, fontsize=8)
    return save(figure, path)


def _maps(job: Sweep, point: Point, image: int) -> dict[str, np.ndarray]:
    try:
        return job.trial.maps(point, image)
    except Infeasible:
        return {}


def _show_maps(places, maps: dict[str, np.ndarray], snr_db: float) -> None:
    """Draw the maps of a learned transmitter; nothing for others."""
    for place in places:
        place.set_axis_off()
    for place, (name, values) in zip(places, maps.items(), strict=False):
        drawn = place.imshow(values, cmap="viridis")
        place.set_title(f"{name}, {snr_db:g} dB", fontsize=8)
        bar = place.figure.colorbar(drawn, ax=place, shrink=0.8)
        bar.ax.tick_params(labelsize=7)


def _show_received(place, job: Sweep, point: Point, image: int) -> None:
    try:
        replay = job.trial.replay(point, image)
    except Infeasible:
        place.set_axis_off()
        place.set_title(f"{point.snr_db:g} dB: infeasible", fontsize=8)
        return
    task, where = marker(job.trial.tasks), f"Es/N0 {point.snr_db:g} dB"
    seen, lost = replay[:2], ", lost" if replay.estimate.lost else ""
    if replay.estimate.modality == BOXES and task is not None:
        _show(place, marked(None, task, *seen), f"{where}: boxes{lost}")
    elif replay.estimate.modality == IMAGE:
        picture = shown(replay)
        quality = f"{psnr_db(replay.sample.data, picture):.2f} dB"
        _show(place, marked(picture, task, *seen), f"{where}: {quality}{lost}")
    else:
        place.set_axis_off()
        place.set_title(f"{where}: {replay.estimate.data!s}")


def shown(replay: Replay) -> np.ndarray:
    """The received picture, concealed if it was lost : [H, W, 3], uint8."""
    return concealed(replay.sample, replay.estimate)


def _show(place, picture, title: str) -> None:
    place.imshow(picture)
    place.set_axis_off()
    place.set_title(title, fontsize=8)


def _label_row(place, text: str) -> None:
    middle = {"rotation": 90, "va": "center", "ha": "right", "fontsize": 8}
    place.text(-0.04, 0.5, text, transform=place.transAxes, **middle)
