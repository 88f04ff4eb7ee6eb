"""A session as a table: one line a frame, while it plays."""

import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.text import Text

from experiments.commands.display import plus_minus
from experiments.sessions.rows import Row
from experiments.sessions.summary import Totals
from semlink.loop.scenario import ScenarioConfig

# title, width, left aligned
COLUMNS = (
    ("frame", 5, False),
    ("sample", 14, True),
    ("Es/N0", 6, False),
    ("reported", 8, False),
    ("transmitter", 11, True),
    ("down", 6, False),
    ("up", 5, False),
    ("verdict", 12, True),
    ("again", 5, False),
    ("expects", 7, False),
    ("utility", 7, False),
    ("ms", 7, False),
    ("", 4, True),
    ("heard", 5, False),
)
MOST_LETTERS = 24  # of a name


class LiveTable:
    """Prints a line for each frame, and in a terminal the running one.

    Parameters
    ----------
    config : of the scenario
    heading : what is played, in a line
    """

    def __init__(self, config: ScenarioConfig, heading: str):
        self._config, self._heading = config, heading
        self._console = Console(highlight=False, soft_wrap=True, markup=False)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        longest = max(len(spec.label) for spec in config.transmitter)
        user = (("user", 4, False),) if config.users else ()
        self._columns = (*user, *COLUMNS)
        self._widths = [
            min(max(width, longest), MOST_LETTERS) if title == "transmitter" else width
            for title, width, _ in self._columns
        ]
        self._start, self._last = time.perf_counter(), {}

    def __enter__(self) -> "LiveTable":
        for line in filter(None, (self._config.about, self._heading)):
            self._console.print(line)
        self._console.print(self._line([title for title, _, _ in self._columns]))
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_) -> None:
        self._live.stop()

    def playing(self, number: int) -> None:
        """Show which frame is being played."""
        if self._console.is_terminal:
            seconds = time.perf_counter() - self._start
            text = f"  frame {number} of {self._config.world.frames}, {seconds:.0f} s"
            self._live.update(Text(text, style="dim"), refresh=True)

    def frame(self, row: Row, stored: bool = False) -> None:
        """Print a frame, and before it what has changed.

        Parameters
        ----------
        row : of the frame
        stored : it was in the table already
        """
        user = row.get("user", "")
        for change in changes(self._last.get(user), row):
            self._console.print(
                f"user {user}: {change}" if user else change, style="bold"
            )
        style = "dim" if stored else "red" if int(row["late"]) else None
        self._console.print(self._line(_cells(row)), style=style)
        self._last[user] = row

    def interrupted(self, count: int, folder: Path) -> None:
        """Print what is kept after an interruption."""
        self._console.print(
            f"interrupted: {count} of {self._config.world.frames} frames kept in "
            f"{folder}; the same command plays it again, checks them, and goes on"
        )

    def summary(self, rows: Sequence[Row], stored: int, files: Sequence[Path]) -> None:
        """Print what the session came to, and where its files are."""
        sign = plus_minus(self._console.encoding)
        kept = f", {stored} were there already" if stored else ""
        seconds = time.perf_counter() - self._start
        self._console.print(f"{len(rows)} frames in {seconds:.0f} s{kept}")
        for line in Totals(rows).lines(sign):
            self._console.print(line)
        for path in files:
            self._console.print(f"{path.stem:<8} {path}")

    def _line(self, cells: Sequence[str]) -> str:
        texts = [
            f"{_cut(cell, width):<{width}}" if left else f"{cell:>{width}}"
            for cell, width, (_, _, left) in zip(
                cells, self._widths, self._columns, strict=True
            )
        ]
        return " ".join(texts).rstrip()


def _cut(text: str, width: int) -> str:
    """A text that fits into a column."""
    return text if len(text) <= width else f"{text[: width - 2]}.."


def changes(before: Row | None, now: Row) -> list[str]:
    """Lines on what the user wants anew, and on what others take of the pool."""
    lines = []
    if now["says"]:
        lines.append(f'user: "{now["says"]}" -> {wish(now)}')
    if now["questions"] not in ("", "0"):
        asked = f"{now['questions']} questions, {now['asked_bytes']} bytes with answers"
        lines.append(f"asked back: {asked}")
    if now["changed"]:
        lines.append(f"nearest that can be met: {now['changed']}")
    if now["load"] != (before["load"] if before else "0"):
        lines.append(f"others take {100 * float(now['load']):.0f} % of the pool")
    return lines


def wish(row: Row) -> str:
    """What the user wants, in a line."""
    classes = row["classes"].replace(";", ", ")
    of = f" of {classes}" if classes else ""
    return (
        f"{row['task']}{of} within {row['deadline_ms']} ms and "
        f"{int(row['profile_uses']):,} uses"
    )


def _cells(row: Row) -> list[str]:
    name = row["transmitter"] or "not sent"
    return [
        *([row["user"]] if "user" in row else []),
        row["frame"],
        row["sample"],
        f"{float(row['snr_db']):.1f}",
        row["reported_snr_db"] or "-",
        name,
        row["uses_down"],
        row["uses_up"],
        row["verdicts"].replace("give_up", "gives up") or "-",
        row["retransmissions"],
        f"{float(row['success']):.2f}",
        f"{float(row['utility']):.2f}",
        f"{float(row['latency_ms']):.1f}",
        _mark(row),
        row["heard"],
    ]


def _mark(row: Row) -> str:
    if int(row["late"]):
        return "late"
    return "lost" if int(row["lost"]) else ""
