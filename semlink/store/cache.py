"""A cache of values on disk.

The key of a value is the hash of everything that it depends on, so the cache is never
stale and may be deleted at any time. Several processes may share one folder. Values are
pickled: trust the folder as you trust the code.
"""

import contextlib
import hashlib
import json
import os
import pickle
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

SUFFIX = ".pickle"
KEPT = 0.9  # share of the limit that is kept when the cache shrinks


def data_hash(data: Any) -> str:
    """SHA-256 of a sample's values, shape and type, in hexadecimal."""
    if isinstance(data, np.ndarray):
        head = f"{data.shape} {data.dtype}".encode()
        return _sha256(head + np.ascontiguousarray(data).tobytes())
    return _sha256(pickle.dumps(data))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class DiskCache:
    """A folder of values; the least recently used are deleted above a limit.

    If the folder cannot be written, values are not cached: a full disk costs time, not
    results.

    Parameters
    ----------
    folder : created at the first write
    limit_bytes : largest size of all values; infinity for no limit
    salt : part of every key, such as the version of the code
    """

    def __init__(self, folder: Path, limit_bytes: float, salt: str = ""):
        self._folder, self._limit, self._salt = Path(folder), limit_bytes, salt
        self._bytes = sum(size for _, size, _ in self._files())

    def key(self, what: Mapping[str, Any]) -> str:
        """Key of a value: the hash of everything that it depends on."""
        tree = {"salt": self._salt, **what}
        text = json.dumps(tree, sort_keys=True, default=repr)
        return _sha256(text.encode())

    def get(self, key: str) -> Any | None:
        """The value of a key; ``None`` if it is missing or damaged."""
        path = self._path(key)
        try:
            data = path.read_bytes()
            os.utime(path)  # time of last use
        except OSError:
            return None
        try:
            return pickle.loads(data)
        except Exception:  # a torn file may fail in any way
            with contextlib.suppress(OSError):
                path.unlink()
            return None

    def put(self, key: str, value: Any) -> None:
        """Store a value, if the disk permits."""
        data, path = pickle.dumps(value, pickle.HIGHEST_PROTOCOL), self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, data)
        except OSError:
            return
        self._bytes += len(data)
        if self._bytes > self._limit:
            self._shrink()

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / (key + SUFFIX)

    def _files(self) -> list[tuple[float, int, Path]]:
        """(time of last use, bytes, path) of every value."""
        found = []
        for path in self._folder.glob(f"*/*{SUFFIX}"):
            with contextlib.suppress(OSError):  # another process deleted it
                status = path.stat()
                found.append((status.st_mtime, status.st_size, path))
        return found

    def _shrink(self) -> None:
        files = sorted(self._files())
        self._bytes = sum(size for _, size, _ in files)
        for _, size, path in files:
            if self._bytes <= KEPT * self._limit:
                break
            with contextlib.suppress(OSError):
                path.unlink()
            self._bytes -= size


def _replace(path: Path, data: bytes) -> None:
    """Replace a file; a crash may tear it, which ``get`` detects."""
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
