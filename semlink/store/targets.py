"""Points that miss their target CBR, and are no comparison at equal CBR."""

from collections.abc import Iterable

from semlink.store.rows import Row, series

FAR = 0.05  # share of the target
MOST_LINES = 6


def off_target(rows: Iterable[Row]) -> list[Row]:
    """Rows whose measured CBR differs from the target by more than 5 %.

    Scenarios have no target, and points without a result no measured CBR.
    """
    return [row for row in rows if abs(_miss(row)) > FAR]


def warnings_of(rows: Iterable[Row]) -> list[str]:
    """A line for each curve that is not at its target CBR, the worst first.

    Parameters
    ----------
    rows : of points of a run, one or more each
    """
    curves: dict[tuple, Row] = {}  # the worst point of each
    for row in sorted(off_target(rows), key=lambda row: -abs(_miss(row))):
        target = float(row["cbr_target"])  # a number, or text from a file
        curves.setdefault((series(row), row["channel"], target), row)
    lines = [_line(row) for row in list(curves.values())[:MOST_LINES]]
    if more := len(curves) - len(lines):
        lines.append(f"warning: {more} more curves miss their CBR by more than 5 %")
    return lines


def _miss(row: Row) -> float:
    """Measured CBR over the target, minus one; zero without either."""
    target, measured = float(row["cbr_target"]), float(row["cbr"])
    if not target or measured != measured or row["status"] != "ok":
        return 0.0
    return measured / target - 1


def _line(worst: Row) -> str:
    miss, target = _miss(worst), float(worst["cbr_target"])
    side = "below" if miss < 0 else "above"
    return (
        f"warning: {series(worst)} over {worst['channel']} uses CBR "
        f"{float(worst['cbr']):.4g} at the target {target:g} "
        f"({100 * abs(miss):.0f} % {side}, {float(worst['snr_db']):g} dB): "
        "not at equal CBR"
    )
