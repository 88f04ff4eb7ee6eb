"""The state of a training run on disk, written atomically: a crash costs one epoch."""

import io
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np
from keras import ops

from experiments.training.asked import STATE as FILE
from semlink.store.files import write_whole


class Progress(NamedTuple):
    """Progress of a run.

    stage : name of the current stage
    epoch : completed epochs of that stage
    """

    stage: str
    epoch: int


_PROGRESS = set(Progress._fields)


def save(folder: Path, progress: Progress, variables: Mapping) -> None:
    """Write every variable of model and optimiser, by name.

    Raises
    ------
    OSError
        The write failed, such as on a full disk; the previous state stays.
    """
    values = {name: ops.convert_to_numpy(v) for name, v in variables.items()}
    buffer = io.BytesIO()
    np.savez(buffer, stage=progress.stage, epoch=progress.epoch, **values)
    write_whole(folder / FILE, buffer.getvalue())


def progress(folder: Path) -> Progress | None:
    """Progress of the run in a folder; ``None`` before its first epoch."""
    if not (folder / FILE).exists():
        return None
    with _opened(folder / FILE) as state:
        return Progress(str(state["stage"]), int(state["epoch"]))


def restore(folder: Path, variables: Mapping) -> None:
    """Set variables to the values saved under their names.

    Raises
    ------
    ValueError
        The state has other variables.
    """
    with _opened(folder / FILE) as state:
        values = {name: state[name] for name in state.files if name not in _PROGRESS}
    shapes = {name: value.shape for name, value in values.items()}
    if shapes != {name: tuple(v.shape) for name, v in variables.items()}:
        raise ValueError(f"{folder / FILE} holds another model than the run's")
    for name, variable in variables.items():
        variable.assign(values[name])


@contextmanager
def _opened(path: Path) -> Iterator:
    try:
        with np.load(path) as state:
            yield state
    except (BadZipFile, EOFError, KeyError, zlib.error):
        raise ValueError(f"{path} is damaged; delete it to restart the run") from None
