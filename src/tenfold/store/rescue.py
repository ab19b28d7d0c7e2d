"""What cannot be written where it belongs, kept in a temporary folder."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from tenfold.errors import StoreError


def rescue(error: StoreError, name: str, write: Callable[[Path], object]) -> None:
    """Write a result into a temporary folder, and say in ``error`` where it is.

    If there is no room either, the error stays as it was.

    Parameters
    ----------
    error : StoreError
        Why it cannot be written where it belongs.
    name : str
        Of the folder.
    write : callable
        Takes the folder, which exists.
    """
    with contextlib.suppress(OSError):
        parent = Path(tempfile.mkdtemp(prefix="tenfold-"))
        folder = parent / name
        try:
            folder.mkdir()
            write(folder)
        except (OSError, StoreError):
            shutil.rmtree(parent, ignore_errors=True)
            return
        error.place["saved in"] = str(folder)
        error.fix = (f"it is complete in {folder}: move it to where you want it",)
