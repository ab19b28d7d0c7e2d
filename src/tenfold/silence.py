"""Warnings kept from being shown while something is done, whatever other threads do."""

import re
import warnings
from contextlib import suppress
from typing import Final, cast, final

from tenfold.locks import OneAtATime


@final
class Silence:
    """Warnings of one kind are not shown while any thread is inside.

    ``warnings.catch_warnings`` puts back all filters of the process as it found them, and so
    undoes what another thread changed meanwhile; two threads that leave it in the order in
    which they came in even silence all warnings for good. This adds one filter, and takes
    that one away again.

    Parameters
    ----------
    module : str
        Pattern of the names of the modules that warn; all by default.
    message : str
        Pattern of what warnings begin with; all by default.

    Examples
    --------
    >>> with Silence(message="an old"):
    ...     warnings.warn("an old file")
    """

    def __init__(self, module: str = "", message: str = "") -> None:
        said = re.compile(message, re.IGNORECASE) if message else None
        place = re.compile(module) if module else None
        self._lock = OneAtATime()
        self._inside = 0
        self._entry = ("ignore", said, Warning, place, 0)
        self._filters: list[object] = []

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._filters = cast("list[object]", warnings.filters)
                self._filters.insert(0, self._entry)
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                with suppress(ValueError):
                    self._filters.remove(self._entry)


# Pillow warns of notes in a picture that it cannot read, which many cameras write and nobody
# can mend.
SILENT_PILLOW: Final = Silence(module=r"PIL\.")
