"""From cells as they came to a Table: their signs, and the forms that all else builds on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from tenfold.data.cells.parse import is_text
from tenfold.data.files.likeness import as_needed
from tenfold.data.files.text import MOST_COLUMNS, too_many_columns
from tenfold.data.tables.dtypes import take_frame
from tenfold.data.tables.own_signs import with_one_sign
from tenfold.data.tables.reading import Known
from tenfold.data.tables.signs import Signs, decide_signs, looked_at, missing_decisions
from tenfold.data.tables.table import Table
from tenfold.errors import ReadError
from tenfold.read_options import ReadOptions

SHOWN: Final = 10
IN_MEMORY: Final = "DataFrame"  # what a source is called that is no file


def from_frame(
    frame: pd.DataFrame,
    options: ReadOptions | None = None,
    *,
    like: Known | None = None,
    source: str = IN_MEMORY,
) -> Table:
    """Take a table from a DataFrame, with rows or without; see ``read_table``.

    Parameters
    ----------
    frame : DataFrame
    options : ReadOptions, optional
    like : Known, optional
    source : str
        Where it comes from.
    """
    return taken(framed(frame, like, source), options or ReadOptions(missing=None), like)


def framed(frame: pd.DataFrame, like: Known | None, source: str, above: int = 0) -> Table:
    """Return the rows of a DataFrame as they came; ``above`` is how many others came before.

    Raises
    ------
    ReadError
        D04, D06 or D11.
    """
    names = as_needed([_name(label) for label in frame.columns], like)
    check_names(names, source)
    return Table(
        frame=frame.set_axis(names, axis=1).reset_index(drop=True),
        lines=np.arange(above + 1, above + len(frame) + 1, dtype=np.int64),
        source=source,
    )


def taken(table: Table, options: ReadOptions, like: Known | None) -> Table:
    """Return a table with its cells in the forms that all else builds on."""
    signs = signs_of(table, options, like)
    return replace(with_signs(table, signs), notices=(*table.notices, *signs.notices))


def signs_of(table: Table, options: ReadOptions, like: Known | None) -> Signs:
    """Decide what the cells of a table that are text mean, by some of its rows."""
    objects = [at for at, dtype in enumerate(table.frame.dtypes) if dtype.kind == "O"]
    some = table.frame.iloc[looked_at(len(table)), objects]
    # Text beside numbers that are stored as such does not say how numbers are written; nor
    # does that of new rows in memory, whoever made them, if training had none.
    silent = like is not None and like.reading.decimal is None and table.source == IN_MEMORY
    texts = {
        str(name): cells.dropna()
        for name, cells in some.items()
        if is_text(cells) and not silent
    }
    return decide_signs(texts, options, like)


def with_signs(table: Table, signs: Signs) -> Table:
    """Return a table whose cells are read by signs that were decided."""
    frame = with_one_sign(table.frame, signs.reading)
    frame, found = take_frame(frame, signs.missing)
    layout = table.reading
    reading = replace(
        signs.reading,
        separator=layout.separator,
        encoding=layout.encoding,
        header=layout.header,
    )
    decisions = (*table.decisions, *signs.decisions, *missing_decisions(found, frame))
    return replace(
        table, frame=frame, reading=reading, emptied=found.words, decisions=decisions
    )


def as_table(rows: Table | pd.DataFrame, like: Known, decimal: str | None = None) -> Table:
    """Return new rows as a table, a DataFrame read as training was; see ``from_frame``."""
    if isinstance(rows, Table):
        return rows
    return from_frame(rows, ReadOptions(missing=None, decimal=decimal), like=like)


def _name(label: object) -> str:
    """Return a column's name as text; levels of a MultiIndex are joined."""
    return " / ".join(map(str, label)) if isinstance(label, tuple) else str(label)


def check_names(names: Sequence[str], source: str) -> None:
    """Refuse names of columns of which there are none, too many, or two alike.

    Raises
    ------
    ReadError
        D04, D06 or D11.
    """
    if not names:
        raise ReadError("D04", "the table has no columns", place={"file": source})
    if len(names) > MOST_COLUMNS:
        error = too_many_columns(len(names))
        error.place = {"file": source}
        raise error
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise ReadError(
            "D06",
            f"{len(twice)} column name(s) occur more than once",
            place={"file": source, "columns": ", ".join(map(repr, twice[:SHOWN]))},
            fix=["rename the columns"],
        )
