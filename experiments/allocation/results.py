"""Results of the studies: rows by seed, means with intervals, CSV and table."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.table import Table

from semlink.store.files import write_whole
from semlink.sweeps.monitor import interval


class Row(NamedTuple):
    """A policy on the test draws of a seed.

    case : what is allocated
    users : K
    snr_db : mean SNR [dB]
    policy : its name
    seed : root of training and test draws
    value : mean weighted distortion of a user, or mean QoS of a user
    gap_percent : how much worse than the optimum [%]
    """

    case: str
    users: int
    snr_db: float
    policy: str
    seed: int
    value: float
    gap_percent: float


def write_rows(rows: Iterable[Row], path: Path) -> Path:
    """Write rows as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Row._fields)
    writer.writerows(rows)
    write_whole(path, text.getvalue().encode())
    return path


def gaps(rows: Sequence[Row], **which) -> tuple[float, float]:
    """Mean gap over seeds, and half of its 95 % interval [%]."""
    return _mean([row.gap_percent for row in _chosen(rows, which)])


def values(rows: Sequence[Row], **which) -> tuple[float, float]:
    """Mean value over seeds, and half of its 95 % interval."""
    return _mean([row.value for row in _chosen(rows, which)])


def each(rows: Sequence[Row], field: str) -> list:
    """Different values of a field, in the order of the rows."""
    return list(dict.fromkeys(getattr(row, field) for row in rows))


def power_table(rows: Sequence[Row]) -> Table:
    """Gaps [%] by SNR and policy, over the number of users."""
    users = each(rows, "users")
    heads = "SNR [dB]", "policy", *(f"K = {k}" for k in users)
    table = Table(*heads, title="weighted distortion above the optimum [%]")
    for snr_db in each(rows, "snr_db"):
        for name in each(rows, "policy"):
            which = {"snr_db": snr_db, "policy": name}
            cells = [_cell(gaps(rows, users=k, **which)) for k in users]
            table.add_row(f"{snr_db:g}", name, *cells)
        table.add_section()
    return table


def joint_table(rows: Sequence[Row]) -> Table:
    """QoS of a user and gaps [%] by case and policy."""
    heads = "case", "policy", "QoS of a user", "below the optimum [%]"
    table = Table(*heads, title="quality of service")
    for case in each(rows, "case"):
        own = [row for row in rows if row.case == case]
        for name in each(own, "policy"):
            mean, half = values(own, policy=name)
            cells = f"{mean:.3f} ± {half:.3f}", _cell(gaps(own, policy=name))
            table.add_row(case, name, *cells)
        table.add_section()
    return table


def _chosen(rows: Sequence[Row], which: dict) -> list[Row]:
    wanted = which.items()
    return [r for r in rows if all(getattr(r, key) == v for key, v in wanted)]


def _mean(numbers: Sequence[float]) -> tuple[float, float]:
    """Mean, and half of its 95 % interval by Student's t."""
    samples = np.stack([numbers, np.ones(len(numbers))], axis=1)
    return float(np.mean(numbers)), interval(samples, proportion=False)


def _cell(pair: tuple[float, float]) -> str:
    return f"{pair[0]:.2f} ± {pair[1]:.2f}"
