"""Whether labels of pictures are classes or numbers to predict, and what the numbers are."""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.config import Decision, Task
from tenfold.data.cells.parse import to_categories, to_numbers
from tenfold.data.columns.column_kind import find_kind
from tenfold.data.columns.target import guess_task
from tenfold.data.tables.table import Table
from tenfold.errors import SchemaError

SHOWN: Final = 5  # labels that an error names
OF_CLASS: Final = re.compile(
    r"class|label|category|categories|code|type|digit|\bid\b|_id$|Id$", re.ASCII
)


def numbers_of_column(
    table: Table, column: str, task: Task | None
) -> tuple[NDArray[np.float64] | None, tuple[Decision, ...]]:
    """Return the numbers that the pictures of a table are to be given; None for classes.

    Numbers are told from numbers of classes as in tables, and by the name of the column:
    ``ClassId`` names classes, however many there are.

    Parameters
    ----------
    table : Table
        Rows with a label.
    column : str
        Of the labels.
    task : {"regression", "classification"} or None
        As asked for.

    Raises
    ------
    SchemaError
        S02, if numbers are asked for and a label is none.

    Examples
    --------
    >>> from tenfold.data.files.read import read_table
    >>> table = read_table(pd.DataFrame({"age": [20.5, 31.0, 44.5]}))
    >>> numbers, (decision,) = numbers_of_column(table, "age", None)
    >>> numbers.tolist(), decision.what
    ([20.5, 31.0, 44.5], 'regression')
    """
    cells = table.frame[column]
    finding = find_kind(column, cells, table.decimal)
    numbers = to_numbers(cells, table.decimal, finding.form, finding.unit)
    texts = to_categories(cells, table.decimal)
    if task is not None:
        if task == "regression":
            _check(numbers, texts, table.source)
        return (numbers if task == "regression" else None), ()
    distinct = list(pd.unique(texts))
    found, why = guess_task(finding, numbers, distinct)
    if found == "classification":
        if not np.isfinite(numbers).all():
            return None, ()
        decision = Decision(what=found, why=why, change_with="--task regression")
        return None, (decision,)
    whole = bool(np.all(numbers == np.round(numbers)))
    named = OF_CLASS.search(column) or OF_CLASS.search(column.lower())
    if whole and named and len(numbers) >= 2 * len(distinct):
        what = "classification"
        why = f"the name of column {column!r} speaks of classes"
        decision = Decision(what=what, why=why, change_with="--task regression")
        return None, (decision,)
    decision = Decision(what=found, why=why, change_with="--task classification")
    return numbers, (decision,)


def numbers_of_labels(labels: Sequence[str], source: str) -> NDArray[np.float64]:
    """Return labels that are asked for as numbers, such as folders called after them.

    Raises
    ------
    SchemaError
        S02, if one is none.

    Examples
    --------
    >>> numbers_of_labels(["18", "18.5"], "ages").tolist()
    [18.0, 18.5]
    """
    texts = np.array(labels, dtype=object)
    numbers = to_numbers(pd.Series(texts), ".", "number", "")
    _check(numbers, texts, source)
    return numbers


def _check(numbers: NDArray[np.float64], texts: NDArray[np.object_], source: str) -> None:
    bad = np.flatnonzero(~np.isfinite(numbers))
    if len(bad):
        shown = ", ".join(repr(str(one)) for one in pd.unique(texts[bad])[:SHOWN])
        raise SchemaError(
            "S02",
            f"the labels of {len(bad):,} images are not numbers",
            place={"source": source, "labels": shown},
            fix=["correct them", "predict classes: --task classification"],
        )
