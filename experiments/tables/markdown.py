"""Tables in Markdown, as GitHub has them."""

import re
from collections.abc import Sequence

from experiments.tables.layout import Cell, Line, Table


def document(tables: Sequence[Table], comment: str) -> str:
    """Tables, each under its caption, and a last line that says where they are from."""
    return "\n".join([*map(_table, tables), f"{_plain(comment)}\n"])


def _table(table: Table) -> str:
    corner = f"{table.corner}, {table.across}" if table.across else table.corner
    lines = [
        f"**{_plain(table.caption)}**\n",
        _row([_plain(word) for word in (corner, *table.heads)]),
        "|---" + "|---:" * len(table.heads) + "|",
    ]
    for block in table.blocks:
        if block.title:
            lines.append(_row([f"*{_plain(block.title)}*", *[""] * len(table.heads)]))
        lines += [_row([_label(line), *map(_cell, line.cells)]) for line in block.lines]
    return "\n".join([*lines, "", *(f"* {_plain(note)}" for note in table.notes), ""])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _label(line: Line) -> str:
    return f"↳ {_plain(line.label)}" if line.is_part else _plain(line.label)


def _plain(words: str) -> str:
    """Text without the signs that mean something in a table."""
    return re.sub(r"([|*<`\\])", r"\\\1", words)


def _cell(cell: Cell) -> str:
    if not cell.text:
        return ""
    number = f"**{cell.text}**" if cell.bold else cell.text
    sub = f"±{cell.interval[0]}" if len(cell.interval) == 1 else ""
    if len(cell.interval) == 2:
        sub = f"[{', '.join(cell.interval)}]"
    mark = f"({cell.mark})" if cell.mark.isalpha() else cell.mark
    count = f"({cell.count})" if cell.count else ""
    return " ".join(filter(None, [number, sub, mark, count]))
