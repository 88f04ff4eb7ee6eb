"""Tables of results: a CSV file, and lines on the screen."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from semlink.store.files import write_whole

WIDTH = "_ci95"  # of the columns that hold half widths of intervals


def write(path: Path, rows: Sequence[NamedTuple]) -> None:
    """Write rows of one kind to a CSV file, whole or not at all."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(rows[0]._fields)
    table.writerows([_exact(value) for value in row] for row in rows)
    write_whole(path, text.getvalue().encode())


def shown(title: str, rows: Sequence[NamedTuple]) -> None:
    """Print rows of one kind; half widths stand beside their means."""
    fields = [name for name in rows[0]._fields if not name.endswith(WIDTH)]
    table = Table(*fields, title=title, box=None)
    for row in rows:
        table.add_row(*(_cell(row, name) for name in fields))
    Console(highlight=False, width=120).print(table)


def _cell(row: NamedTuple, name: str) -> str:
    value, width = getattr(row, name), getattr(row, name + WIDTH, 0.0)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4f}" + (f" ±{width:.4f}" if width else "")
    return escape(str(value))


def _exact(value) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
