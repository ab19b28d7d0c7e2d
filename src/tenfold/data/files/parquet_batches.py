"""A Parquet file of any size, batch by batch."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tenfold.data.files.batch import Batch, require_signs, rows_at_a_time, told_once
from tenfold.data.files.read import damaged, opened_parquet
from tenfold.data.files.taken import framed, signs_of, with_signs
from tenfold.data.tables.arrow import frame_of
from tenfold.data.tables.reading import Known
from tenfold.data.tables.signs import Signs
from tenfold.data.tables.table import Table
from tenfold.extras import require
from tenfold.read_options import ReadOptions


@dataclass(frozen=True, kw_only=True, slots=True)
class ParquetBatch(Batch):
    """Rows of a Parquet file.

    Attributes
    ----------
    path : Path
    rows : pyarrow.Table
    above : int
        How many rows of the file came before these.
    signs : Signs
    options : ReadOptions
    like : Known
    """

    path: Path
    rows: Any
    above: int
    signs: Signs
    options: ReadOptions
    like: Known

    def table(self) -> Table:
        """Return the rows as a table."""
        try:
            frame = frame_of(self.rows)
        except Exception as error:  # as of a whole file
            raise damaged(self.path, "Parquet", error) from error
        table = framed(frame, self.like, str(self.path), self.above)
        if not self.above:
            table = replace(table, notices=self.signs.notices)
        elif len(table):
            require_signs(table, self.signs, self.options, self.like)
        return told_once(with_signs(table, self.signs), begins=not self.above)


def batches_of_parquet(path: Path, options: ReadOptions, like: Known) -> Iterator[ParquetBatch]:
    """Yield the rows of a Parquet file, in their order."""
    arrow = require("pyarrow", extra="parquet", to="read .parquet files")
    with opened_parquet(path) as file:
        above, signs = 0, None
        size = rows_at_a_time(file.metadata.num_columns, _bytes_of_a_row(file.metadata))
        for part in file.iter_batches(batch_size=size):
            rows = arrow.Table.from_batches([part])
            if signs is None:
                first = framed(frame_of(rows), like, str(path))
                signs = signs_of(first, options, like)
            yield ParquetBatch(
                path=path, rows=rows, above=above, signs=signs, options=options, like=like
            )
            above += len(rows)


def _bytes_of_a_row(metadata: Any) -> float:
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    return float(sum(group.total_byte_size for group in groups) / max(metadata.num_rows, 1))
