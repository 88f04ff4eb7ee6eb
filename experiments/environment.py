"""The environment of a process that simulates: one place for both entry points.

Numbers are the same on any machine and any number of cores because each of these
libraries uses one thread and one order of summation.
"""

import ctypes
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path

NUMBERS = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",  # the same rounding everywhere
    "TF_NUM_INTRAOP_THREADS": "1",  # on any number of cores
    "OPENBLAS_NUM_THREADS": "1",  # likewise: sums keep their order
    "TRANSFORMERS_VERBOSITY": "error",
}
COMMANDS = {"CUDA_VISIBLE_DEVICES": "", "MPLBACKEND": "Agg"}
SETTERS = (
    "scipy_openblas_set_num_threads64_",
    "scipy_openblas_set_num_threads",
    "openblas_set_num_threads64_",
    "openblas_set_num_threads",
)
MAPS = Path("/proc/self/maps")


def settle(variables: Mapping[str, str]) -> None:
    """Set variables of the environment that are not set, and silence TensorFlow."""
    for name, value in variables.items():
        os.environ.setdefault(name, value)
    # traces are counted and reported; TensorFlow's warnings about them are not needed
    logging.getLogger("tensorflow").addFilter(_is_error)


def settle_late() -> None:
    """Make numbers those of the command line in a process that already runs.

    A notebook imports NumPy first, whose library then has its threads already. A
    TensorFlow that has computed before keeps its rounding; a warning says so.
    """
    if "TF_ENABLE_ONEDNN_OPTS" not in os.environ and _has_computed():
        logging.getLogger("semlink").warning(
            "TensorFlow computed before the first call of semlink: numbers may differ "
            "from the command line's in the last digits"
        )
    settle(NUMBERS)
    if (threads := os.environ["OPENBLAS_NUM_THREADS"]).isdigit():
        _limit_openblas(int(threads))


def _has_computed() -> bool:
    """Whether TensorFlow has computed, and so has chosen its threads and rounding."""
    if "tensorflow" not in sys.modules:
        return False
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
    except RuntimeError:
        return True
    return False


def _limit_openblas(threads: int) -> None:
    """Set the number of threads of every OpenBLAS that is loaded already."""
    lines = MAPS.read_text("utf-8").splitlines() if MAPS.exists() else []
    paths = {line.split(maxsplit=5)[-1] for line in lines if "openblas" in line}
    for library in map(ctypes.CDLL, sorted(paths)):
        for name in SETTERS:
            if hasattr(library, name):
                getattr(library, name)(threads)


def _is_error(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR
