"""A session against time: what changed, what was decided, what it cost and gave."""

import textwrap
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import to_hex

from experiments.figures.canvas import save
from semlink.store.rows import Row

WIDTH, MARGINS = 9.0, 1.6  # inches
MOST_TICKS = 16
LONG = 24  # letters of a label of a transmitter
# letters of an intent across the figure, and at least; lines of what is said
LETTERS, LEAST_LETTERS, MOST_LINES = 115, 14, 3
NOT_SENT = "0.75"
DOWN, AGAIN, UP = "#5b7fa6", "#1d3557", "#d08a2e"
WANTED, BAD = "0.35", "#c1121f"
# marks of the last panel: title, whether a row has it
MARKS = {
    "retransmission": lambda row: int(row["retransmissions"]) > 0,
    "lost": lambda row: row["lost"] == "1",
    "late": lambda row: row["late"] == "1",
    "camera stays": lambda row: row["acts"] == "1",
}


def draw_timeline(rows: Sequence[Row], names: Sequence[str], path: Path) -> Path:
    """Draw a session.

    Parameters
    ----------
    rows : of its frames, in order
    names : its transmitters
    path : of the figure

    Raises
    ------
    InputError
        It cannot be written.
    """
    marks = [name for name, has in MARKS.items() if any(map(has, rows))]
    heights = [1.6, 0.2 + 0.3 * len(names), 1.6, 1.6, 1.3, 0.15 + 0.2 * len(marks)]
    panels = [snr, bands, uses, utility, latency, marked][: 5 + bool(marks)]
    heights = heights[: len(panels)]
    figure, axes = plt.subplots(
        len(panels),
        figsize=(WIDTH, MARGINS + sum(heights)),
        sharex=True,
        height_ratios=heights,
        layout="constrained",
        dpi=130,
    )
    for place, panel in zip(axes, panels, strict=True):
        panel(place, rows, names)
        place.grid(axis="x", alpha=0.2)
        for frame, _ in intents(rows)[1:]:
            place.axvline(
                frame - 0.5, color=WANTED, linewidth=0.8, linestyle=(0, (4, 2))
            )
    _name_intents(axes[0], rows)
    axes[0].set_xlim(-0.5, len(rows) - 0.5)
    axes[-1].set_xlabel(_frame_axis(rows))
    for place in axes:
        place.tick_params(labelsize=8, bottom=place is axes[-1])
        place.xaxis.label.set_size(9)
        place.yaxis.label.set_size(9)
    axes[-1].xaxis.get_major_locator().set_params(integer=True, nbins=MOST_TICKS)
    return save(figure, path)


def _frame_axis(rows: Sequence[Row]) -> str:
    """Label of the lowest axis, with the time between frames if there is one."""
    period_s = np.diff(_numbers(rows[:2], "time_s"))
    return f"frame, one every {1e3 * period_s[0]:g} ms" if len(period_s) else "frame"


def colours(names: Sequence[str]) -> dict[str, str]:
    """A colour for each transmitter, in hexadecimal."""
    cycle = plt.rcParams["axes.prop_cycle"].by_key()["color"]
    return {name: to_hex(cycle[i % len(cycle)]) for i, name in enumerate(names)}


def snr(axes, rows: Sequence[Row], names: Sequence[str]) -> None:
    """Mean Es/N0, and what the sender knew of it."""
    frames = _frames(rows)
    axes.plot(frames, _numbers(rows, "snr_db"), color="black", label="mean")
    axes.plot(
        frames,
        _numbers(rows, "reported_snr_db"),
        "o",
        color="tab:orange",
        markersize=3,
        label="last report at the sender",
    )
    axes.set_ylabel("Es/N0 [dB]")
    axes.legend(fontsize=7.5, frameon=False, ncols=2)


def bands(axes, rows: Sequence[Row], names: Sequence[str]) -> None:
    """The transmitter of each frame; a gap where a frame was not sent."""
    for place, (name, colour) in enumerate(colours(names).items()):
        spans = _spans([row["transmitter"] == name for row in rows])
        axes.broken_barh(spans, (place - 0.38, 0.76), color=colour)
    if not_sent := _spans([not row["transmitter"] for row in rows]):
        how = {"color": NOT_SENT, "label": "not sent"}
        axes.broken_barh(not_sent, (-0.5, len(names)), **how)
        _key(axes)
    axes.set(yticks=range(len(names)), ylim=(len(names) - 0.5, -0.5))
    axes.set_yticklabels([_in_lines(name) for name in names], fontsize=7)


def _in_lines(label: str) -> str:
    """A label with a line for each of its parameters, if it is long."""
    if len(label) <= LONG:
        return label
    return label.replace("[", "\n[", 1).replace(",", ",\n")


def uses(axes, rows: Sequence[Row], names: Sequence[str]) -> None:
    """Channel uses of each frame, down and up, and those that there are."""
    again = _numbers(rows, "down_retransmission")
    first, up = _numbers(rows, "uses_down") - again, _numbers(rows, "uses_up")
    below = np.zeros(len(rows))
    for values, colour, label in (
        (first, DOWN, "down"),
        (again, AGAIN, "down, retransmitted"),
        (up, UP, "up"),
    ):
        if np.any(values):
            _fill(axes, (below + values) / 1e3, below / 1e3, color=colour, label=label)
        below = below + values
    pool, most = (_numbers(rows, name) for name in ("pool_uses", "profile_uses"))
    _stairs(axes, pool / 1e3, color="black", label="pool of the downlink")
    if np.any(most < pool):
        most = np.where(most < pool, most, np.nan) / 1e3
        _stairs(axes, most, color=WANTED, linestyle=":", label="limit of the profile")
    axes.set_ylabel("channel uses\n[thousand]")
    axes.set_ylim(bottom=0)
    _key(axes)


def utility(axes, rows: Sequence[Row], names: Sequence[str]) -> None:
    """Utility of each frame by its transmitter, and what the receiver expected."""
    values = _numbers(rows, "utility")
    for name, colour in (colours(names) | {"": NOT_SENT}).items():
        own = np.array([row["transmitter"] == name for row in rows])
        if own.any():
            _fill(axes, np.where(own, values, 0.0), 0.0, color=colour, alpha=0.65)
    expected = _numbers(rows, "success")
    axes.plot(
        _frames(rows), expected, ".-", color="black", linewidth=0.8, markersize=4,
        label="expected by the receiver",
    )  # fmt: skip
    axes.set(ylabel="utility", ylim=(0, 1.02))
    _key(axes)


def latency(axes, rows: Sequence[Row], names: Sequence[str]) -> None:
    """Latency of each frame against the deadline."""
    values = _numbers(rows, "latency_ms")
    late = np.array([row["late"] == "1" for row in rows])
    axes.plot(_frames(rows)[~late], values[~late], "o", color=DOWN, markersize=3)
    if late.any():
        how = {"color": BAD, "markersize": 5, "label": "late"}
        axes.plot(_frames(rows)[late], values[late], "X", **how)
    deadline = _numbers(rows, "deadline_ms")
    _stairs(axes, deadline, color="black", label="deadline")
    axes.set_ylabel("latency [ms]")
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    _key(axes)


def marked(axes, rows: Sequence[Row], names: Sequence[str]) -> None:
    """Frames that were sent again, lost or late, and acts."""
    drawn = {name: has for name, has in MARKS.items() if any(map(has, rows))}
    for place, has in enumerate(drawn.values()):
        frames = [number for number, row in enumerate(rows) if has(row)]
        axes.plot(frames, [place] * len(frames), "|", color="black", markersize=7)
    axes.set(yticks=range(len(drawn)), ylim=(len(drawn) - 0.5, -0.5))
    axes.set_yticklabels(drawn, fontsize=8)


def intents(rows: Sequence[Row]) -> list[tuple[int, str]]:
    """Frames at which the user says something, and what it is read as."""
    return [(frame, _wish(row)) for frame, row in enumerate(rows) if row["says"]]


def _wish(row: Row) -> str:
    classes = row["classes"].replace(";", ", ")
    what = row["task"] + (f" of {classes}" if classes else "")
    return f"{what}, {round(float(row['deadline_ms']))} ms"


def _name_intents(axes, rows: Sequence[Row]) -> None:
    """Write what the user says above the first panel, from where it holds."""
    for (frame, wish), (end, _) in pairwise([*intents(rows), (len(rows), "")]):
        letters = max(int(LETTERS * (end - frame) / len(rows)), LEAST_LETTERS)
        lines = textwrap.wrap(f"\u201c{rows[frame]['says']}\u201d", letters)
        axes.annotate(
            "\n".join([*lines[:MOST_LINES], *textwrap.wrap(wish, letters)]),
            (frame - 0.5, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(2, 3),
            textcoords="offset points",
            fontsize=8,
            va="bottom",
        )


def _frames(rows: Sequence[Row]) -> np.ndarray:
    return np.arange(len(rows))


def _numbers(rows: Sequence[Row], column: str) -> np.ndarray:
    """Numbers of a column; NaN for nothing."""
    return np.array([float(row[column] or "nan") for row in rows])


def _spans(chosen: Sequence[bool]) -> list[tuple[float, float]]:
    """Runs of chosen frames: begin and length."""
    edges = np.flatnonzero(np.diff([0, *map(int, chosen), 0]))
    return [(begin - 0.5, end - begin) for begin, end in edges.reshape(-1, 2)]


def _stairs(axes, values: np.ndarray, **how) -> None:
    """A line that is level within each frame."""
    edges = np.arange(len(values) + 1) - 0.5
    axes.stairs(values, edges, baseline=None, linewidth=1.0, **how)


def _fill(axes, top: np.ndarray, below, **how) -> None:
    """Fill the area of each frame between two levels."""
    edges = np.arange(len(top) + 1) - 0.5
    axes.stairs(top, edges, baseline=below, fill=True, linewidth=0, **how)


def _key(axes) -> None:
    """The legend of a panel, above its right end."""
    where = {"loc": "lower right", "bbox_to_anchor": (1.0, 1.0), "ncols": 5}
    axes.legend(fontsize=7.5, frameon=False, borderaxespad=0, **where)
