"""Weights of a codec in a file, in half precision, for any backend.

Variables are stored by number: names of layers count up within a process, and the
order in which a codec makes its variables is fixed by its code.
"""

import io
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np
from keras import ops

from semlink.checkpoint import write_whole


def write_weights(path: Path, variables: Sequence, dtype: str = "float16") -> None:
    """Write variables to an HDF5 file, whole or not at all.

    Raises
    ------
    ValueError
        A value does not fit the type, or is no number.
    """
    values = [ops.convert_to_numpy(v) for v in variables]
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for number, value in enumerate(values):
            narrow = value.astype(dtype)
            if not np.all(np.isfinite(narrow)):
                raise ValueError(f"variable {number} does not fit {dtype}")
            packed = {"compression": "gzip"} if narrow.ndim else {}
            file.create_dataset(f"{number:04d}", data=narrow, **packed)
    write_whole(path, buffer.getvalue())


def read_weights(path: Path, variables: Sequence) -> None:
    """Set variables to what a file holds.

    Raises
    ------
    ValueError
        The file is one of another model.
    """
    with h5py.File(path) as file:
        shapes = [file[name].shape for name in sorted(file)]
        if shapes != [tuple(v.shape) for v in variables]:
            raise ValueError(f"{path} holds the weights of another model")
        for name, variable in zip(sorted(file), variables, strict=True):
            variable.assign(file[name][...].astype("float32"))
