"""Many pictures, decoded once each by several threads into one block of squares.

The block lies in memory, or in a temporary file that has no name and so vanishes with
the process, however that ends.

Shape letters in this file:
    M  pictures that could be read    T  pixels of a thumbnail    S  side of a square
"""

import errno
import math
import os
import shutil
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tenfold.config import Decision
from tenfold.data.pictures.brightness import doubtful_scales, learnt_scales
from tenfold.data.pictures.decode import THUMB_SIDE, Source, Square, Unreadable, read_square
from tenfold.data.pictures.folders import number
from tenfold.data.pictures.framing import Framing
from tenfold.data.pictures.tones import Reach
from tenfold.errors import PictureError
from tenfold.machine import keep_freed_memory, memory_bytes, usable_cores
from tenfold.read_options import PictureOptions

Progress = Callable[[int, int], None]

# Blocks are short enough to share the work out, and long enough to pay for handing them on.
_BLOCK: Final = 16
_AHEAD: Final = 4  # blocks for each thread that may wait to be taken
_Arrays = tuple[NDArray[np.uint8], NDArray[np.uint8]]  # squares and thumbnails

_NONE: Final = np.zeros(0, dtype=np.uint8)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Squares:
    """The pictures of a list that could be read, in its order.

    Attributes
    ----------
    cache : ndarray of shape (M, S, S, 3), uint8
        In memory, or a memmap.
    thumbs : ndarray of shape (M, T), uint8
    rows : ndarray of shape (M,), int64
        Position of each in the list.
    formats : tuple of str
        What the bytes of each were; see ``Square``.
    extents : ndarray of shape (M, 2), int64
        Width and height of each as it came.
    reasons : dict of int to str
        Why the others could not be read, by their position.
    framing : Framing
        With what means black and white, where the pictures tell it.
    decisions : tuple of Decision
    """

    cache: NDArray[np.uint8]
    thumbs: NDArray[np.uint8]
    rows: NDArray[np.int64]
    formats: tuple[str, ...]
    extents: NDArray[np.int64]
    reasons: dict[int, str]
    framing: Framing
    decisions: tuple[Decision, ...]


def read_squares(
    sources: Sequence[Source],
    framing: Framing,
    options: PictureOptions,
    progress: Progress | None = None,
    learnt: int | None = None,
) -> Squares:
    """Decode a list of pictures.

    The result does not depend on the number of threads. Where the framing is not settled,
    what means black and white is seen from all numbers of the pictures that are learnt from;
    those to which it makes a difference are then read once more.

    Parameters
    ----------
    sources : sequence of Path, bytes, PIL image or ndarray
    framing : Framing
    options : PictureOptions
        ``memory_bytes``, ``max_pixels``, ``white`` and ``workers``.
    progress : callable, optional
        Called now and then with how many were looked at, and of how many.
    learnt : int, optional
        How many are learnt from, the first of the list; all by default.

    Raises
    ------
    PictureError
        I06, if there is no room for a temporary file.
    """
    keep_freed_memory()
    framing = framing.with_white(options.white)
    cache, decisions = _room(len(sources), framing.size, options)
    thumbs = np.empty((len(sources), THUMB_SIDE**2), dtype=np.uint8)
    rows: list[int] = []
    found: list[Square] = []
    reasons: dict[int, str] = {}
    for row, square in enumerate(_decoded(sources, framing, options, progress)):
        if isinstance(square, str):
            reasons[row] = square
            continue
        cache[len(rows)], thumbs[len(rows)] = square.pixels, square.thumb
        found.append(replace(square, pixels=_NONE, thumb=_NONE))
        rows.append(row)
    first, learnt = framing, len(sources) if learnt is None else learnt
    teaching = [s.reach for row, s in zip(rows, found, strict=True) if s.reach and row < learnt]
    if not first.settled:
        framing = first.settle(teaching)
        other = {
            at: sources[row]
            for at, (row, square) in enumerate(zip(rows, found, strict=True))
            if _differs(square.reach, first, framing)
        }
        failed = _see_again(other, framing, options, (cache, thumbs))
        reasons |= {rows[at]: reason for at, reason in failed.items()}
        kept = [at for at in range(len(rows)) if at not in failed]
        _close_gaps(kept, (cache, thumbs))
        rows, found = [rows[at] for at in kept], [found[at] for at in kept]
    reaches = [square.reach for square in found if square.reach]
    doubts = (*learnt_scales(first, framing, teaching), *doubtful_scales(framing, reaches))
    return Squares(
        cache=cache[: len(rows)],
        thumbs=thumbs[: len(rows)],
        rows=np.array(rows, dtype=np.int64),
        formats=tuple(square.format for square in found),
        extents=np.array([square.extent for square in found], dtype=np.int64).reshape(-1, 2),
        reasons=reasons,
        framing=framing,
        decisions=(*decisions, *doubts, *_first_of(sources, rows, found)),
    )


def _first_of(
    sources: Sequence[Source], rows: Sequence[int], found: Sequence[Square]
) -> Iterator[Decision]:
    """Yield of how many files with several pages or frames the first is used."""
    several = [sources[row] for row, square in zip(rows, found, strict=True) if square.several]
    if several:
        first = several[0]
        named = f", such as {first.name}" if isinstance(first, Path) else ""
        files = number(len(several), "file", "files")
        yield Decision(
            what=f"of {files} with several pages or frames, the first is used",
            why=f"an image is one picture{named}",
            change_with="a file for each page",
        )


def _see_again(
    sources: Mapping[int, Source], framing: Framing, options: PictureOptions, into: _Arrays
) -> dict[int, str]:
    """Read pictures once more into their places; return the reasons of those that fail."""
    failed: dict[int, str] = {}
    seen = _decoded(list(sources.values()), framing, options, None)
    for at, square in zip(sources, seen, strict=True):
        if isinstance(square, str):
            failed[at] = square
        else:
            into[0][at], into[1][at] = square.pixels, square.thumb
    return failed


def _close_gaps(kept: Sequence[int], arrays: _Arrays) -> None:
    """Move what is kept up, in place: an array may be larger than the memory."""
    for place, at in enumerate(kept):
        if place != at:
            for array in arrays:
                array[place] = array[at]


def _differs(reach: Reach | None, first: Framing, then: Framing) -> bool:
    """Tell whether a picture that was read looks otherwise, or is refused, when settled."""
    if reach is None:
        return False
    try:
        return first.scale(reach) != then.scale(reach)
    except Unreadable:
        return True


def _decoded(
    sources: Sequence[Source],
    framing: Framing,
    options: PictureOptions,
    progress: Progress | None,
) -> Iterator[Square | str]:
    """Yield the squares in order; for those that fail, the reason."""
    seen = 0
    with closing(_blocks(sources, framing, options)) as blocks:
        for block in blocks:
            yield from block
            seen += len(block)
            if progress is not None:
                progress(seen, len(sources))


def _blocks(
    sources: Sequence[Source], framing: Framing, options: PictureOptions
) -> Generator[list[Square | str]]:
    """Yield the squares block by block, in order; for those that fail, the reason."""
    workers = options.workers or usable_cores()
    size = max(1, min(_BLOCK, math.ceil(len(sources) / (workers * _AHEAD))))
    stop = threading.Event()

    def decode_block(start: int) -> list[Square | str]:
        found: list[Square | str] = []
        for source in sources[start : start + size]:
            if stop.is_set():
                break
            try:
                found.append(read_square(source, framing, options.max_pixels))
            except Unreadable as error:
                found.append(error.reason)
        return found

    pool = ThreadPoolExecutor(workers, thread_name_prefix="tenfold-pictures")
    waiting: deque[Future[list[Square | str]]] = deque()
    try:
        for start in range(0, len(sources), size):
            waiting.append(pool.submit(decode_block, start))
            if len(waiting) > workers * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        # Whoever interrupts this waits for one picture of each thread at most.
        stop.set()
        pool.shutdown(wait=False, cancel_futures=True)


def _room(
    count: int, side: int, options: PictureOptions
) -> tuple[NDArray[np.uint8], tuple[Decision, ...]]:
    """Return an array for the squares, in memory if they fit into the budget."""
    shape = (count, side, side, 3)
    budget = memory_bytes() // 4 if options.memory_bytes is None else options.memory_bytes
    needed = math.prod(shape)
    if needed <= budget:
        return np.empty(shape, dtype=np.uint8), ()
    folder = _temporary_folder()
    try:
        # It has no name from here on, or on Windows until it is closed.
        with tempfile.TemporaryFile(dir=folder) as file:
            _reserve(file.fileno(), needed, folder)
            cache = np.memmap(file, dtype=np.uint8, mode="r+", shape=shape)
    except OSError as error:
        raise PictureError(
            "I06",
            f"a file of {_format_size(needed)} cannot be created: {error.strerror}",
            place={"folder": str(folder)},
            fix=[
                "free some disk space there, or set the variable TMPDIR to another folder",
                (
                    f"allow {_format_size(needed)} of memory: "
                    f"--memory {math.ceil(needed / 1e8) / 10:g}"
                ),
                "use smaller images: --img-size",
            ],
        ) from error
    decision = Decision(
        what=f"the images are stored in a temporary file of {_format_size(needed)}",
        why=f"they would take more than {_format_size(budget)} of memory",
        change_with="--memory",
    )
    return cache, (decision,)


def _temporary_folder() -> Path:
    """Return where large files may go: not /tmp by default, which often is memory."""
    named = any(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    large = Path("/var/tmp")  # noqa: S108 - only a file without a name is made there
    if not named and large.is_dir() and os.access(large, os.W_OK):
        return large
    return Path(tempfile.gettempdir())


def _reserve(file: int, size: int, folder: Path) -> None:
    """Take the room on the disk now; a full one would end the process later."""
    # Asked first, so that a file far too large does not fill the disk before it fails.
    if shutil.disk_usage(folder).free < size:
        raise OSError(errno.ENOSPC, "there is not enough disk space")
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, size)
    else:
        os.truncate(file, size)


def _format_size(size: int) -> str:
    """Return a number of bytes as users read it.

    Examples
    --------
    >>> _format_size(1_250_000_000), _format_size(614_400), _format_size(0)
    ('1.2 GB', '0.6 MB', '0.0 MB')
    """
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
