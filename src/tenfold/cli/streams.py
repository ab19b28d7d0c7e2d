"""Standard input, output and error, whatever they are connected to, and signals to end."""

import errno
import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Final, TextIO, final

from tenfold.errors import StoreError

# How a system asks a program to end; nohup lets a program ignore the second.
ENDINGS: Final = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)
)
BY_SIGNAL: Final = 128  # and its number: the status of a program that a signal has ended


@contextmanager
def connected() -> Iterator[None]:
    """Put something in the place of streams that are closed, and let no message fail.

    A letter that standard output lacks is written as its number; ``terminal.write_rows``
    refuses it.
    """
    # Otherwise the next file that is opened gets the number of standard output, and what a
    # library prints goes into it.
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    before = sys.stdin, sys.stdout, sys.stderr
    with open(os.devnull, encoding="utf-8") as nothing:  # noqa: PTH123 - a device
        sys.stdin = before[0] or nothing
        sys.stdout = before[1] or _Closed()
        sys.stderr = _Messages(before[2])
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            yield
        finally:
            sys.stdin, sys.stdout, sys.stderr = before


@contextmanager
def endable() -> Iterator[None]:
    """End in order when the system asks for it: what is kept stays, what is open is closed."""

    def end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        raise SystemExit(BY_SIGNAL + number)

    # Those that are not as usual belong to whoever set them.
    usual = [number for number in ENDINGS if signal.getsignal(number) == signal.SIG_DFL]
    for number in usual:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in usual:
            signal.signal(number, signal.SIG_DFL)


def discard(output: TextIO) -> None:
    """Let what could not be written go, so that the end of the program does not try again."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), output.fileno())


@contextmanager
def printing(saved: Path | None = None) -> Iterator[None]:
    """Print results; if that fails, say at least on standard error where they are saved.

    Raises
    ------
    StoreError
        M15, if standard output takes nothing more.
    BrokenPipeError
        If nobody reads it any more.
    """
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OSError as error:
        if saved is not None:
            print(f"saved in {saved}", file=sys.stderr)
        if isinstance(error, BrokenPipeError):
            raise
        fact = f"the results cannot be written to standard output: {error.strerror}"
        fix = ["write them to a file: tenfold ... > FILE"]
        raise StoreError("M15", fact, fix=fix) from error


def refused(error: OSError) -> StoreError:
    """Return as a coded error what the system refused, where nothing better is known of it."""
    what = error.filename or "a file that the command needs"
    return StoreError("M15", f"{what} cannot be used: {error.strerror or error}")


@final
class _Closed(io.StringIO):
    """A standard output that was closed before the program began."""

    def flush(self) -> None:
        """Fail if anything was written.

        Raises
        ------
        OSError
        """
        if self.getvalue():
            raise OSError(errno.EBADF, "it is closed")

    def fileno(self) -> int:
        """Empty it: nobody reads what it holds."""
        self.truncate(0)
        return super().fileno()


@final
class _Messages(io.TextIOBase):
    """Standard error, which nothing fails for: who cannot be told goes without."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, if that is possible."""
        if self._stream is not None:
            try:
                self._stream.write(text)
            except (OSError, ValueError):
                discard(self._stream)
        return len(text)

    def flush(self) -> None:
        """Flush, if that is possible."""
        if self._stream is not None:
            try:
                self._stream.flush()
            except (OSError, ValueError):
                discard(self._stream)

    def isatty(self) -> bool:
        """Return whether somebody reads it on a terminal."""
        return self._stream is not None and self._stream.isatty()

    def fileno(self) -> int:
        """Return the number of the file."""
        return 2 if self._stream is None else self._stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Return which letters it takes."""
        return getattr(self._stream, "encoding", "utf-8")
