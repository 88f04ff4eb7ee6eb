"""Errors of the studies, whose users see one line and no traceback."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def failing_in_one_line() -> Iterator[None]:
    """End the process with status 1 and one line if the command fails."""
    try:
        yield
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        # str() of a KeyError quotes its message
        text = error.args[0] if isinstance(error, KeyError) else error
        sys.exit(f"error: {text}")
