"""What becomes of rows that are not like those of training, and how they are told of."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.data.columns.required import check_columns
from tenfold.data.columns.schema import Schema
from tenfold.data.new_rows.schema_drift import Drift, like_training
from tenfold.data.new_rows.tallies import drift_lines, named_lines, tallies_of
from tenfold.data.pictures.pictures import Pictures
from tenfold.data.tables.rejected import SHOWN
from tenfold.data.tables.table import Table
from tenfold.errors import PredictError
from tenfold.notices import warn
from tenfold.option import check

Mode = Literal["strict", "warn"]
MODES: Final = get_args(Mode)


def admit(table: Table, schema: Schema, mode: Mode | None) -> tuple[Table, tuple[Drift, ...]]:
    """Return rows as a model reads them and their schema drift, or refuse them.

    Parameters
    ----------
    table : Table
    schema : Schema
    mode : {"strict", "warn"} or None
        ``"strict"`` refuses any drift; ``"warn"`` none: what cannot be read is empty. By
        default every column has to be there, with a cell that can be read.

    Raises
    ------
    PredictError
        P08, if there is drift or a rejected row and the mode is ``"strict"``; P01 or P02,
        if a column is missing or no cell of it can be read, by default.
    """
    fitted, found = like_training(table, schema)
    if mode == "strict" and (found or table.rejected):
        raise _refusal(table, found)
    # By default a column may be neither missing nor unreadable; only then look once more.
    if mode is None and {d.what for d in found} & {"missing column", "unexpected type"}:
        check_columns(table.frame, schema, table.decimal)
    return fitted, found


def _refusal(table: Table, found: Sequence[Drift]) -> PredictError:
    place = {"file": table.source}
    lines = list(named_lines(tallies_of(table, found), len(table)))
    for name, line in lines[:SHOWN]:
        place[name] = f"{place[name]}; {line}" if name in place else line
    if len(lines) > SHOWN:
        place["and"] = f"{len(lines) - SHOWN:,} more"
    if table.rejected:
        first = table.rejected[0]
        place["left out"] = f"line {first.line}: {first.reason}"
    columns = len({drift.column for drift in found})
    fact = f"{columns:,} columns differ from the training data"
    if columns == 1:
        fact = "one column differs from the training data"
    if not columns:
        fact = f"{len(table.rejected):,} rows cannot be used"
    fix = ["correct these cells", "predict all rows, and only warn about these: --warn"]
    return PredictError("P08", fact, place=place, fix=fix)


def drift_table(
    found: Sequence[Drift], places: Sequence[Any] | NDArray[Any] | pd.Index
) -> pd.DataFrame:
    """Lay drift out as a table, a row a cell.

    Parameters
    ----------
    found : sequence of Drift
    places : sequence
        Of each row of the table that was looked at: its line, or its label.

    Returns
    -------
    DataFrame
        Columns ``line`` (empty for a whole column), ``column``, ``what``, ``cell``,
        ``training`` and ``meant``.
    """
    rows = [
        (place, one.column, one.what, cell, one.training, one.meant.get(cell))
        for one in found
        for place, cell in _cells(one, places)
    ]
    names = ["line", "column", "what", "cell", "training", "meant"]
    return pd.DataFrame(rows, columns=names, dtype=object)


def _cells(drift: Drift, places: Any) -> Iterator[tuple[Any, str]]:
    if drift.is_column:
        yield None, drift.column
        return
    at = np.asarray(places, dtype=object)[drift.rows]
    yield from zip(at.tolist(), drift.cells, strict=True)


def admit_and_warn(table: Table, schema: Schema, mode: Mode | None) -> Table:
    """Return rows as a model reads them, and warn in Python of their schema drift.

    Without a mode they come back as they are, unread.

    Raises
    ------
    PredictError
        P08, as of ``admit``.
    """
    if mode is None:
        return table
    check(mode in MODES, "schema", mode, " or ".join(MODES))
    fitted, found = admit(table, schema, mode)
    notices = [f"{notice.what}: {notice.why}" for notice in table.notices]
    if found or notices:
        lines = "\n  ".join([*notices, *drift_lines(tallies_of(table, found), len(table))])
        said = f"{table.source} differs from the training data:\n  {lines}"
        warn(said)
    return fitted


def warn_of_doubts(pictures: Pictures) -> None:
    """Tell as a Python warning where training did not say what is white in pictures."""
    for doubt in pictures.doubts:
        warn(f"{doubt.what}: {doubt.why}")


def admit_pictures(pictures: Pictures, mode: Mode | None, *, warned: bool) -> None:
    """Refuse pictures of which some cannot be read, if the mode is ``"strict"``.

    Unless they are told already, doubts about what is white become Python warnings.

    Raises
    ------
    PredictError
        P08.
    """
    check(mode in {None, *MODES}, "schema", mode, " or ".join(MODES))
    if not warned:
        warn_of_doubts(pictures)
    if mode != "strict" or not pictures.rejected:
        return
    fact = f"{len(pictures.rejected):,} images cannot be read"
    place = {file.file: file.reason for file in pictures.rejected[:SHOWN]}
    raise PredictError("P08", fact, place=place, fix=["fix these files or leave them out"])
