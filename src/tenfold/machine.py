"""What this machine has, and how memory is kept on it."""

import ctypes
import os
import sys
from functools import cache
from typing import Final

# Numbers of glibc's malloc.h: the top may grow without being given back, large blocks
# are not mapped one by one, and all threads share what is kept.
_TRIM_THRESHOLD: Final = -1
_MMAP_MAX: Final = -4
_ARENA_MAX: Final = -8


@cache
def keep_freed_memory() -> bool:
    """Let the C library keep the memory of large tensors that were freed.

    glibc gives blocks above some megabytes back to the system when they are freed, and
    the system clears them page by page when they are asked for again. A network for
    pictures frees and asks for such blocks in every layer; without this it takes up to
    twice as long (benchmarks/LOG.md). Threads share what is kept if this comes before they
    start, so a program calls it before it imports torch, as the command does.

    Returns
    -------
    bool
        Whether it could be done: on Linux with glibc.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return False
    settings = ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, 2**31 - 1), (_ARENA_MAX, 1))
    return [mallopt(name, value) for name, value in settings] == [1] * len(settings)


def usable_cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory_bytes() -> int:
    """Return the size of the machine's memory; 8 GB where it cannot be read."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return 8 * 10**9


def peak_memory_bytes() -> int:
    """Return the largest resident size of this process so far; 0 where it is not known."""
    if sys.platform == "win32":
        return 0
    import resource  # noqa: PLC0415 - not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
