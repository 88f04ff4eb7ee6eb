"""Paired comparison of transmitters: the same images, point by point.

Pictures differ far more than codes do: the interval of a mean PSNR is ten times that
of the mean difference over the same pictures.
"""

from pathlib import Path

import numpy as np
from scipy.special import stdtrit

from semlink.errors import InputError
from semlink.registry import unknown
from semlink.store.results import grouped, read_points, read_samples

DIGITS = {"psnr": 2, "mse": 2}  # of decibels and of grey levels; of shares, four


def compare(folder: Path, against: str, metric: str) -> str:
    """Give a table, in Markdown, of all transmitters of a run less one of them.

    Parameters
    ----------
    folder : of the run
    against : label of the transmitter that the others are compared with
    metric : which metric

    Output
    ------
    : mean of ``against``, and mean differences with their 95 % intervals

    Raises
    ------
    InputError
        The transmitter or the metric is not in the run.
    """
    everything = read_points(folder)
    if not (rows := [r for r in everything if r["metric"] == metric]):
        known = sorted({r["metric"] for r in everything})
        raise InputError(unknown("metric", metric, known))
    labels = list(dict.fromkeys(row["transmitter"] for row in rows))
    if against not in labels:
        raise InputError(unknown("transmitter of this run", against, labels))
    others = [label for label in labels if label != against]
    lines = [
        f"| channel | CBR | Es/N0 | {against} | " + " | ".join(others) + " |",
        "|---" * (4 + len(others)) + "|",
    ]
    for place, group in grouped(rows, "channel", "cbr_target", "snr_db"):
        by_label = {row["transmitter"]: row for row in group}
        if against in by_label:
            cells = [
                difference((folder, by_label.get(label)), (folder, by_label[against]))
                for label in others
            ]
            lines.append(_line(place, by_label[against], cells))
    return "\n".join(lines)


def _line(place: tuple, row: dict, cells: list[str]) -> str:
    channel, cbr, snr_db = place
    digits = DIGITS.get(row["metric"], 4)
    own = f"{float(row['mean']):.{digits}f}" if row["status"] == "ok" else _why(row)
    where = f"| {channel} | {float(cbr):g} | {float(snr_db):g} dB | {own} | "
    return where + " | ".join(cells) + " |"


def _why(row: dict) -> str:
    """Why a point has no mean, in one word."""
    return row["status"].partition(":")[0]


def difference(of: tuple[Path, dict | None], against: tuple[Path, dict]) -> str:
    """Mean difference over the images that both sent, with its interval.

    Parameters
    ----------
    of, against : folder of the run, and the row of a point in it
    """
    row, other_row = of[1], against[1]
    if row is None:
        return ""
    if row["status"] != "ok":
        return _why(row)
    if other_row["status"] != "ok":
        return ""
    own, other = (
        read_samples(folder, r["point_id"], r["metric"]) for folder, r in (of, against)
    )
    values = np.array([own[i] - other[i] for i in sorted(own.keys() & other.keys())])
    digits = DIGITS.get(row["metric"], 4)
    if len(values) < 2:
        return f"{values.mean():+.{digits}f}" if len(values) else ""
    error = values.std(ddof=1) / np.sqrt(len(values))
    ci95 = stdtrit(len(values) - 1, 0.975) * error
    return f"{values.mean():+.{digits}f} ±{ci95:.{digits}f}"
