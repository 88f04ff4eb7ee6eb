"""Differences of the curves of a run to one of them, over the same samples."""

from collections.abc import Sequence
from pathlib import Path

from experiments.studies.compare import are_paired, paired_difference, scorer
from semlink.errors import InputError
from semlink.metrics import Metric
from semlink.store.rows import Row, grouped, series

PLACE = ("channel", "cbr_target", "snr_db")


def differences(
    folder: Path, rows: Sequence[Row], metric: Metric, against: str
) -> list[Row]:
    """Rows with the mean difference to a reference, and its paired 95 % interval.

    All transmitters met the same channels and noise, so a paired interval is far
    narrower than those of the two means.

    Parameters
    ----------
    folder : of the run
    rows : of one metric
    metric : the metric
    against : transmitter or scenario of the run

    Output
    ------
    : the rows of all others, with ``mean`` and ``ci95`` replaced; those without samples
        in common, or with samples that are not paired, are left out

    Raises
    ------
    InputError
        The samples cannot be read, or no point has any in common with the reference.
    """
    made = []
    for _, group in grouped(rows, *PLACE):
        own = {series(row): row for row in group if row["status"] == "ok"}
        if (reference := own.pop(against, None)) is None:
            continue
        score = scorer(folder, metric, reference["task"])
        for row in own.values():
            both = (folder, row), (folder, reference)
            mean, ci95 = paired_difference(*both, score)
            if are_paired(*both) and mean == mean:
                made.append({**row, "mean": str(mean), "ci95": str(ci95)})
    if not made:
        raise InputError(
            f"no point of {metric.name} has samples in common with {against}"
        )
    return made
