"""Compilation: the only place where ``tf.function`` appears.

A stage is compiled as strongly as it permits, eager < graph < XLA. Every trace is
counted, for a graph that is built again at each SNR point costs more than it runs.
"""

from collections import Counter
from collections.abc import Callable

LEVELS = ("eager", "graph", "xla")

traces: Counter[str] = Counter()


def compiled(function: Callable, *, level: str, name: str) -> Callable:
    """Compile a function of tensors.

    Parameters
    ----------
    function : takes and gives tensors (or tuples of them)
    level : ``eager``, ``graph`` (any length of the first axes with one trace, where
        the function permits) or ``xla`` (one trace per shape)
    name : under which its traces are counted in :data:`traces`

    Raises
    ------
    ValueError
        For a level that does not exist.
    """
    if level not in LEVELS:
        raise ValueError(f"level must be one of {', '.join(LEVELS)}, got {level!r}")
    if level == "eager":
        return function
    import tensorflow as tf

    def traced(*args):
        traces[name] += 1
        return function(*args)

    xla = level == "xla"
    return tf.function(
        traced, jit_compile=xla, reduce_retracing=not xla, autograph=False
    )
