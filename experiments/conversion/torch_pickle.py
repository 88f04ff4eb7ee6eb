"""Tensors of a file that ``torch.save`` wrote before its version 1.6, without torch.

Such a file is a sequence of pickles, and the numbers of each tensor's storage. The
unpickler resolves the four names that tensors need, and refuses any other.
"""

import pickle
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from semlink.errors import InputError

MAGIC = 0x1950A86A20F9469CFC6C
DTYPES = {"FloatStorage": "<f4", "LongStorage": "<i8"}


class _Storage(NamedTuple):
    key: str
    dtype: str


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Unpickler(pickle.Unpickler):
    """Resolves the names of tensors, and no others."""

    def find_class(self, module: str, name: str):
        if module == "torch" and name in DTYPES:
            return name
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuilt
        raise InputError(f"a file must hold tensors only, got {module}.{name}")

    def persistent_load(self, pid: tuple) -> _Storage:
        _, kind, key, *_ = pid
        return _Storage(key, DTYPES[kind])


def read_tensors(path: Path) -> dict[str, np.ndarray]:
    """Tensors of a state dictionary, by name.

    Raises
    ------
    InputError
        The file has another format, or holds objects that are no tensors.
    """
    with open(path, "rb") as file:
        try:
            magic = _Unpickler(file).load()
        except (pickle.UnpicklingError, EOFError) as error:
            magic = error
        if magic != MAGIC:
            raise InputError(f"{path} must be a legacy torch file, got {magic!r}")
        for _ in ("protocol", "system"):
            _Unpickler(file).load()
        tensors: Mapping[str, _Tensor] = _Unpickler(file).load()
        dtypes = {t.storage.key: t.storage.dtype for t in tensors.values()}
        order = _Unpickler(file).load()
        storages = {key: _numbers(file, dtypes[key]) for key in order}
    return {name: _view(t, storages[t.storage.key]) for name, t in tensors.items()}


def _rebuilt(storage: _Storage, offset: int, shape: tuple, strides: tuple, *_):
    return _Tensor(storage, offset, shape, strides)


def _numbers(file: BinaryIO, dtype: str) -> np.ndarray:
    """A storage: the count of its numbers, and the numbers."""
    count = int.from_bytes(file.read(8), "little")
    return np.frombuffer(file.read(count * np.dtype(dtype).itemsize), dtype)


def _view(tensor: _Tensor, storage: np.ndarray) -> np.ndarray:
    """A tensor, copied from its place in a storage."""
    steps = zip(tensor.shape, tensor.strides, strict=True)
    last = tensor.offset + sum((length - 1) * stride for length, stride in steps)
    if not 0 <= last < len(storage) or min((0, *tensor.strides)) < 0:
        raise InputError(f"a tensor must lie in its storage, got its end at {last}")
    strides = [stride * storage.itemsize for stride in tensor.strides]
    return as_strided(storage[tensor.offset :], tensor.shape, strides).copy()
