"""What a value is that a user gave, whatever library it comes from."""

import math
from typing import Any


def is_whole(value: object, least: int, most: int | None = None) -> bool:
    """Tell whether a value is a whole number from ``least`` to ``most``; True is none.

    Examples
    --------
    >>> is_whole(3, 1), is_whole(3.0, 1), is_whole(True, 1), is_whole("3", 1)
    (True, False, False, False)
    """
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole and least <= value and (most is None or value <= most)  # type: ignore[operator]


def is_number(value: object) -> bool:
    """Tell whether a value is a number that is finite; True is none.

    Examples
    --------
    >>> is_number(0.5), is_number(1), is_number(float("nan")), is_number("1")
    (True, True, False, False)
    """
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value)  # type: ignore[arg-type]


def makes_folds(folds: object) -> bool:
    """Tell whether something makes folds by itself: a splitter, or pairs of positions."""
    makes = hasattr(folds, "split") or hasattr(folds, "__iter__")
    return makes and not isinstance(folds, str | bytes)


def plain(value: Any) -> Any:
    """Return a scalar of NumPy as the value of Python that it is; others as they are."""
    scalar = hasattr(value, "dtype") and getattr(value, "ndim", None) == 0
    return value.item() if scalar else value
