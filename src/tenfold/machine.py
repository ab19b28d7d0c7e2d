"""What this machine has, and how memory is kept on it."""

import contextlib
import ctypes
import gc
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

from tenfold.cgroups import ROOT, cpu_limit, memory_limit, swap_limit

# Numbers of glibc's malloc.h: the top may grow without being given back, large blocks
# are not mapped one by one, and all threads share what is kept.
_TRIM_THRESHOLD: Final = -1
_MMAP_MAX: Final = -4
_ARENA_MAX: Final = -8
MEMORY: Final = "proc/meminfo"


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


def give_memory_back() -> None:
    """Give memory that was freed back to the system, where the C library can do so."""
    gc.collect()
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL("libc.so.6").malloc_trim(0)


def usable_cores(root: Path = ROOT) -> int:
    """Return how many processors this process may use, and has time for in its container.

    Parameters
    ----------
    root : Path
        Where the system's files begin.
    """
    cores, limit = allowed_cores(), cpu_limit(root)
    return cores if limit is None else min(cores, math.ceil(limit))


def allowed_cores() -> int:
    """Return on how many processors this process may run."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def usable_threads() -> int:
    """Return how many threads a computation may take: one a core, or fewer if told so.

    ``OMP_NUM_THREADS`` is what workers of joblib and cluster managers set.
    """
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    return (
        min(usable_cores(), int(wanted))
        if wanted.isdecimal() and int(wanted)
        else usable_cores()
    )


def set_up_threads(root: Path = ROOT) -> None:
    """Set the environment variables by which libraries that are yet to be loaded use threads.

    Threads of torch wait for each other by spinning. On a machine that does anything else at
    the same time, they take the cores from each other, and training takes up to forty times
    as long (benchmarks/LOG.md); so they are told to spin less. Libraries count the processors
    of the machine, too, and in a container with time for two of sixty-four their threads would
    wait for each other; so they are told how many to start. What the user set stays.

    It is for programs alone, as the command is one: a library must leave the environment of
    the process as it is.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    threads = limited_threads(root)
    if threads is not None:
        os.environ.setdefault("OMP_NUM_THREADS", str(threads))


def limited_threads(root: Path = ROOT) -> int | None:
    """Return how many threads there is time for; None if no limit says that they are fewer.

    ``OMP_NUM_THREADS``, where it is set, is the user's choice, and then nothing limits it.
    """
    cores = usable_cores(root)
    limited = cores < allowed_cores() and "OMP_NUM_THREADS" not in os.environ
    return cores if limited else None


@contextmanager
def on_one_core() -> Iterator[None]:
    """Keep what is computed meanwhile to a single core."""
    import threadpoolctl  # noqa: PLC0415 - the command need not wait for it

    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    with threadpoolctl.threadpool_limits(limits=1):
        if cores:
            os.sched_setaffinity(0, {min(cores)})
        try:
            yield
        finally:
            if cores:
                os.sched_setaffinity(0, cores)


def memory_bytes(root: Path = ROOT) -> int:
    """Return how much memory this process may take: the machine's, or less.

    A container may be allowed a part of it, and so may a process (``ulimit -v``). It is 8 GB
    where nothing can be read.

    Parameters
    ----------
    root : Path
        Where the system's files begin.
    """
    try:
        found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    except (ValueError, OSError, AttributeError):
        found = [8 * 10**9]
    limits = (memory_limit(root), _own_limit())
    return min([*found, *(limit for limit in limits if limit is not None)])


def free_bytes(root: Path = ROOT) -> int:
    """Return how much more memory this process may take, at most.

    It is what the system and the groups around the process leave, with the room to which the
    system may move memory on disk, and what ``ulimit -v`` leaves.

    Parameters
    ----------
    root : Path
        Where the system's files begin.
    """
    sizes = _sizes(root / MEMORY)
    group, own = memory_limit(root), _own_limit()
    used = _status("RssAnon:") or resident_bytes()  # files can be read anew
    if "MemAvailable:" in sizes:
        allowed, swap = swap_limit(root), sizes.get("SwapFree:", 0)
        swap = swap if allowed is None else min(swap, allowed)
        found = [sizes["MemAvailable:"] + swap]
        if group is not None:
            found.append(group + swap - used)
    else:
        # Other systems make room on disk as they need it, and do not say how much.
        found = [2 * memory_bytes(root) - used]
    if own is not None:
        found.append(own - (_status("VmSize:") or 0))
    return max(0, min(found))


def _own_limit() -> int | None:
    """Return the size that the process itself may have; None if it is not limited."""
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 - not on Windows

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if limit == resource.RLIM_INFINITY else limit


def resident_bytes() -> int:
    """Return the memory that this process takes now; 0 where it is not known."""
    return _status("VmRSS:") or 0


def peak_memory_bytes() -> int:
    """Return the largest resident size of this process so far; 0 where it is not known.

    On Linux it is read from ``/proc``: what ``getrusage`` says there begins with the size of
    the program that started this one.
    """
    if sys.platform == "win32":
        return 0
    peak = _status("VmHWM:")
    if peak is not None:
        return peak
    import resource  # noqa: PLC0415 - not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _status(name: str) -> int | None:
    """Return a size of this process in bytes, as Linux tells it; None elsewhere."""
    return _sizes(Path("/proc/self/status")).get(name)


def _sizes(path: Path) -> dict[str, int]:
    """Return the sizes in bytes that a file of Linux tells; none elsewhere."""
    found = {}
    with contextlib.suppress(OSError):
        for line in path.read_text(encoding="ascii", errors="replace").splitlines():
            match line.split():
                case [name, number, "kB"] if number.isdecimal():
                    found[name] = int(number) * 1024
    return found
