"""What a process is asked to do for a contender, and what it says while it does it."""

from dataclasses import dataclass
from typing import IO, Any, Final

import cloudpickle

from tenfold.comparison.entry import Entry
from tenfold.contest.contender import Contender
from tenfold.contest.contest import Contest
from tenfold.contest.round import Round

LENGTH_BYTES: Final = 8
LONGEST: Final = 200  # characters of what a library says of its failure


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Job:
    """Rounds of one contender in one process.

    Attributes
    ----------
    contender : Contender
    problem : Contest
    rounds : tuple of Round
    limit : float or None
        Seconds that a round may train.
    kind : Kind or None
        Of the data; None for classical models, whose processes are not to load torch.
    """

    contender: Contender
    problem: Contest
    rounds: tuple[Round, ...]
    limit: float | None = None
    kind: Any = None


@dataclass(frozen=True, slots=True)
class Message:
    """What a round has reached, and whether that is all."""

    round: str
    entry: Entry
    last: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """The process of a job has ended; its exit status, negative for a signal."""

    status: int


def pack(content: Any) -> bytes:
    """Return an object as bytes for another process of this program.

    Raises
    ------
    Exception
        Whatever an object raises that cannot leave its process.
    """
    return bytes(cloudpickle.dumps(content))


def write_frame(to: IO[bytes], data: bytes) -> None:
    """Write what ``pack`` returned."""
    to.write(len(data).to_bytes(LENGTH_BYTES, "big"))
    to.write(data)
    to.flush()


def read_frame(source: IO[bytes]) -> Any:
    """Read and unpack what ``write_frame`` wrote; not a byte more.

    Raises
    ------
    EOFError
        If there is nothing more.
    """
    size = int.from_bytes(_read(source, LENGTH_BYTES), "big")
    return cloudpickle.loads(_read(source, size))


def _read(source: IO[bytes], size: int) -> bytearray:
    data = bytearray(size)
    view, done = memoryview(data), 0
    while done < size:
        part = source.read(min(size - done, 2**24))
        if not part:
            raise EOFError
        view[done : done + len(part)] = part
        done += len(part)
    return data


def in_a_line(error: BaseException) -> str:
    """Return an error as a contender's row shows it."""
    line = " ".join(f"{type(error).__name__}: {error}".split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} ..."
