"""What a process is asked to do for a contender, and what it says while it does it."""

from dataclasses import dataclass
from typing import IO, Any, Final, Literal

import cloudpickle

from tenfold.comparison.contenders import Contender
from tenfold.comparison.entry import Entry
from tenfold.comparison.problem import Problem

Features = Literal["raw", "expert", "pixels"]

LENGTH_BYTES: Final = 8
LONGEST: Final = 200  # characters of what a library says of its failure


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """One pass of a contender over the folds.

    Attributes
    ----------
    name : str
        What asks for it.
    features : {"raw", "expert", "pixels"}
        What the contender races with; columns that an expert would add, too, or an expert's
        features in place of pictures; pixels in place of what the contender measures.
    share : float
        Share of each fold's rows to learn from.
    tested : float
        Share of each fold's other rows to be tested on.
    folds : int or None
        The first folds alone.
    afresh : bool
        Whether nothing is used that an earlier round computed, because its seconds count.
    one_core : bool
        Whether all is computed on a single core.
    device : str or None
        Where networks train, in place of the user's option.
    """

    name: str
    features: Features = "raw"
    share: float = 1.0
    tested: float = 1.0
    folds: int | None = None
    afresh: bool = False
    one_core: bool = False
    device: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Job:
    """Rounds of one contender in one process.

    Attributes
    ----------
    contender : Contender
    problem : Problem
    rounds : tuple of Round
    limit : float or None
        Seconds that a round may train.
    """

    contender: Contender
    problem: Problem
    rounds: tuple[Round, ...]
    limit: float | None = None


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
    told = " ".join(f"{type(error).__name__}: {error}".split())
    return told if len(told) <= LONGEST else f"{told[:LONGEST]} ..."
