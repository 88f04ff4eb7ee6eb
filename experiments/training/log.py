"""The log of a run: one CSV per stage, and TensorBoard if it is installed."""

import csv
import re
import time
from pathlib import Path

# Columns that the line of an epoch shows: of the validation at 10 dB, by quality, and
# of the channel knowledge base, by SNR.
QUALITY = re.compile(r"psnr_(q[\d.]+_10dB)")
GAIN = re.compile(r"gain_([\d.]+)dB")
FINEST, TARGET = "cbr_q1_10dB", 0.03  # validated CBR, and that of most comparisons


def line_of(row: dict, left: float) -> str:
    """One line for an epoch: loss, validation, its seconds, and the remaining time.

    Parameters
    ----------
    row : values by column, all of which are in the log
    left : remaining time [s]
    """
    sent = [match[1] for name in row if (match := QUALITY.fullmatch(name))]
    gained = [match[1] for name in row if (match := GAIN.fullmatch(name))]
    parts = [f"loss {row['loss']:.4g}"]
    if sent:
        pairs = (f"{row[f'psnr_{at}']:.2f} dB at {row[f'cbr_{at}']:.4f}" for at in sent)
        parts.append(f"validation at 10 dB, PSNR at payload CBR: {', '.join(pairs)}")
    if gained:
        pairs = (f"{row[f'gain_{at}dB']:+.3f} dB at {at} dB" for at in gained)
        parts.append(f"gain over presets at equal CBR: {', '.join(pairs)}")
    parts.append(f"{row['seconds']:.0f} s, {left / 60:.0f} min left")
    return f"{row['stage']} {row['epoch']}: {'; '.join(parts)}"


def short_of_rate(row: dict) -> str:
    """A line of warning if a model spends little at its finest validated quality.

    A sweep then ends at the finest quality, below its target. Empty otherwise.
    """
    if row["stage"] != "joint" or row.get(FINEST, TARGET) >= TARGET:
        return ""
    return (
        f"warning: at quality 1 and 10 dB the payload takes CBR {row[FINEST]:.4f}; a "
        f"sweep at CBR {TARGET:g} or more may stay below its target"
    )


def log(folder: Path, row: dict, *, step: int) -> None:
    """Write the values of an epoch.

    Parameters
    ----------
    folder : folder of the run
    row : values by column; ``stage`` names the file
    step : training steps so far
    """
    path = folder / f"{row['stage']}.csv"
    names = _columns(path)
    with open(path, "a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names or list(row), extrasaction="ignore")
        if not names:
            writer.writeheader()
        writer.writerow(row)
    _to_tensorboard(folder / "tensorboard" / row["stage"], row, step)


def _columns(path: Path) -> list[str]:
    """Columns of a log; a log of an earlier version may have fewer than a row."""
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return next(csv.reader(file), [])


def _to_tensorboard(folder: Path, row: dict, step: int) -> None:
    try:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.event_file_writer import EventFileWriter
    except ImportError:
        return  # TensorBoard is optional
    values = [
        Summary.Value(tag=name, simple_value=value)
        for name, value in row.items()
        if isinstance(value, float)
    ]
    writer = EventFileWriter(str(folder))
    event = Event(wall_time=time.time(), step=step, summary=Summary(value=values))
    writer.add_event(event)
    writer.close()
