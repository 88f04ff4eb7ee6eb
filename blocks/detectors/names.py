"""Names of a detector's categories, from a text file."""

from pathlib import Path

from semlink.errors import InputError


def read_names(path: Path) -> tuple[str, ...]:
    """Names of a text file, one a line.

    Raises
    ------
    InputError
        It cannot be read, or has none.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "no text"
        raise InputError(
            f"categories must be a text file, one a line, got {path}: {reason}"
        ) from None
    names = tuple(name.strip() for name in lines if name.strip())
    if not names:
        raise InputError(f"categories must be names, one a line, got none in {path}")
    return names
