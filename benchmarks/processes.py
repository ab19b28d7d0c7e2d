"""One contender in a process of its own, and how busy other programs were meanwhile."""

import json
import os
import resource
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import machine

STAT: Final = Path("/proc/stat")
MOMENT: Final = 3.0  # seconds over which a machine is watched
PAUSE: Final = 10.0  # between two looks
Record = dict[str, Any]


def measure(command: Sequence[str], threads: int | None, limit: float) -> Record:
    """Run a worker and return the JSON of its last line, or what went wrong as ``error``.

    ``others`` is how many cores other programs took on average; where that cannot be
    read it is left out.
    """
    started, busy, own = time.perf_counter(), _busy_seconds(), _own_seconds()
    try:
        done = subprocess.run(
            command,
            env=machine.environment(threads),
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"error": f"it took longer than {limit:g} s"}
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
        return {"error": lines[-1]}
    record: Record = json.loads(done.stdout.strip().splitlines()[-1])
    if busy is not None:
        taken = _busy_seconds() - busy - (_own_seconds() - own)
        record["others"] = round(max(0.0, taken) / (time.perf_counter() - started), 2)
    return record


def wait_for_quiet(minutes: float, most: float) -> None:
    """Wait until other programs take at most so many cores, but no longer than some minutes."""
    until = time.monotonic() + 60 * minutes
    while time.monotonic() < until:
        before = _busy_seconds()
        if before is None:
            return
        time.sleep(MOMENT)
        if (_busy_seconds() - before) / MOMENT <= most:
            return
        time.sleep(PAUSE)


def _busy_seconds() -> float | None:
    """Return the seconds that all cores together have worked since the machine started."""
    if not STAT.exists():
        return None
    user, nice, system, _idle, _wait, irq, soft, *_ = map(
        int, STAT.read_text(encoding="ascii").split("\n", 1)[0].split()[1:]
    )
    return (user + nice + system + irq + soft) / os.sysconf("SC_CLK_TCK")


def _own_seconds() -> float:
    """Return the seconds that this process and those it has waited for have worked."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, whose))
