"""Lines that are split all at once are the rows that they are one by one."""

import io
from pathlib import Path
from typing import Final

from hypothesis import example, given
from hypothesis import strategies as st

from tenfold import ReadOptions
from tenfold.data.files.encoding import Opened
from tenfold.data.files.plain_rows import plain_columns
from tenfold.data.files.text_table import TextPlan

HEAD: Final = "a,b,c\n" + "1,x,2.5\n2,y,3.5\n" * 5
PLAN: Final = TextPlan.of(Path("a.csv"), HEAD, Opened.by("utf-8", ""), ReadOptions(), None)
CELLS: Final = st.sampled_from(
    ["", " ", "1", " 2", "x ", "a", "b", "c", '"', '"q"', "Total", "# no", "Sum", "é", "\t"]
)
LINES: Final = st.lists(st.lists(CELLS, min_size=1, max_size=4).map(",".join), min_size=1)


def split(text: str) -> list[list[str]] | None:
    return plain_columns(text, ",", '"', PLAN.finder.layout)


@given(lines=LINES, end=st.sampled_from(["\n", "\r\n", "\r"]))
@example(lines=["1,x,2", "2,y,3"], end="\n")
@example(lines=["a,b,c", "2,y,3"], end="\n")
@example(lines=["Total,,3", "2,y,3"], end="\n")
def test_rows_are_those_that_are_found_one_by_one(lines: list[str], end: str) -> None:
    text = end.join(lines) + end
    columns = split(text)
    if columns is None:
        return
    records = PLAN.records(io.StringIO(text, newline=""), 100)
    found = PLAN.finder.find(records, begins=False, ends=False)
    assert (found.rejected, found.aside) == ((), ())
    assert [record.line - 101 for record in found.rows] == [*range(len(columns[0]))]
    wanted = [[cell.strip() for cell in record.cells] for record in found.rows]
    assert [[cell.strip() for cell in row] for row in zip(*columns, strict=True)] == wanted


def test_most_lines_are_split_at_once() -> None:
    assert split("1,x,2\r\n2,,\r\n") == [["1", "2"], ["x", ""], ["2", ""]]
    assert split(",,1\n") == [[""], [""], ["1"]]
