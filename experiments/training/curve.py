"""``make training-curve``: PSNR on validation crops over hours of training."""

import csv
import io
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np

from experiments.figures.canvas import save
from semlink.errors import InputError
from semlink.store.files import write_whole

CBR, SNR_DB = 0.03, 10.0
SIDE_BITS_PER_USE = 8 / 3  # 16-QAM at rate 2/3
USAGE = "NAME=RUN[,RUN...], runs in chronological order"


class Epoch(NamedTuple):
    """Result of an epoch.

    model : name of the curve
    run : folder of the run
    hours : hours of training since the start of the first run, validation included
    psnr : PSNR at CBR 0.03 and 10 dB, side information counted [dB]
    """

    model: str
    run: str
    hours: float
    psnr: float


def curve(models: list[str], output: Path) -> list[Epoch]:
    """Draw the curves, and write them as a table next to the figure.

    Parameters
    ----------
    models : ``NAME=RUN[,RUN...]``, where a run is a folder of ``make train``
    output : figure to write; the table has the same name with ``.csv``

    Raises
    ------
    InputError
        A model is not in this format, or a run has no epochs.
    """
    epochs = [epoch for model in models for epoch in _followed(model)]
    figure, place = plt.subplots(figsize=(6, 3.6), layout="constrained", dpi=130)
    names = list(dict.fromkeys(epoch.model for epoch in epochs))
    for name in names:
        own = [epoch for epoch in epochs if epoch.model == name]
        place.plot([e.hours for e in own], [e.psnr for e in own], ".-")
    place.set(
        xlabel="hours of training",
        ylabel=f"PSNR at {SNR_DB:g} dB, CBR {CBR:g} [dB]",
    )
    place.grid(alpha=0.3)
    place.legend(place.lines, names)
    save(figure, output)
    write_whole(output.with_suffix(".csv"), _table(epochs))
    return epochs


def _table(epochs: list[Epoch]) -> bytes:
    """The epochs as CSV."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(Epoch._fields)
    for epoch in epochs:
        hours, psnr = f"{epoch.hours:.3f}", f"{epoch.psnr:.3f}"
        table.writerow([epoch.model, epoch.run, hours, psnr])
    return text.getvalue().encode()


def _followed(model: str) -> list[Epoch]:
    """The epochs of consecutive runs."""
    name, _, runs = model.partition("=")
    if not name or not runs:
        raise InputError(f"a model must be {USAGE}, got {model!r}")
    epochs, hours = [], 0.0
    for run in map(Path, runs.split(",")):
        for row in _rows(run):
            hours += float(row["seconds"]) / 3600
            epochs.append(Epoch(name, run.name, hours, psnr_at(row)))
    return epochs


def _rows(run: Path) -> list[dict[str, str]]:
    try:
        with open(run / "joint.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except OSError:
        rows = []
    if not rows:
        raise InputError(f"no epochs of a run in {run}")
    return rows


def _measured(column: str, snr_db: float) -> str | None:
    """The point, ``q..._...dB``, of a column of PSNR at an SNR."""
    kind, _, at = column.partition("_")
    return at if kind == "psnr" and at.endswith(f"_{snr_db:g}dB") else None


def psnr_at(row: dict[str, str], cbr: float = CBR, snr_db: float = SNR_DB) -> float:
    """PSNR of an epoch at a CBR, by the parabola over the log CBR of its qualities."""
    points = [at for name in row if (at := _measured(name, snr_db))]
    side = [float(row[f"bppz_{at}"]) / SIDE_BITS_PER_USE / 3 for at in points]
    uses = [float(row[f"cbr_{at}"]) for at in points]
    psnr = [float(row[f"psnr_{at}"]) for at in points]
    fit = np.polyfit(np.log(np.add(uses, side)), psnr, len(points) - 1)
    return float(np.polyval(fit, np.log(cbr)))
