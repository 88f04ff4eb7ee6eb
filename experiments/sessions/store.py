"""The table of a session, which grows by a row a frame.

A session follows from its configuration and its seed. Its state is in no file: a
session that was killed is played again from its first frame, and every row that is in
the table already must come out equal.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.commands.manifests import MANIFEST
from experiments.sessions.manifest import refuse_another
from experiments.sessions.rows import Row, format_lines, parse
from semlink.errors import InputError
from semlink.store.files import append_whole, write_whole
from semlink.store.results import locked

STEPS = "steps.csv"


class StepStore:
    """Rows of one session.

    Parameters
    ----------
    folder : of the run; created if it is missing
    columns : of the table
    manifest : of the session

    Raises
    ------
    InputError
        The folder cannot be written, is in use, or has another result.
    """

    def __init__(self, folder: Path, columns: Sequence[str], manifest: Mapping):
        self.folder, self.path = folder, folder / STEPS
        self._columns, self.manifest = tuple(columns), manifest
        self._lock = locked(folder)
        try:
            refuse_another(folder, dict(manifest))
            self.rows = self._kept()
            self._write(self.path, self._bytes(self.rows))
            text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
            self._write(folder / MANIFEST, text.encode())
        except BaseException:
            self._lock.close()
            raise
        self.stored, self._seen = len(self.rows), 0

    def __enter__(self) -> "StepStore":
        return self

    def __exit__(self, *_: Any) -> None:
        self._lock.close()

    def add(self, row: Row) -> bool:
        """Add the row of the next frame; return whether it was there already.

        Raises
        ------
        InputError
            It cannot be written, or differs from the row that is there.
        """
        place, self._seen = self._seen, self._seen + 1
        if place < self.stored:
            self._compare(self.rows[place], row, place + 2)
            return True
        try:
            append_whole(self.path, format_lines([self._cells(row)]))
        except OSError as error:
            raise InputError(f"cannot write to {self.path}: {error}") from None
        self.rows.append(dict(row))
        return False

    def _kept(self) -> list[dict[str, str]]:
        """Rows that are in the table."""
        if not self.path.exists():
            return []
        data = self.path.read_bytes()
        rows = parse(data, self.path)
        if rows and tuple(rows[0]) != self._columns:
            raise InputError(
                f"{self.path} was written by another version; choose another run, got "
                f"{len(rows[0])} columns instead of {len(self._columns)}"
            )
        return rows

    def _compare(self, was: Row, now: Row, line: int) -> None:
        for name in self._columns:
            if was[name] != now[name]:
                raise InputError(
                    f"{self.path} line {line} has {name} {was[name]}, which this code "
                    f"does not give; choose another run, got {now[name]}"
                )

    def _bytes(self, rows: Sequence[Row]) -> bytes:
        return format_lines([self._columns, *map(self._cells, rows)])

    def _cells(self, row: Row) -> list[str]:
        return [row[name] for name in self._columns]

    def _write(self, path: Path, data: bytes) -> None:
        try:
            write_whole(path, data)
        except OSError as error:
            raise InputError(f"cannot write {path}: {error.strerror}") from None
