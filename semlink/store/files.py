"""Atomic writes, and hashes of files."""

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Replace a file atomically: any crash leaves the old or the new one.

    Raises
    ------
    OSError
        It cannot be written; the error names the file.
    """
    try:
        _replace(path, data)
    except OSError as error:
        # the file, and not the temporary one
        raise OSError(error.errno, error.strerror, str(path)) from error


def append_whole(path: Path, data: bytes) -> None:
    """Append to a file, all or nothing but in a crash.

    Raises
    ------
    OSError
        It cannot be written; what was there stays.
    """
    size = path.stat().st_size
    try:
        with open(path, "ab", buffering=0) as file:
            if file.write(data) != len(data):
                raise OSError("no space for all of it")
            os.fsync(file.fileno())
    except OSError:
        with contextlib.suppress(OSError):
            os.truncate(path, size)
        raise


def _replace(path: Path, data: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
