"""Processes and machines that joblib spreads work over."""

import os
import time
from functools import cache
from multiprocessing import current_process
from threading import Thread
from typing import Final

import joblib
from joblib.parallel import get_active_backend

LOOK_SECONDS: Final = 1.0


def spread_over() -> int:
    """Return over how many workers ``joblib.parallel_config`` spreads work; 1 if over none."""
    return int(joblib.effective_n_jobs(joblib.Parallel().n_jobs))


def are_far() -> bool:
    """Tell whether work goes to a cluster, rather than to processes of this machine."""
    return not type(get_active_backend()[0]).__module__.startswith("joblib")


def share_memory() -> bool:
    """Tell whether workers are threads of this process, or none."""
    return bool(getattr(get_active_backend()[0], "uses_threads", False))


@cache
def end_with(program: int) -> None:
    """End this process of joblib's own soon after the one that started it, if that is killed.

    It would wait for work that nobody gives, with all of its memory.
    """
    if current_process().name.startswith("Loky"):  # workers of a cluster belong to others
        Thread(target=_watch, args=(program,), daemon=True).start()


def _watch(program: int) -> None:
    while os.getppid() == program:
        time.sleep(LOOK_SECONDS)
    os._exit(1)
