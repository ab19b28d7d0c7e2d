"""The decimal sign of numbers that are written as text."""

import re
from collections.abc import Iterable
from typing import Final

_DOT: Final = re.compile(r"[+-]?\d*\.\d+(e[+-]?\d+)?", re.IGNORECASE)
_COMMA: Final = re.compile(r"[+-]?(\d*|\d{1,3}(\.\d{3})+),\d+(e[+-]?\d+)?", re.IGNORECASE)
_THOUSANDS: Final = re.compile(r"[+-]?\d{1,3}(,\d{3})+")


def find_decimal(cells: Iterable[str]) -> tuple[str, str]:
    """Return the decimal sign of cells, and what shows it if it is the comma.

    Examples
    --------
    >>> find_decimal(["1,5", "2"]), find_decimal(["1,250", "3,000"])
    ((',', 'cells such as 1,5 are numbers'), ('.', ''))
    """
    cells = [cell.strip() for cell in cells]
    dots = sum(_DOT.fullmatch(cell) is not None for cell in cells)
    commas = [cell for cell in cells if _COMMA.fullmatch(cell)]
    if len(commas) > dots and not all(_THOUSANDS.fullmatch(cell) for cell in commas):
        example = next(cell for cell in commas if not _THOUSANDS.fullmatch(cell))
        return ",", f"cells such as {example} are numbers"
    return ".", ""
