"""Whether rows have the columns that a network learnt from, in the form that it can read."""

from typing import Any, Final

import numpy as np
import pandas as pd

from tenfold.data.cells.moments import to_moments
from tenfold.data.cells.parse import is_numeric, is_truth, to_numbers
from tenfold.data.cells.placeholders import without_words
from tenfold.data.columns.column import Column
from tenfold.data.columns.column_kind import find_kind
from tenfold.data.columns.schema import Schema
from tenfold.data.columns.spelling import nearest, other_form
from tenfold.errors import PredictError

# A column of which fewer filled cells can be read is another one, or is written otherwise.
READABLE: Final = 0.5


def check_columns(frame: pd.DataFrame, schema: Schema, decimal: str) -> None:
    """Refuse rows whose columns are not those that the network learnt from.

    Raises
    ------
    PredictError
        P01, if a column is missing; P02, if most filled cells of a column of numbers
        or dates are none.
    """
    missing = [c.name for c in schema.used if c.name not in frame.columns]
    if missing:
        known = {schema.target, *(column.name for column in schema.columns)}
        others = [name for name in frame.columns if name not in known]
        place = {"missing": ", ".join(map(repr, missing[:10]))}
        if others:
            place["not known"] = ", ".join(map(repr, others[:10]))
        near = [(name, new) for name in missing[:10] if (new := nearest(name, others))]
        raise PredictError(
            "P01",
            f"{len(missing)} of {len(schema.used)} columns are missing",
            place=place,
            fix=[
                *(f"is {new!r} the column {name!r}? rename it" for name, new in near),
                "rename or add the columns",
                "leave their cells empty if the values are unknown",
            ],
        )
    for column in schema.used:
        cells = frame[column.name]
        if column.kind in {"date", "boolean"} or (
            column.kind == "number" and not is_numeric(cells)
        ):
            _check_cells(without_words(cells, column.empties).dropna(), column, decimal)


def _check_cells(filled: "pd.Series[Any]", column: Column, decimal: str) -> None:
    """Refuse the filled cells of a column if most of them are not of its kind.

    Dates are refused if one is not, and all are of another format: days and months may change
    places.
    """
    if column.kind == "number":
        fits = np.isfinite(to_numbers(filled, decimal, column.form, column.unit))
    elif column.kind == "boolean":
        fits = is_truth(filled, decimal, column.tick)
    else:
        fits = ~np.isnat(to_moments(filled, column.date_format))
    if fits.all() or (fits.mean() >= READABLE and not _all_otherwise(filled, column, decimal)):
        return
    bad = filled[~fits]
    now = "none" if len(bad) == len(filled) else f"{len(bad):,} cells that are not"
    place = {"cells": ", ".join(repr(cell) for cell in bad[:5])}
    like = other_form(bad, column.kind, column.date_format, decimal)
    if like:
        had = column.date_format if column.kind == "date" else None
        place["they look like"] = like + (f", training had {had}" if had else "")
    raise PredictError(
        "P02",
        f"column {column.name!r} held {column.kind}s in training, but now holds {now}",
        place=place,
        fix=["convert the cells to the format that they had in training"],
    )


def _all_otherwise(filled: "pd.Series[Any]", column: Column, decimal: str) -> bool:
    """Tell whether all of some dates are of another format than those of training."""
    if column.kind != "date":
        return False
    found = find_kind(column.name, filled, decimal)
    other = found.date_format if found.kind == "date" else None
    return other is not None and not np.isnat(to_moments(filled, other)).any()
