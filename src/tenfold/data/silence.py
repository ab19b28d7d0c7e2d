"""Pillow without its warnings, for as long as a picture is read."""

import re
import threading
import warnings
from contextlib import suppress
from typing import Final, cast


class _Silence:
    """No warning of Pillow is shown while any thread is inside.

    Pillow warns of notes in a picture that it cannot read, which many cameras write and
    nobody can mend. ``warnings.catch_warnings`` would put back all filters of the process
    as it found them, and so undo what another thread changed meanwhile. This adds one
    filter, for Pillow's modules, and takes that one away again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._entry = ("ignore", None, Warning, re.compile(r"PIL\."), 0)
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


SILENT_PILLOW: Final = _Silence()
