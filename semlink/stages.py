"""Where the time of a simulation goes, stage by stage.

A stage inside another one is not counted in that one too, so that all of them add up
to the time in which something was simulated.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps

seconds: Counter[str] = Counter()
calls: Counter[str] = Counter()
_inner = [0.0]  # of the stages that are running: seconds of the stages inside each


@contextmanager
def running(name: str) -> Iterator[None]:
    """Count what happens within as a stage."""
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
    """Count every call of a function as a stage."""

    def decorate(function: Callable) -> Callable:
        @wraps(function)
        def timed(*args, **kwargs):
            with running(name):
                return function(*args, **kwargs)

        return timed

    return decorate
