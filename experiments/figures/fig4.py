"""The case study's figure, from our own links: pictures, maps and five curves.

By the default protocol, power, code and rates of the learned links follow the SNR. By
that of the paper, their codecs are designed for 10 dB, and only rates follow it.

One run holds three sweeps: CBR at 10 dB, SNR at one CBR, and JPEG at a slightly higher
CBR, the lowest it reaches.
"""

import time
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from rich.console import Console

from experiments.commands.manifests import read_metrics
from experiments.commands.signal_cache import signal_cache
from experiments.commands.sweeping import run
from experiments.compose import sweep_of
from experiments.figures.canvas import save
from experiments.figures.lines import draw_curves, styles
from experiments.figures.panel import shown
from experiments.figures.paper import Paper
from semlink import config
from semlink.errors import InputError
from semlink.store.results import read_points
from semlink.sweeps.listener import Unwatched
from semlink.sweeps.sweep import Sweep
from semlink.units import psnr_db

LEARNED = ("akb_jscc", "akb_jscc_no_ckb", "ntscc")
SEPARATED = ("jpeg2000_ldpc", "jpeg_ldpc")  # fixed 16-QAM, rate 2/3, in any protocol
SNR_DB, CBR, CBR_JPEG = 10.0, 0.03, 0.035
SHOWN = ("akb_jscc", "ntscc")
SHOWN_AT = ((0.02, 10.0), (CBR, 4.0), (CBR, 10.0))  # CBR and Es/N0

Cache = tuple[Path, float] | None


class Grid(NamedTuple):
    """The grid: SNRs at one CBR, CBRs at one SNR; and numbers of the photos shown."""

    snr_db: tuple[float, ...]
    cbr: tuple[float, ...]
    photos: tuple[int, ...]


class Protocol(NamedTuple):
    """Use of the SNR by the learned links.

    folder : default name of the run
    parameters : of the learned links, as on the command line
    title : title of the figures, if any
    """

    folder: str
    parameters: str
    title: str

    def labels(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Learned links as transmitters of a sweep."""
        return tuple(name + self.parameters for name in names)


PROTOCOLS = {
    "adaptive": Protocol("fig4", "", ""),
    "paper": Protocol(
        "fig4_paper",
        "[csi=rate]",
        "Protocol of the paper: learned codes designed for 10 dB, rates alone follow\n"
        "the SNR; separated links at fixed 16-QAM, rate 2/3",
    ),
}
FULL = Grid((0, 4, 8, 12, 16, 20), (0.015, 0.02, 0.025, 0.03, 0.04, 0.06), (0, 1, 2))
QUICK = Grid((4, 16), (0.02, 0.03, 0.06), (0, 1))


def protocol_of(name: str) -> Protocol:
    """The protocol of a name.

    Raises
    ------
    InputError
        There is none of that name.
    """
    if name not in PROTOCOLS:
        known = " or ".join(PROTOCOLS)
        raise InputError(f"the protocol must be {known}, got {name!r}")
    return PROTOCOLS[name]


def fig4(
    source: str,
    images: int | None,
    quick: bool,
    folder: Path,
    cache: Cache = None,
    protocol: Protocol = PROTOCOLS["adaptive"],
) -> None:
    """Run the missing points of the sweeps, and draw the figures.

    Parameters
    ----------
    source : source of pictures, as on the command line
    images : largest number of images
    quick : whether to use a coarse grid
    folder : folder of the run
    cache : folder and limit [GiB] of the signal cache, if any
    protocol : use of the SNR by the learned links

    Raises
    ------
    InputError
        The source does not exist, or the run has another source.
    """
    grid = QUICK if quick else FULL
    jobs = sweeps(grid, source, images, cache, protocol)
    console = Console(highlight=False, soft_wrap=True, markup=False)
    if not quick:
        console.print(_forecast(jobs, folder))
    for job in jobs:
        run(job, folder)
    with Paper().look():
        paths = (
            draw(jobs, grid, folder, protocol),
            draw_metric(jobs, "ms_ssim", folder, protocol),
        )
    for path in paths:
        console.print(f"figure   {path}")
    console.print(f"table    {folder / 'points.csv'}")


def sweeps(
    grid: Grid,
    source: str,
    images: int | None,
    cache: Cache = None,
    protocol: Protocol = PROTOCOLS["adaptive"],
) -> list[Sweep]:
    """The sweeps of the figure."""
    disk = signal_cache(*cache) if cache else None
    learned = protocol.labels(LEARNED)
    parts = (
        ((*learned, *SEPARATED), (SNR_DB,), grid.cbr),
        ((*learned, SEPARATED[0]), grid.snr_db, (CBR,)),
        (SEPARATED[1:], (*grid.snr_db, SNR_DB), (CBR_JPEG,)),
    )
    return [
        sweep_of(
            config.validate(
                {
                    "source": source,
                    "transmitter": list(transmitters),
                    "channel": ["awgn"],
                    "snr_db": list(snr_db),
                    "cbr": list(cbr),
                    "stop": {"images": images},
                }
            ),
            disk,
        )
        for transmitters, snr_db, cbr in parts
    ]


def draw(jobs: list[Sweep], grid: Grid, folder: Path, protocol: Protocol) -> Path:
    """Pictures and maps on the left, PSNR on the right."""
    photos = [i for i in grid.photos if i < jobs[0].trial.num_samples]
    width = 2.1 * (2 + len(SHOWN_AT))
    figure = plt.figure(figsize=(width + 5, 3.4 * len(photos)), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(width, 5))
    axes = left.subplots(2 * len(photos), 2 + len(SHOWN_AT), squeeze=False)
    for photo, rows in zip(photos, np.split(axes, len(photos)), strict=True):
        _draw_photo(jobs, photo, rows, protocol.labels(SHOWN))
    _draw_curves(jobs, "psnr", right, folder)
    return _saved(figure, folder / "fig4.png", protocol)


def draw_metric(
    jobs: list[Sweep], metric: str, folder: Path, protocol: Protocol
) -> Path:
    """The curves of another metric, without pictures."""
    figure = plt.figure(figsize=(5, 7), layout="constrained")
    _draw_curves(jobs, metric, figure, folder)
    return _saved(figure, folder / f"fig4_{metric}.png", protocol)


def _saved(figure, path: Path, protocol: Protocol) -> Path:
    if protocol.title:
        figure.suptitle(protocol.title, fontsize=8)
    figure.set_dpi(130)
    save(figure, path.with_suffix(".pdf"))
    return save(figure, path)


def _draw_photo(jobs: list[Sweep], photo: int, rows, labels: tuple[str, ...]) -> None:
    """Two rows: original, maps, and the photo received from two transmitters."""
    for place in rows.flat:
        place.set_axis_off()
    original = jobs[0].trial.source[photo].data
    _show(rows[0, 0], original, f"photo {photo}")
    job, point = _find(jobs, labels[0], CBR, SNR_DB)
    _draw_maps(job.trial.maps(point, photo), rows)
    for column, (cbr, snr_db) in enumerate(SHOWN_AT, start=2):
        for row, transmitter in zip(rows, labels, strict=True):
            job, point = _find(jobs, transmitter, cbr, snr_db)
            picture = shown(job.trial.replay(point, photo))
            where = f"CBR {cbr:g}, {snr_db:g} dB: {psnr_db(original, picture):.2f} dB"
            _show(row[column], picture, f"{transmitter}\n{where}")


def _draw_maps(maps: dict[str, np.ndarray], rows) -> None:
    """Entropy, rate preset, and rates after the action, on the preset's scale."""
    entropy, preset, after = maps.values()
    titles = "entropy [bits]", "rate preset [uses]", "after the action [uses]"
    places = rows[1, 0], rows[0, 1], rows[1, 1]
    highest = entropy.max(), *2 * (max(preset.max(), after.max()),)
    for place, title, values, most in zip(
        places, titles, (entropy, preset, after), highest, strict=True
    ):
        drawn = place.imshow(values, cmap="viridis", vmin=0, vmax=most)
        place.set_title(title, fontsize=7)
        bar = place.figure.colorbar(drawn, ax=place, shrink=0.7)
        bar.ax.tick_params(labelsize=6)
        bar.ax.grid(visible=False)


def _show(place, picture: np.ndarray, title: str) -> None:
    place.imshow(picture)
    place.set_title(title, fontsize=7)


def _find(jobs: list[Sweep], transmitter: str, cbr: float, snr_db: float):
    """The point of a transmitter, CBR and SNR, and its sweep."""
    for job in jobs:
        for point in job.points:
            where = point.setup.transmitter.label, point.cbr, point.snr_db
            if where == (transmitter, cbr, snr_db):
                return job, point
    raise ValueError(f"{transmitter} is not swept at CBR {cbr:g}, {snr_db:g} dB")


def _draw_curves(jobs: list[Sweep], metric: str, figure, folder: Path) -> None:
    ids = {point.id for job in jobs for point in job.points}
    rows = [
        row
        for row in read_points(folder)
        if row["point_id"] in ids and row["metric"] == metric
    ]
    style = styles(sorted({row["transmitter"] for row in rows}), {})
    upper, lower = figure.subplots(2, 1)
    of_cbr = [row for row in rows if float(row["snr_db"]) == SNR_DB]
    of_cbr = [row for row in of_cbr if float(row["cbr_target"]) != CBR_JPEG]
    of_snr = [
        row
        for row in rows
        if float(row["cbr_target"])
        == (CBR_JPEG if row["transmitter"] == "jpeg_ldpc" else CBR)
    ]
    draw_curves(upper, of_cbr, "cbr_target", style)
    draw_curves(lower, of_snr, "snr_db", style)
    upper.set_title(f"Es/N0 {SNR_DB:g} dB", fontsize=9)
    lower.set_title(f"CBR {CBR:g} (jpeg_ldpc: {CBR_JPEG:g})", fontsize=9)
    upper.set_xlabel("CBR (measured, all symbols counted)")
    lower.set_xlabel("Es/N0 [dB]")
    for place in (upper, lower):
        place.set_ylabel(read_metrics(folder, [metric])[metric].title)
    lower.legend(fontsize=7)


def _forecast(jobs: list[Sweep], folder: Path) -> str:
    """Estimated time of the missing points, from a short run of each transmitter."""
    rows = read_points(folder) if folder.exists() else []
    done = {row["point_id"] for row in rows}
    missing = [(job, p) for job in jobs for p in job.points if p.id not in done]
    if not missing:
        return "nothing is missing"
    cost = {}
    for job, point in missing:
        label = point.setup.transmitter.label
        if label not in cost:
            cost[label] = _seconds(job, point)
    images = jobs[0].trial.num_samples
    seconds = images * sum(cost[p.setup.transmitter.label] for _, p in missing)
    return (
        f"{len(missing)} points of {images} images: about {seconds / 60:.0f} minutes; "
        "the same command resumes"
    )


def _seconds(job: Sweep, point) -> float:
    """Seconds per image at a point, without the first run."""
    few = [_first(job, count, point) for count in (1, 3)]
    times = []
    for small, same in few:
        start = time.perf_counter()
        small.simulate(same, Unwatched())
        times.append(time.perf_counter() - start)
    return times[1] / 3


def _first(job: Sweep, count: int, point):
    """A sweep of the first images at one point, and its point."""
    settings = job.config.model_dump(mode="json")
    settings |= {
        "transmitter": [point.setup.transmitter.label],
        "snr_db": [point.snr_db],
        "cbr": [point.cbr],
        "stop": {"images": count},
    }
    small = sweep_of(config.validate(settings))
    return small, small.points[0]
