"""One thread at a time, in forked processes too."""

import os
import threading
import weakref
from typing import Final, final


@final
class OneAtATime:
    """Lets one thread at a time in; it may enter again while it is inside.

    A fork copies only the thread that called it. If another one was inside, nobody would ever
    leave in the child; so a child begins with nobody inside. A copy, by ``copy`` or ``pickle``,
    does so too.

    Examples
    --------
    >>> alone = OneAtATime()
    >>> with alone, alone:
    ...     print("inside")
    inside
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._inside: list[int] = []  # the thread that is inside, once for each time it entered
        _ALL.add(self)

    def forget_others(self) -> None:
        """Take all threads but this one for gone."""
        self._lock = threading.RLock()
        self._inside = [one for one in self._inside if one == threading.get_ident()]
        for _ in self._inside:
            self._lock.acquire()

    def __enter__(self) -> None:
        self._lock.acquire()
        self._inside.append(threading.get_ident())

    def __exit__(self, *_: object) -> None:
        self._inside.pop()
        self._lock.release()

    def __reduce__(self) -> tuple[type["OneAtATime"], tuple[()]]:
        return OneAtATime, ()


_ALL: Final[weakref.WeakSet[OneAtATime]] = weakref.WeakSet()


def _begin_in_a_child() -> None:
    for one in list(_ALL):
        one.forget_others()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_in_a_child)
