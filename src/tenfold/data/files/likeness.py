"""How a new table lies in its file, and what its columns are called, if training tells."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tenfold.config import Decision
from tenfold.data.cells.parse import number_of
from tenfold.data.cells.words import tidy
from tenfold.data.files.separator import NAMES, find_separator
from tenfold.data.files.text import ONE_COLUMN, USUAL_QUOTE, records
from tenfold.data.tables.reading import Known
from tenfold.errors import ReadError
from tenfold.read_options import ReadOptions


def as_needed(names: Sequence[str], like: Known | None) -> list[str]:
    """Return names, those that are needed as they are written there.

    Spaces around a name, or another form of its letters, make no other column of it.
    """
    wanted = {} if like is None else {tidy(name): name for name in like.names}
    plain = [wanted.get(tidy(name), name) for name in names]
    there = Counter(plain)
    return [new if there[new] == 1 else old for old, new in zip(names, plain, strict=True)]


def layout_of_training(
    text: str, options: ReadOptions, like: Known, quote: str = USUAL_QUOTE
) -> ReadOptions:
    """Return options with the separator and the header of training, where a text fits them.

    It does if its first row holds the names of all columns that are needed, or if nothing
    shows another separator, or a header that training had not.
    """
    if options.separator is not None:
        return options
    known = like.reading
    skip = options.skip_rows or 0
    for separator in filter(None, (known.separator, ONE_COLUMN)):
        cells = _first_cells(text, separator, skip, quote)
        if options.header is not False and {*map(tidy, cells)} >= {*map(tidy, like.names)}:
            return replace(options, separator=separator, header=True)
    if options.header is None and known.header is False and _is_row(text, like, skip, quote):
        options = replace(options, header=False)
    try:
        find_separator(text, skip=skip, quote=quote)
    except ReadError as error:
        if error.code != "D04":
            raise
        return replace(options, separator=known.separator or ONE_COLUMN)
    return options


def _first_cells(text: str, separator: str, skip: int, quote: str) -> list[str]:
    first = next(records(text, separator, skip=skip, quote=quote), None)
    return [] if first is None else first.cells


def _is_row(text: str, like: Known, skip: int, quote: str) -> bool:
    """Tell whether the first row holds numbers wherever training, which had no header, did."""
    cells = _first_cells(text, like.reading.separator or ONE_COLUMN, skip, quote)
    held = (cell for j, cell in enumerate(cells, 1) if f"column {j}" in (like.numbers or ()))
    sign = like.reading.decimal or "."
    return all(not cell.strip() or np.isfinite(number_of(cell, sign)) for cell in held)


def other_separator(
    separator: str, asked: ReadOptions, like: Known | None
) -> tuple[Decision, ...]:
    """Tell of a separator that is not that of training."""
    before = None if like is None else like.reading.separator
    if asked.separator is not None or before in {None, separator}:
        return ()
    if ONE_COLUMN in {before, separator}:
        return ()
    name, had = (NAMES.get(sign, sign) for sign in (separator, before or ""))
    why = f"it separates the columns here; the training data had a {had}"
    return (Decision(what=f"separator {name}", why=why, change_with="--separator"),)
