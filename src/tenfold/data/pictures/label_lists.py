"""Cells that list several labels: what parts these, and which there are."""

import ast
import json
import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from tenfold.data.cells.parse import truth_of
from tenfold.data.pictures.folders import class_name

LabelSet = frozenset[str]

SEPARATORS: Final = ("|", ";", ",")
WRITTEN: Final = "[]"  # as Python or JSON write lists
BLANK: Final = " "  # parts words of one name, too, so it has to be asked for
OPENING: Final = ("[", "(", "{")
BRACKETED: Final = re.compile(r"\s*[\[({](.*)[])}]\s*", re.DOTALL)
QUOTED: Final = re.compile("[\"']")


def find_separator(cells: Sequence[str]) -> str | None:
    """Return what parts the labels in cells, None if each cell is a single label.

    A sign may belong to a name, as in ``tench, Tinca tinca``, ``Doe, Jane`` or ``animal|cat``.
    Labels are no more than the ways in which they occur together, parts of names are; and
    pictures differ in how many labels they have.

    Examples
    --------
    >>> find_separator(["sea|sunset", "sea", "sunset", "sea|ship"])
    '|'
    >>> find_separator(["tench, Tinca tinca", "goldfish, Carassius auratus", "hen"])
    >>> find_separator(["['sea', 'ship']", "['sea']", "[]"])
    '[]'
    """
    distinct = set(cells)
    listed = [found.group(1) for cell in distinct if (found := BRACKETED.fullmatch(cell))]
    if len(listed) > len(distinct) / 2 and any(not one or "," in one for one in listed):
        return WRITTEN
    for separator in SEPARATORS:
        if any(separator in cell for cell in distinct):
            sets = [labels_in(cell, separator) for cell in distinct]
            alike = len(set(map(len, sets))) == 1 and separator == ","
            if 2 <= len(frozenset[str]().union(*sets)) <= len(distinct) and not alike:
                return separator
    return None


def labels_in(cell: str, separator: str) -> LabelSet:
    """Return the labels that a cell lists; ``[]`` lists none.

    Raises
    ------
    ValueError
        If a list that is written as Python or JSON write it has a fault.

    Examples
    --------
    >>> sorted(labels_in("sea | ship", "|")), labels_in("[]", "|")
    (['sea', 'ship'], frozenset())
    >>> sorted(labels_in("['sea, calm', 'ship']", "[]")), sorted(labels_in("[sea]", "[]"))
    (['sea, calm', 'ship'], ['sea'])
    >>> sorted(labels_in('{"sea": 1, "ship": 0}', "[]"))
    ['sea']
    """
    if separator != WRITTEN:
        text = "" if cell.strip() == WRITTEN else cell
        parts = text.split(separator)
    elif cell.strip().startswith(OPENING):
        parts = _written(cell)
    else:
        parts = [cell]
    return frozenset(class_name(part.strip()) for part in parts if part.strip())


def _written(cell: str) -> list[str]:
    """Return what a list holds as Python or JSON write it, or without any quotes."""
    value: Any = None
    for read in (json.loads, ast.literal_eval):
        with suppress(ValueError, SyntaxError, MemoryError, RecursionError):
            value = read(cell.strip())
            break
    found = BRACKETED.fullmatch(cell)
    if value is None and found is not None and not QUOTED.search(cell):
        value = found.group(1).split(",")
    if isinstance(value, Mapping):
        truths = {name: truth_of(said) for name, said in value.items()}
        known = not any(map(math.isnan, truths.values()))
        value = [name for name, truth in truths.items() if truth] if known else None
    plain = isinstance(value, list | tuple | set)
    if not plain or not all(isinstance(one, str | int | float) for one in value):
        raise ValueError(f"{cell!r} is no list of labels")
    return list(map(str, value))
