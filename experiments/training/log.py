"""The log of a run: one CSV per stage, and TensorBoard if it is installed."""

import csv
import time
from pathlib import Path


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
