"""Which columns of a file are those of its table, and not empty ones or what stands beside it.

A separator at the end of each line makes a column that has neither a name nor a cell. Such a
column parts a table from what else stands in its sheet, too: a remark beside a row, or a small
table of sums. The other block is no part of the table if it has cells beside few of its rows,
or goes on below it; a table whose columns are only spaced apart keeps them.

Arrays: N rows of the file, J its columns up to the last that is filled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tenfold.config import Decision
from tenfold.data.files.rows import FoundRows
from tenfold.data.files.text import Record
from tenfold.data.tables.table import RejectedRow

ENOUGH_ROWS: Final = 3  # that show that a column without a name holds nothing, or a block ends
FEW: Final = 0.5  # of the rows of a table; a block with cells beside fewer is none of it
BESIDE: Final = "it is beside the table, and below its last row"
SHOWN: Final = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnColumns:
    """The columns of a table by their positions, its rows, and what else was seen.

    ``rows`` have all the cells of the file.
    """

    names: dict[int, str]
    rows: list[Record]
    aside: tuple[RejectedRow, ...] = ()
    decisions: tuple[Decision, ...] = ()


def own_columns(found: FoundRows, needed: Sequence[str], *, keep: bool) -> OwnColumns:
    """Find the columns that are a table's own.

    Parameters
    ----------
    found : FoundRows
    needed : sequence of str
        Names of columns that stay, whatever they hold.
    keep : bool
        Whether all stay.
    """
    names = dict(enumerate(found.names))
    whole = OwnColumns(names=names, rows=found.rows)
    if keep or (not found.header and len(found.rows) < ENOUGH_ROWS):
        return whole
    empty = [
        j
        for j in sorted(found.unnamed)
        if names[j] not in needed and not any(_filled(row.cells[j]) for row in found.rows)
    ]
    if not found.header:  # a column in between may be filled in the next file
        empty = _at_the_edges(empty, len(names))
    if not empty or len(empty) == len(names):
        return whole
    kept = {j: name for j, name in names.items() if j not in set(empty)}
    count = "one column with" if len(empty) == 1 else f"{len(empty):,} columns with"
    what = f"{count} neither a name nor values left out"
    why = "a separator at the beginning or end of every line does not make a column"
    decision = Decision(what=what, why=why, change_with="--keep-empty")
    return _without_others(
        OwnColumns(names=kept, rows=found.rows, decisions=(decision,)), needed
    )


def _without_others(own: OwnColumns, needed: Sequence[str]) -> OwnColumns:
    """Leave out blocks of columns that are no part of the table."""
    blocks = _blocks(list(own.names))
    if len(blocks) == 1:
        return own
    cells_NJ = np.array(
        [[_filled(cell) for cell in row.cells[: max(own.names) + 1]] for row in own.rows],
        dtype=np.bool_,
    )
    main = max(blocks, key=lambda block: int(cells_NJ[:, block].sum()))
    main_N = _any(cells_NJ, main)
    left = [
        j
        for block in blocks
        if block is not main
        and all(own.names[j] not in needed for j in block)
        and _is_other(_any(cells_NJ, block), main_N)
        for j in block
    ]
    if not left:
        return own
    kept = {j: name for j, name in own.names.items() if j not in set(left)}
    beside_N = _any(cells_NJ, left)
    below_N = beside_N & ~_any(cells_NJ, list(kept))
    called = [repr(own.names[j]) for j in left]
    more = f" and {len(called) - SHOWN:,} more" if len(called) > SHOWN else ""
    stand = "column" if len(left) == 1 else "columns"
    what = f"{len(left):,} {stand} beside the table left out: {', '.join(called[:SHOWN])}{more}"
    count = int((beside_N & main_N).sum())
    why = (
        f"separated by an empty column, with cells beside {count:,} of its {main_N.sum():,} "
        "rows"
    )
    decision = Decision(what=what, why=why, change_with="--keep-empty")
    below = [own.rows[at] for at in np.flatnonzero(below_N)]
    return OwnColumns(
        names=kept,
        rows=[own.rows[at] for at in np.flatnonzero(~below_N)],
        aside=tuple(RejectedRow(line=row.line, reason=BESIDE) for row in below),
        decisions=(*own.decisions, decision),
    )


def _blocks(positions: Sequence[int]) -> list[list[int]]:
    """Return positions in runs that follow each other."""
    blocks = [list(positions[:1])]
    for before, j in pairwise(positions):
        if j == before + 1:
            blocks[-1].append(j)
        else:
            blocks.append([j])
    return blocks


def _any(cells_NJ: NDArray[np.bool_], columns: Sequence[int]) -> NDArray[np.bool_]:
    """Return which rows have a cell in some of the columns."""
    found_N: NDArray[np.bool_] = np.any(cells_NJ[:, list(columns)], axis=1)
    return found_N


def _is_other(block_N: NDArray[np.bool_], main_N: NDArray[np.bool_]) -> bool:
    """Tell whether a block has cells in few rows of a table, or goes on below its last one."""
    last = int(np.flatnonzero(main_N)[-1])
    few = main_N.sum() >= ENOUGH_ROWS and (block_N & main_N).sum() < FEW * main_N.sum()
    return bool(few or block_N[last + 1 :].sum() >= ENOUGH_ROWS)


def _filled(cell: object) -> bool:
    return cell is not None and str(cell).strip() != ""


def _at_the_edges(positions: Sequence[int], count: int) -> list[int]:
    held, first, last = set(positions), 0, count - 1
    while first in held:
        first += 1
    while last in held:
        last -= 1
    return [j for j in positions if j < first or j > last]
