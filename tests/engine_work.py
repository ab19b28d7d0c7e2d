"""How much work something is: counted, so that it is the same on every machine at any time."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def calls_of(do: Callable[[], object]) -> int:
    """Return how many functions are called while something is done.

    What goes row by row in Python calls at least one for each; what a library does at once is
    one call.

    Examples
    --------
    >>> calls_of(lambda: [abs(x) for x in range(1000)]) > 1000
    True
    >>> calls_of(lambda: sum(range(1000))) < 20
    True
    """
    count = 0

    def count_calls(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count_calls)
    try:
        do()
    finally:
        sys.setprofile(before)
    return count
