"""Files that are either whole, or as they were before."""

import contextlib
import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tenfold.errors import UsageError
from tenfold.option import check


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Lend a file beside ``path`` that takes its place once all is written.

    If that fails, or the program ends before, what was there stays as it was. A link leads to
    the file that is written; a device, such as ``/dev/stdout``, is lent itself.

    Parameters
    ----------
    path : Path

    Yields
    ------
    Path
        With the suffix of ``path``, as some libraries look at it.

    Raises
    ------
    OSError
        If it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.txt"
    >>> with replacing(path) as aside:
    ...     _ = aside.write_text("whole")
    ...     path.exists(), aside.suffix
    (False, '.txt')
    >>> path.read_text()
    'whole'
    """
    path = Path(os.path.realpath(path))
    if path.is_symlink():  # it leads back to itself
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    if path.exists() and not path.is_file():
        yield path
        return
    aside = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        yield aside
        aside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        raise


@contextmanager
def writable(path: Path, option: str) -> Iterator[None]:
    """Refuse the file that an option names, if it cannot be written within.

    Raises
    ------
    UsageError
        U01.
    """
    try:
        yield
    except OSError as error:
        wanted = f"a file that can be written ({error.strerror})"
        raise UsageError(
            "U01", f"--{option} must be {wanted}, but it is {str(path)!r}"
        ) from error


def require_place(path: Path, option: str) -> None:
    """Refuse a place where no file can be written, before there is anything to write.

    Raises
    ------
    UsageError
        U01.
    """
    faults = {
        errno.EISDIR: not path.name or path.is_dir(),
        errno.ENOENT: not path.parent.is_dir(),
        errno.ELOOP: Path(os.path.realpath(path)).is_symlink(),  # it leads back to itself
    }
    with writable(path, option):
        for fault, applies in faults.items():
            if applies:
                raise OSError(fault, os.strerror(fault))


def require_other(path: Path | None, option: str, files: Iterable[Path | None]) -> None:
    """Refuse to write over a file that is read, or written as well.

    Parameters
    ----------
    path : Path or None
        What is to be written, if anything.
    option : str
        What names it.
    files : iterable of Path or None
        The others.

    Raises
    ------
    UsageError
        U01.
    """
    for other in files:
        if path is not None and other is not None:
            linked = path.is_file() and other.is_file() and path.samefile(other)
            alike = os.path.realpath(path) == os.path.realpath(other)
            same = linked or (alike and not path.is_char_device())
            check(not same, option, str(path), "a file that is neither read nor written yet")
