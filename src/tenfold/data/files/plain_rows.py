"""Lines of a text that hold nothing but rows, split all at once.

Most lines of most files do: no quotation mark, as many separators in each, nothing that may be
a comment, a total, or the names once more. ``RowFinder`` would find the same rows in them, one
by one, in three times the time.
"""

import csv
from itertools import repeat

from tenfold.data.files.footer import may_be_total
from tenfold.data.files.layout import Layout


def plain_columns(
    text: str, separator: str, mark: str, layout: Layout
) -> list[list[str]] | None:
    r"""Return the cells of lines by column; None unless all of them are plain rows.

    Parameters
    ----------
    text : str
        Whole lines, none of them above the first row or below the last.
    separator, mark : str
        What separates cells, and what quotes them.
    layout : Layout

    Examples
    --------
    >>> from tenfold.data.files.layout import find_layout
    >>> from tenfold.data.files.text import records
    >>> from tenfold.read_options import ReadOptions
    >>> layout = find_layout(list(records("a,b\n1,x\n2,y\n", ",")), 2, ReadOptions())
    >>> plain_columns("3,z\n4,\n", ",", '"', layout)
    [['3', '4'], ['z', '']]
    >>> [plain_columns(text, ",", '"', layout) for text in ("3\n", '3,"z"\n', ",\n", "a,b\n")]
    [None, None, None, None]
    """
    columns = len(layout.names)
    text = text.replace("\r\n", "\n").removesuffix("\n")
    if len(separator) != 1 or columns == 1 or mark in text or "\r" in text:
        return None
    lines = text.split("\n")
    if any(count != columns - 1 for count in map(str.count, lines, repeat(separator))):
        return None
    if max(map(len, lines)) > csv.field_size_limit():
        return None
    cells = text.replace("\n", separator).split(separator)
    if not _are_rows(lines, cells[::columns], separator, layout):
        return None
    return [cells[j::columns] for j in range(columns)]


def _are_rows(lines: list[str], firsts: list[str], separator: str, layout: Layout) -> bool:
    """Tell from the first cells of lines whether each of them is surely a row."""
    blank = (line for line, cell in zip(lines, firsts, strict=True) if not cell.strip())
    if any(not line.replace(separator, "").strip() for line in blank):
        return False
    distinct = {cell.strip() for cell in firsts}
    if layout.header is not None and str(layout.header[0]).strip() in distinct:
        return False
    if layout.mark and any(cell.startswith(layout.mark) for cell in distinct):
        return False
    return not any(map(may_be_total, distinct))
