"""A folder in which one program at a time works."""

import os
import sys
from pathlib import Path
from typing import Final, final

from tenfold.errors import StoreError

LOCK: Final = "in-use"  # a file in the folder, where a folder itself cannot be locked


@final
class Held:
    """Keeps other programs, and other threads, from working in a folder.

    The system ends it with the program, however that ends. Where a folder cannot be locked, as
    on some network drives, nobody is kept from it.

    Parameters
    ----------
    folder : Path
        It exists.

    Raises
    ------
    StoreError
        M14, if another program or thread works there.
    """

    def __init__(self, folder: Path) -> None:
        self._handle = _lock(folder)

    def release(self) -> None:
        """Let others work there."""
        if self._handle is not None:
            os.close(self._handle)
        self._handle = None


def require_free(folder: Path) -> None:
    """Refuse a folder in which another program works; see ``Held``."""
    Held(folder).release()


if sys.platform == "win32":

    def _lock(folder: Path) -> int | None:
        how = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_TEMPORARY  # gone with its program
        try:
            return os.open(folder / LOCK, how)
        except FileExistsError as error:
            raise _in_use(folder) from error
        except OSError:
            return None

else:
    import fcntl

    def _lock(folder: Path) -> int | None:
        try:
            handle = os.open(folder, os.O_RDONLY)
        except OSError:
            return None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            if isinstance(error, BlockingIOError):
                raise _in_use(folder) from error
            return None
        return handle


def _in_use(folder: Path) -> StoreError:
    return StoreError(
        "M14",
        "another program is working on the run",
        place={"folder": str(folder)},
        fix=["wait until it has finished, or stop it"],
    )
