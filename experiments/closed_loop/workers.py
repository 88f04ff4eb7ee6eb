"""Worker processes that end with the process that started them."""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from threading import Thread


def pool(workers: int) -> ProcessPoolExecutor:
    """Spawned processes; each ends as soon as this one does, killed or not.

    An executor stops its workers only when Python exits in order. After SIGTERM or
    SIGKILL they would go on to compute, and to write, episodes that nobody reads.
    """
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, context, initializer=_end_with_parent)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()

    def watch():
        parent.join()
        os._exit(1)

    Thread(target=watch, daemon=True).start()
