"""New rows for a command: lines about how they were read, and several tables as one."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from tenfold.data.columns.labelled import describe_unlabelled
from tenfold.data.columns.required import check_columns
from tenfold.data.columns.schema import Schema
from tenfold.data.new_rows.schema_drift import like_training
from tenfold.data.tables.table import Table

SUFFIXES: Final = (".csv", ".tsv", ".parquet", ".xlsx")
# What of reading new rows goes without saying, unless it is a guess.
PLAIN: Final = frozenset(
    {"--encoding", "--separator", "--header", "--no-header", "--decimal", "--missing"}
)
NOT_UTF8: Final = re.compile("encoding (?!utf)")


def reading_lines(table: Table) -> Iterator[str]:
    """Yield what of reading new rows is a guess, and what is left out."""
    source = table.source
    for decision in table.decisions:
        loud = decision.change_with not in PLAIN or NOT_UTF8.match(decision.what)
        if loud and decision not in table.notices:
            yield f"{source}: {decision.what} ({decision.why}); {decision.change_with}"
    for notice in table.notices:
        line = f"{notice.what} ({notice.change_with}): {notice.why}"
        yield f"{source} is not formatted like the training data: {line}"
    for row in table.rejected:
        yield f"{source}, line {row.line}, is left out: {row.reason}"
    if gone := table.unlabelled:
        count = describe_unlabelled(len(gone), len(gone) + len(table))
        yield f"{source}: {count} (line {gone[0].line}: {gone[0].reason})"


def joined(tables: Sequence[Table], schema: Schema) -> Table:
    """Return the rows of several tables as those of one."""
    if len({table.decimal for table in tables}) > 1:  # numbers first, then one table
        for table in tables:
            check_columns(table.frame, schema, table.decimal)
        tables = [like_training(table, schema)[0] for table in tables]
    frame = pd.concat([table.frame for table in tables], ignore_index=True)
    return replace(
        tables[0], frame=frame, lines=np.concatenate([table.lines for table in tables])
    )
