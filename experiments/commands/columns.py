"""The table of a running sweep: what it says of links, and of scenarios."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from semlink.config import ScenarioSweepConfig
from semlink.store.rows import Row
from semlink.sweeps.monitor import Monitor
from semlink.sweeps.sweep import Sweep

Means = Mapping[str, float]  # by metric


class Column(NamedTuple):
    """A column: title, least width, and text of a point by its row and its means."""

    title: str
    width: int
    text: Callable[[Row, Means], str]


class Table(NamedTuple):
    """Columns around those of the metrics.

    place : where the point is in the grid; the first two are words
    before, after : on either side of the metrics
    speed : title, and (row, seconds) -> text
    heading : sweep -> what is simulated
    progress : (sweep, monitor) -> how much of a point is done
    """

    place: tuple[Column, ...]
    before: tuple[Column, ...]
    after: tuple[Column, ...]
    speed: tuple[str, Callable[[Row, float], str]]
    heading: Callable[[Sweep], str]
    progress: Callable[[Sweep, Monitor], str]


def table_of(job: Sweep) -> Table:
    """The table of a sweep."""
    return EPISODES if isinstance(job.config, ScenarioSweepConfig) else LINKS


def _heading_of_links(job: Sweep) -> str:
    stop, source = job.config.stop, job.config.source.label
    rule = f"{job.trial.num_samples} images x {stop.draws} draws"
    if job.trial.skipped:
        rule += f" ({len(job.trial.skipped)} skipped)"
    mode = f"CBR {job.config.cbr_mode}, all symbols counted, Es/N0 in dB"
    return f"{len(job.points)} points, {source}, {_until(job)}{rule}; {mode}"


def _heading_of_episodes(job: Sweep) -> str:
    rule = f"{_until(job)}{job.config.stop.draws} episodes"
    counted = "symbols of both directions counted, mean Es/N0 of the world in dB"
    return f"{len(job.points)} points, {rule}; {counted}"


def _until(job: Sweep) -> str:
    if not job.rule.ci95:
        return ""
    return f"until {job.rule.metric} is known within {job.rule.ci95:g} (95 %), "


def _progress_of_links(job: Sweep, monitor: Monitor) -> str:
    return f"{monitor.samples_seen}/{job.trial.num_samples} images x {monitor.draws}"


def _progress_of_episodes(job: Sweep, monitor: Monitor) -> str:
    return f"{monitor.draws} episodes"


def _images_per_second(row: Row, seconds: float) -> str:
    return f"{int(row['images']) * int(row['draws']) / max(seconds, 1e-9):.1f}"


def _seconds_per_episode(row: Row, seconds: float) -> str:
    return f"{seconds / max(int(row['draws']), 1):.1f}"


def _word(column: str) -> Callable[[Row, Means], str]:
    return lambda row, _: row[column]


def _number(column: str) -> Callable[[Row, Means], str]:
    return lambda row, _: f"{float(row[column]):g}"


def _cbr(row: Row, _: Means) -> str:
    return f"{float(row['cbr']):.5f}"


CHANNEL = Column("channel", 7, _word("channel"))
SNR = Column("Es/N0", 6, _number("snr_db"))
LINKS = Table(
    place=(
        Column("transmitter", 11, _word("transmitter")),
        CHANNEL,
        SNR,
        Column("CBR", 7, _number("cbr_target")),
    ),
    before=(Column("measured", 8, _cbr),),
    after=(
        Column("BLER", 8, lambda _, v: f"{v['bler']:.2e}".replace("nan", "n/a")),
        Column("outage", 6, lambda _, v: f"{v['outage']:.2f}"),
        Column("images", 7, lambda row, _: f"{row['images']}x{row['draws']}"),
    ),
    speed=("img/s", _images_per_second),
    heading=_heading_of_links,
    progress=_progress_of_links,
)
EPISODES = Table(
    place=(Column("scenario", 11, _word("scenario")), CHANNEL, SNR),
    before=(Column("CBR", 8, _cbr),),
    after=(Column("episodes", 8, _word("draws")),),
    speed=("s/ep", _seconds_per_episode),
    heading=_heading_of_episodes,
    progress=_progress_of_episodes,
)
