"""Moments of Adam in half precision, to resume a run on another machine.

There are two files, because the remote machine limits the size of each file. Each
tensor is divided by its largest magnitude; for the second moment, the square root is
stored, whose range fits half precision.
"""

import io
from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np

from semlink.store.files import write_whole

MOMENTUM, VELOCITY = "momentum.h5", "velocity.h5"


def write_moments(folder: Path, momentum: Mapping, velocity: Mapping) -> None:
    """Write first and second moments, by the names of their weights."""
    root = {name: np.sqrt(value) for name, value in velocity.items()}
    for name, values in ((MOMENTUM, momentum), (VELOCITY, root)):
        buffer = io.BytesIO()
        with h5py.File(buffer, "w") as file:
            for of, value in values.items():
                largest = max(float(np.abs(value).max()), np.finfo(np.float32).tiny)
                narrow = (value / largest).astype(np.float16)
                packed = {"compression": "gzip"} if narrow.ndim else {}
                stored = file.create_dataset(of, data=narrow, **packed)
                stored.attrs["largest"] = largest
        write_whole(folder / name, buffer.getvalue())


def read_moments(folder: Path) -> tuple[dict, dict] | None:
    """First and second moments, float32, or ``None`` if there are none."""
    if not (folder / MOMENTUM).is_file() or not (folder / VELOCITY).is_file():
        return None
    momentum, root = (_values(folder / name) for name in (MOMENTUM, VELOCITY))
    return momentum, {name: value**2 for name, value in root.items()}


def _values(path: Path) -> dict[str, np.ndarray]:
    found = {}

    def keep(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = item[...].astype(np.float32) * item.attrs["largest"]

    with h5py.File(path) as file:
        file.visititems(keep)
    return {name: np.asarray(value, np.float32) for name, value in found.items()}
