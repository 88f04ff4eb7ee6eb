"""Compilation: the only place where ``tf.function`` appears.

A stage is compiled at the highest level it permits, eager < graph < XLA. Every trace is
counted, because a graph traced again at each SNR point takes longer to build than to
run.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable

LEVELS = ("eager", "graph", "xla")

traces: Counter[str] = Counter()
building_seconds: Counter[str] = Counter()  # tracing, compilation and first runs
_thread = threading.local()


def compiled(function: Callable, *, level: str, name: str, signature=None) -> Callable:
    """Compile a function of tensors.

    It may branch on tensors in Python, unless marked with :func:`plain`.

    Parameters
    ----------
    function : takes and returns tensors (or tuples of them)
    level : ``eager``, ``graph`` (any length of the first axes with one trace, where
        the function permits) or ``xla`` (one trace per shape)
    name : name under which its traces are counted in :data:`traces`
    signature : one ``tf.TensorSpec`` for each argument, if one trace serves all

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

    # traces are counted here, so TensorFlow's warnings about them are not needed
    tf.get_logger().addFilter(_not_of_retracing)

    def traced(*args):
        traces[name] += 1
        _thread.traced = True
        return function(*args)

    xla = level == "xla"
    made = tf.function(
        traced,
        input_signature=signature,
        jit_compile=xla,
        reduce_retracing=not xla,
    )

    def timed(*args):
        _thread.traced, start = False, time.perf_counter()
        result = made(*args)
        if _thread.traced:
            building_seconds[name] += time.perf_counter() - start
        return result

    timed.get_concrete_function = made.get_concrete_function
    return timed


def _not_of_retracing(record: logging.LogRecord) -> bool:
    return "triggered tf.function retracing" not in record.getMessage()


def plain(function: Callable) -> Callable:
    """Mark a function without Python branches on tensors; it is traced faster."""
    import tensorflow as tf

    return tf.autograph.experimental.do_not_convert(function)


def tensors(*values) -> tuple:
    """Arrays as tensors, as a compiled function gets them."""
    import tensorflow as tf

    return tuple(map(tf.convert_to_tensor, values))
