"""Tables of Arrow, polars and others that speak Arrow's language, as DataFrames of pandas."""

from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import pandas as pd

from tenfold.errors import ReadError
from tenfold.extras import require


@runtime_checkable
class ArrowTable(Protocol):
    """A table that hands over its columns by Arrow's PyCapsule interface."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return its rows as a stream of Arrow."""


def as_frame(source: Any) -> Any:
    """Return a table that speaks Arrow's language as a DataFrame; all else as it is.

    Raises
    ------
    ReadError
        D07, if pandas has no place for what it holds.
    MissingExtraError
        E01, if pyarrow is not installed.
    """
    if isinstance(source, pd.DataFrame) or not isinstance(source, ArrowTable):
        return source
    arrow = require("pyarrow", extra="parquet", to=f"read a {type(source).__name__} of Arrow")
    try:
        return frame_of(arrow.table(source))
    except Exception as error:
        # Each library has types, and errors for those that it cannot hand over, of its own.
        fact = f"the {type(source).__name__} cannot be read: {str(error).rstrip('.')}"
        raise ReadError("D07", fact, fix=["convert its columns to plain types"]) from error


def as_source(data: Any) -> Any:
    """Return what data are read from: a DataFrame, or a path to a file or a folder.

    Raises
    ------
    ReadError
        D07, if they are neither, and no table that speaks Arrow's language.
    """
    source = as_frame(data)
    if not isinstance(source, str | Path | pd.DataFrame):
        fact = f"a {type(source).__name__} is not a table"
        raise ReadError("D07", fact, fix=["pass a DataFrame, a file, or an Arrow table"])
    return source


def frame_of(table: Any) -> pd.DataFrame:
    """Return a table of pyarrow as a DataFrame in which no whole number is rounded."""
    arrow = require("pyarrow", extra="parquet", to="read tables of Arrow")

    def exact(kind: Any) -> pd.ArrowDtype | None:
        return pd.ArrowDtype(kind) if arrow.types.is_integer(kind) else None

    frame: pd.DataFrame = table.to_pandas(types_mapper=exact, date_as_object=False)
    # Parquet keeps categories of text only; of the others pandas notes what they were.
    noted = (table.schema.pandas_metadata or {}).get("columns", ())
    declared = {one["name"] for one in noted if one["pandas_type"] == "categorical"}
    return frame.astype(dict.fromkeys(declared.intersection(frame.columns), "category"))
