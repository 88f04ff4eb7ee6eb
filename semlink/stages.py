"""Time of a simulation by stage.

The time of a nested stage does not count in the outer stage, so the stages add up to
the simulated time.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps

seconds: Counter[str] = Counter()
calls: Counter[str] = Counter()
_inner = [0.0]  # seconds of nested stages, one entry per running stage


@contextmanager
def running(name: str) -> Iterator[None]:
    """Time the body of a ``with`` statement as a stage."""
    start = time.perf_counter()
    _inner.append(0.0)
    try:
        yield
    finally:
        whole = time.perf_counter() - start
        seconds[name] += whole - _inner.pop()
        calls[name] += 1
        _inner[-1] += whole


def stage(name: str) -> Callable[[Callable], Callable]:
    """Time every call of a function as a stage."""

    def decorate(function: Callable) -> Callable:
        @wraps(function)
        def timed(*args, **kwargs):
            with running(name):
                return function(*args, **kwargs)

        return timed

    return decorate
