"""What a container may take of its machine: the control groups of Linux, versions 1 and 2.

A process is in a group, which is in another one, and so on; each may set a limit, and the
least counts. Inside a container often only the innermost group is to be seen, at the place of
the outermost.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path("/")
MOUNTED: Final = "sys/fs/cgroup"
OWN: Final = "proc/self/cgroup"
UNLIMITED: Final = 2**60  # version 1 writes a number about as large for no limit


def memory_limit(root: Path = ROOT) -> int | None:
    """Return how many bytes of memory this process may take; None if that is not limited.

    Parameters
    ----------
    root : Path
        Where the system's files begin.
    """
    names = ("memory.max", "memory.high", "memory.limit_in_bytes")
    found = [_number(folder / name) for folder in _groups("memory", root) for name in names]
    return min((int(n) for n in found if n is not None and n < UNLIMITED), default=None)


def swap_limit(root: Path = ROOT) -> int | None:
    """Return how much of this process the system may move to disk; None if not limited.

    Parameters
    ----------
    root : Path
        Where the system's files begin.
    """
    found = []
    for folder in _groups("memory", root):
        found.append(_number(folder / "memory.swap.max"))
        both = _number(folder / "memory.memsw.limit_in_bytes")
        memory = _number(folder / "memory.limit_in_bytes")
        if both is not None and memory is not None and both < UNLIMITED:
            found.append(max(0, both - memory))
    return min((n for n in found if n is not None), default=None)


def cpu_limit(root: Path = ROOT) -> float | None:
    """Return for how many processors this process gets time; None if that is not limited.

    Parameters
    ----------
    root : Path
        Where the system's files begin.
    """
    found = []
    for folder in _groups("cpu", root):
        numbers = _words(folder / "cpu.max")  # quota and period, both in microseconds
        if not numbers:
            numbers = [
                *_words(folder / "cpu.cfs_quota_us"),
                *_words(folder / "cpu.cfs_period_us"),
            ]
        if len(numbers) == 2 and all(word.isdecimal() for word in numbers) and int(numbers[1]):
            found.append(int(numbers[0]) / int(numbers[1]))
    return min((cores for cores in found if cores), default=None)


def _groups(controller: str, root: Path) -> Iterator[Path]:
    """Yield the folders of the groups that this process is in, from the innermost outwards."""
    try:
        lines = (root / OWN).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:  # version 2 has one tree for all
            places = ["", "unified"]
        elif controller in controllers.split(","):
            places = [controllers, controller]
        else:
            continue
        inner = Path(path.lstrip("/"))
        for place in dict.fromkeys(places):
            top = root / MOUNTED / place
            if ".." not in inner.parts:
                yield from (top / one for one in (inner, *inner.parents) if one != Path())
            yield top


def _number(path: Path) -> int | None:
    words = _words(path)
    return int(words[0]) if len(words) == 1 and words[0].isdecimal() else None


def _words(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii", errors="replace").split()
    except OSError:
        return []
