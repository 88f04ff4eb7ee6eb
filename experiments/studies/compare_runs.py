"""Comparison of two runs: point by point over the same images, and by curves."""

from pathlib import Path

from experiments.commands.manifests import read_manifest, read_metrics
from experiments.studies.bjontegaard_delta import Delta, delta
from experiments.studies.compare import difference, scorer
from semlink.errors import InputError
from semlink.store.results import read_points
from semlink.store.rows import Row, grouped, has_target

LINK = ("scenario", "transmitter", "channel", "snr_db")
PLACE = (*LINK, "cbr_target")
MEANING = ("source_sha256", "packages")  # compared entries of a manifest


def compare_runs(first: Path, second: Path, metric: str | None = None) -> str:
    """Tables, in Markdown, of the differences of a second run to a first one.

    Parameters
    ----------
    first, second : folders of the runs
    metric : name of the metric, the first of the first run by default; Bjontegaard
        deltas are for metrics in decibels

    Output
    ------
    : differing conventions, differences with 95 % intervals over the common images, and
        Bjontegaard deltas

    Raises
    ------
    InputError
        The runs have no point in common.
    """
    described = read_metrics(first, [row["metric"] for row in read_points(first)])
    metric = metric or next(iter(described))
    rows, others = (_rows(folder, metric) for folder in (first, second))
    if not (common := [place for place in rows if place in others]):
        raise InputError(
            f"runs must have points of {metric} in common, got {first} and {second}"
        )
    kind = "scenario" if common[0][0] else "transmitter"
    lines = [*_conventions(first, second), ""]
    lines += [
        f"| {kind} | channel | Es/N0 | CBR | CBR measured | difference |",
        "|---" * 6 + "|",
    ]
    shown = described[metric]
    score = scorer(first, shown, rows[common[0]]["task"])
    for place in common:
        row, other = rows[place], others[place]
        scenario, transmitter, channel, snr_db, cbr = place
        measured = f"{float(row['cbr']):.5f}, {float(other['cbr']):.5f}"
        value = difference((second, other), (first, row), shown, score)
        lines.append(
            f"| {scenario or transmitter} | {channel} | {float(snr_db):g} dB | "
            f"{_asked(cbr)} | "
            f"{measured} | {value} |"
        )
    if shown.unit == "dB" and has_target(rows.values()):
        lines += ["", *_deltas(list(rows.values()), list(others.values()), shown.label)]
    return "\n".join(lines)


def _asked(cbr: str) -> str:
    """The CBR that was asked for, if any was."""
    return f"{float(cbr):g}" if float(cbr) else ""


def _rows(folder: Path, metric: str) -> dict[tuple, Row]:
    """Rows of one metric, by their position in the grid."""
    rows = [row for row in read_points(folder) if row["metric"] == metric]
    return {tuple(row[column] for column in PLACE): row for row in rows}


def _conventions(first: Path, second: Path) -> list[str]:
    """Differences of two runs in conventions, images and packages."""
    one, other = read_manifest(first), read_manifest(second)
    differ = {
        name: (one["conventions"].get(name), other["conventions"].get(name))
        for name in {**one["conventions"], **other["conventions"]}
    }
    differ |= {name: (one.get(name), other.get(name)) for name in MEANING}
    said = [
        f"{name} differs: {was} and {now}"
        for name, (was, now) in differ.items()
        if was != now
    ]
    return said or ["conventions, images and packages are the same"]


def _deltas(rows: list[Row], others: list[Row], label: str) -> list[str]:
    """Bjontegaard deltas of all links that both runs have."""
    lines = [
        f"| transmitter | channel | Es/N0 | BD-{label} | BD-rate | over CBR | "
        f"over {label} |",
        "|---" * 7 + "|",
    ]
    curves = [
        {link: _curve(points) for link, points in grouped(run, *LINK)}
        for run in (rows, others)
    ]
    for link in (link for link in curves[0] if link in curves[1]):
        _, transmitter, channel, snr_db = link
        cells = _cells(delta(curves[0][link], curves[1][link]))
        where = f"| {transmitter} | {channel} | {float(snr_db):g} dB | "
        lines.append(where + " | ".join(cells) + " |")
    return lines


def _curve(rows: list[Row]) -> list[tuple[float, float]]:
    """(measured CBR, mean) of the points that have a result."""
    return [(float(r["cbr"]), float(r["mean"])) for r in rows if r["status"] == "ok"]


def _cells(found: Delta | str) -> list[str]:
    if isinstance(found, str):
        return [found, "", "", ""]
    return [
        f"{found.gain:+.3f} dB",
        f"{100 * found.rate:+.2f} %",
        "{:.4f} to {:.4f}".format(*found.cbr),
        "{:.2f} to {:.2f} dB".format(*found.level),
    ]
