"""Commands in odd surroundings, each in a forked copy of a program that has all in memory.

A command that begins anew spends two seconds on its imports; a fork begins at once. What the
interpreter does with its streams when it begins and when it ends is done here as it does it.
"""

import contextlib
import importlib
import io
import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
# What commands import when they begin.
LOADED: Final = (
    "lightgbm",
    "onnxruntime",
    "uvicorn",
    "tenfold.cli",
    "tenfold.comparison.compare",
    "tenfold.estimators",
    "tenfold.export.draft",
    "tenfold.launch",
    "tenfold.report.run_page",
)
SECONDS: Final = 120  # after which a command is taken to wait for ever


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A command and what it is run in.

    Attributes
    ----------
    words : tuple of str
        What follows ``tenfold``.
    cwd : str
    env : mapping of str to str or None
        None takes a variable away.
    stdin, stdout, stderr : str
        A file; ``"closed"``; ``"nobody"`` for a pipe whose other end is closed.
    most_bytes : int or None
        How large a file may become.
    removed : bool
        Whether the working directory is taken away.
    """

    words: tuple[str, ...]
    cwd: str
    env: Mapping[str, str | None] = field(default_factory=dict)
    stdin: str = "/dev/null"
    stdout: str = "kept"
    stderr: str = "kept"
    most_bytes: int | None = None
    removed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How a command ended: its exit status, None if it did not, and what it said."""

    status: int | None
    out: str
    err: str
    seconds: float


def run_all(cases: Mapping[str, Case], home: Path) -> dict[str, Outcome]:
    """Run commands one after the other; return how each ended."""
    asked, answered = home / "cases.json", home / "outcomes.json"
    asked.write_text(json.dumps({name: asdict(case) for name, case in cases.items()}))
    subprocess.run(
        [sys.executable, "-m", "tests.engine_surroundings", asked, answered],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
    )
    found = json.loads(answered.read_text())
    return {name: Outcome(**outcome) for name, outcome in found.items()}


def run_one(case: Case) -> Outcome:
    """Run a command in a fork of this process."""
    began = time.monotonic()
    pipes = {name: os.pipe() for name in ("out", "err")}
    child = os.fork()
    if child == 0:
        _be(case, {name: here for name, (_, here) in pipes.items()})
    for _, here in pipes.values():
        os.close(here)
    said: dict[int, bytes] = {there: b"" for there, _ in pipes.values()}
    reading = list(said)
    while reading and time.monotonic() < began + SECONDS:
        for there in select.select(reading, [], [], 1.0)[0]:
            part = os.read(there, 2**16)
            said[there] += part
            if not part:
                reading.remove(there)
    if reading:
        os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    out, err = (found.decode(errors="replace") for found in said.values())
    for there in said:
        os.close(there)
    return Outcome(
        status=None if reading else status, out=out, err=err, seconds=time.monotonic() - began
    )


def _be(case: Case, pipes: Mapping[str, int]) -> None:
    """Become the command; this never returns."""
    status = 70
    try:
        _surround(case, pipes)
        sys.argv = ["tenfold", *case.words]
        status = _command()
    except BaseException:  # noqa: BLE001 - as the interpreter does
        if sys.stderr is not None:
            sys.excepthook(*sys.exc_info())
        status = 1
    finally:
        os._exit(status)


def _surround(case: Case, pipes: Mapping[str, int]) -> None:
    os.chdir(case.cwd)
    if case.removed:
        os.rmdir(case.cwd)  # noqa: PTH106 - there is no path to it from here on
    for name, value in case.env.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    places = {0: case.stdin, 1: case.stdout, 2: case.stderr}
    for number, place in places.items():
        _connect(number, pipes["out" if number == 1 else "err"], place)
    for pipe in pipes.values():
        os.close(pipe)
    coding = os.environ.get("PYTHONIOENCODING", "utf-8")
    sys.stdin = _stream(0, "r", coding, "strict")
    sys.stdout = _stream(1, "w", coding, "strict")
    sys.stderr = _stream(2, "w", coding, "backslashreplace")
    if case.most_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (case.most_bytes, resource.RLIM_INFINITY))


def _command() -> int:
    from tenfold.cli import main  # noqa: PLC0415 - in memory by now

    status = 0
    try:
        main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            status = 120  # the interpreter's, for what it could not write at the end
    return status


def _connect(number: int, pipe: int, place: str) -> None:
    if place == "closed":
        with contextlib.suppress(OSError):
            os.close(number)
        return
    if place == "nobody":
        there, here = os.pipe()
        os.close(there)
    elif place == "kept":
        here = os.dup(pipe)
    else:
        here = os.open(place, os.O_RDONLY if number == 0 else os.O_WRONLY)
    os.dup2(here, number)
    if here != number:
        os.close(here)


def _stream(number: int, mode: str, coding: str, errors: str) -> Any:
    """Return a stream as the interpreter makes it; None if it is closed."""
    try:
        os.fstat(number)
    except OSError:
        return None
    raw = open(number, f"{mode}b", closefd=False)  # noqa: SIM115 - a number
    return io.TextIOWrapper(raw, encoding=coding, errors=errors, line_buffering=number == 2)


def main() -> None:
    """Run the cases of a file, and write how they ended to another."""
    for module in LOADED:
        importlib.import_module(module)
    cases = json.loads(Path(sys.argv[1]).read_text())
    outcomes = {}
    for name, case in cases.items():
        outcomes[name] = asdict(run_one(Case(**case | {"words": tuple(case["words"])})))
    Path(sys.argv[2]).write_text(json.dumps(outcomes))


if __name__ == "__main__":
    main()
