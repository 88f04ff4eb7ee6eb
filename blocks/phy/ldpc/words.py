"""Words of a code, decoded in batches by the threads that the process may use."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

NUM_THREADS = min(4, len(os.sched_getaffinity(0)))
_THREADS = ThreadPoolExecutor(NUM_THREADS)


def in_batches(
    decode: Callable[[np.ndarray], np.ndarray], llr: np.ndarray, size: int
) -> np.ndarray:
    """Decode words [C, n] in batches of at most ``size``; C is at least 1."""
    batches = [llr[i : i + size] for i in range(0, len(llr), size)]
    return np.concatenate(list(_THREADS.map(decode, batches)))
