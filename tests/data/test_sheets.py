"""Merged cells, charts and formulas of an Excel file, and what stands beside its table."""

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import openpyxl
import pandas as pd
import pytest
from openpyxl.chart import BarChart

from tenfold.data.files.read import read_table
from tenfold.data.files.sheet_rows import known_reader, open_book
from tenfold.data.tables.table import Table
from tenfold.errors import ReadError
from tenfold.read_options import ReadOptions

NAMES: Final = ["region", "units", "size", "revenue"]
ROWS: Final[list[list[Any]]] = [
    [region, 7 + i % 11, i + 0.5, 3.25 * i]
    for i, region in enumerate(sorted(["North", "South", "East"] * 8))
]

Change = Callable[[openpyxl.Workbook, Any], None]


def book(path: Path, rows: Sequence[Sequence[Any]], change: Change | None = None) -> Path:
    """Write a sheet, and change it as a person does."""
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(list(row))
    if change is not None:
        change(made, made.active)
    made.save(path)
    return path


def cells(table: Table) -> list[list[Any]]:
    filled = table.frame.astype(object).where(table.frame.notna(), None)
    return [list(table.frame.columns), *filled.to_numpy().tolist()]


def said(table: Table) -> list[str]:
    return [decision.what for decision in table.decisions]


def merge_equal(sheet: Any, column: int, first: int) -> None:
    """Merge equal cells that follow each other below, from a row on."""
    start = first
    for row in range(first + 1, sheet.max_row + 2):
        if (
            row > sheet.max_row
            or sheet.cell(row, column).value != sheet.cell(start, column).value
        ):
            sheet.merge_cells(start_row=start, end_row=row - 1, start_column=column,
                              end_column=column)  # fmt: skip
            start = row


# Merged cells


def test_a_cell_that_is_merged_over_rows_is_the_value_of_each(tmp_path: Path) -> None:
    path = book(tmp_path / "t.xlsx", [NAMES, *ROWS], lambda _, sheet: merge_equal(sheet, 1, 2))
    table = read_table(path)
    assert cells(table) == [NAMES, *ROWS]
    assert "21 merged cells of sheet 'Sheet' are read as the cell above them" in said(table)


def test_labels_that_pandas_merges_are_read_and_blanks_that_are_not_merged_stay(
    tmp_path: Path,
) -> None:
    index = pd.MultiIndex.from_product([["a", "b"], ["x", "y", "z"]], names=["big", "small"])
    frame = pd.DataFrame({"n": range(6)}, index=index)
    frame.to_excel(tmp_path / "t.xlsx")
    assert read_table(tmp_path / "t.xlsx").frame["big"].tolist() == list("aaabbb")
    # The control: the same cells, and nobody merged them.
    blanks = [["big", "small", "n"], ["a", "x", 0], [None, "y", 1], ["b", "x", 2]]
    table = read_table(book(tmp_path / "u.xlsx", blanks))
    assert table.frame["big"].tolist() == ["a", None, "b"]
    assert not any("merged" in what for what in said(table))


def test_merged_titles_notes_and_rows_of_two_lines_make_no_rows(tmp_path: Path) -> None:
    def change(_: openpyxl.Workbook, sheet: Any) -> None:
        for place in ("A1:D2", "A28:D30", *(f"{letter}5:{letter}6" for letter in "ABCD")):
            sheet.merge_cells(place)

    rows: list[list[Any]] = [
        ["Sales of the year"],
        [None],
        NAMES,
        ROWS[0],
        ROWS[1],
        [None] * 4,
        *ROWS[2:23],
    ]
    table = read_table(book(tmp_path / "t.xlsx", [*rows, ["Source: example"]], change))
    assert cells(table) == [NAMES, *ROWS[:23]]
    assert table.lines.tolist() == [4, 5, *range(7, 28)]
    assert [row.line for row in table.aside] == [1, 28]


def test_a_value_that_is_merged_across_columns_is_none_of_the_second(tmp_path: Path) -> None:
    def change(_: openpyxl.Workbook, sheet: Any) -> None:
        sheet.merge_cells("B3:C4")

    table = read_table(book(tmp_path / "t.xlsx", [NAMES, *ROWS], change))
    assert table.frame["units"].tolist()[:4] == [7, 8, 8, 10]
    assert table.frame["size"].isna().tolist()[:4] == [False, True, True, False]


@pytest.mark.parametrize("place", ["A2:A1048576", "A2:XFD1048576", "B2:B9"])
def test_ranges_that_overlap_or_lead_far_away_cost_nothing(tmp_path: Path, place: str) -> None:
    path = book(
        tmp_path / "t.xlsx", [NAMES, *ROWS], lambda _, sheet: sheet.merge_cells("A2:A9")
    )
    table = read_table(path)
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    name, one = "xl/worksheets/sheet1.xml", b'<mergeCell ref="A2:A9" />'
    assert one in parts[name]
    parts[name] = parts[name].replace(one, one.replace(b"A2:A9", place.encode()) * 300)
    with zipfile.ZipFile(path, "w") as new:
        for part, content in parts.items():
            new.writestr(part, content)
    found = read_table(path)
    assert found.frame["revenue"].tolist() == table.frame["revenue"].tolist()
    assert len(found) == len(ROWS)


# Charts


def test_a_sheet_that_is_a_chart_is_passed_over(tmp_path: Path) -> None:
    def change(made: openpyxl.Workbook, _: Any) -> None:
        made.create_chartsheet("empty chart", 0)

    path = book(tmp_path / "t.xlsx", [NAMES, *ROWS], change)
    assert cells(read_table(path)) == [NAMES, *ROWS]
    with pytest.raises(ReadError, match="D02: sheet 'empty chart' is empty"):
        read_table(path, ReadOptions(sheet="empty chart"))


def test_a_book_is_opened_alike_where_the_reader_is_another(tmp_path: Path) -> None:
    def change(made: openpyxl.Workbook, _: Any) -> None:
        made.create_chartsheet("a chart", 0).add_chart(BarChart())

    path = book(tmp_path / "t.xlsx", [NAMES, *ROWS], change)
    found = {}
    for reader in (known_reader(), None):
        opened = open_book(path, reader)
        found[reader] = [
            (page.title, [[cell.value for cell in row] for row in page.rows])
            for page in opened.worksheets
        ]
        opened.close()
    assert len(found) == 2  # openpyxl's reader is known today
    assert found[None] == found[known_reader()]
    assert len(found[None]) == 1


# Formulas


def test_the_refusal_of_rows_says_that_formulas_have_no_result(tmp_path: Path) -> None:
    rows = [[*row[:3], f"=C{at}*2"] for at, row in enumerate(ROWS, start=2)]
    table = read_table(book(tmp_path / "t.xlsx", [NAMES, *rows]))
    with pytest.raises(ReadError, match="D05") as caught:
        table.reject(table.frame["revenue"].isna().to_numpy(), "it is empty").check_rejected(0)
    assert caught.value.place["noted"].startswith(
        "24 formulas in sheet 'Sheet' have no stored result and are treated as missing"
    )


# Names in two rows


@pytest.mark.parametrize("merged", [["B1:C1"], ["B1:C1", "A1:A2"], ["B1:C1", "A1:A2", "D1:D2"]])
def test_names_below_merged_names_of_groups_are_the_names(
    tmp_path: Path, merged: list[str]
) -> None:
    def change(_: openpyxl.Workbook, sheet: Any) -> None:
        for place in merged:
            sheet.merge_cells(place)

    groups = [NAMES[0] if "A1:A2" in merged else "Where", "Measured", None]
    groups.append(NAMES[3] if "D1:D2" in merged else "Aim")
    table = read_table(book(tmp_path / "t.xlsx", [groups, NAMES, *ROWS], change))
    joined = ["region", "Measured / units", "Measured / size"]
    aim = "revenue" if "D1:D2" in merged else "Aim / revenue"
    assert cells(table) == [NAMES if len(merged) == 1 else [*joined, aim], *ROWS]


def test_tables_of_pandas_with_names_of_two_levels_are_read(tmp_path: Path) -> None:
    columns = pd.MultiIndex.from_tuples([("A", "x"), ("A", "y"), ("B", "x")])
    frame = pd.DataFrame([[i, i / 4, -i] for i in range(9)], columns=columns)
    frame.to_excel(tmp_path / "t.xlsx")
    frame.to_csv(tmp_path / "t.csv")
    for name in ("t.xlsx", "t.csv"):
        table = read_table(tmp_path / name)
        assert list(table.frame.columns) == ["column 1", "A / x", "A / y", "B / x"]
        assert len(table) == 9


# What stands beside the table


def beside(path: Path, placed: dict[tuple[int, int], Any], rows: int = len(ROWS)) -> Path:
    """Write the table, and cells by their row and column."""

    def change(_: openpyxl.Workbook, sheet: Any) -> None:
        for (row, column), value in placed.items():
            sheet.cell(row, column, value)

    return book(path, [NAMES, *ROWS[:rows]], change)


SUMS: Final = {(2 + i // 2, 6 + i % 2): cell for i, cell in enumerate(["North", 5, "South", 6])}


@pytest.mark.parametrize(
    "placed",
    [
        {(5, 6): "check", (9, 6): "check", (20, 6): "see above"},
        {(5, 6): 17},
        {(1, 6): "Remarks", (9, 6): "check"},
        {(1, 6): "Remarks"},
        {(1, 6): "region", (1, 7): "sum", **SUMS},
        {(row + 6, column + 2): cell for (row, column), cell in SUMS.items()},
        {(1, 6): "a", (2, 6): 1, (4, 9): "note", (8, 9): "note"},
        # Longer than the table itself.
        {(1, 6): "more", **{(row, 6): row for row in range(2, 41)}},
    ],
)
def test_what_stands_beside_a_table_adds_no_column(
    tmp_path: Path, placed: dict[tuple[int, int], Any]
) -> None:
    path = beside(tmp_path / "t.xlsx", placed)
    table = read_table(path)
    assert cells(table) == [NAMES, *ROWS]
    assert table.rejected == ()
    assert sum("beside the table left out" in what for what in said(table)) == 1
    # The option keeps it.
    kept = read_table(path, ReadOptions(keep_empty=True))
    assert len(kept.frame.columns) == max(column for _, column in placed)
    # A sheet that is saved as text says the same.
    text = tmp_path / "t.csv"
    pd.read_excel(path, header=None).to_csv(text, header=False, index=False)
    found = read_table(text)
    assert (list(found.frame.columns), len(found)) == (NAMES, len(ROWS))


@pytest.mark.parametrize(
    ("placed", "columns"),
    [
        # The columns of the table are spaced apart.
        ({(1, 6): "more", **{(row, 6): row for row in range(2, 26)}}, [*NAMES, "more"]),
        ({(1, 6): "more", **{(row, 6): row for row in range(2, 26, 2)}}, [*NAMES, "more"]),
        # Nothing parts it from the table.
        ({(1, 5): "more", (9, 5): "check"}, [*NAMES, "more"]),
    ],
)
def test_a_column_that_may_be_one_of_the_table_stays(
    tmp_path: Path, placed: dict[tuple[int, int], Any], columns: list[str]
) -> None:
    table = read_table(beside(tmp_path / "t.xlsx", placed))
    assert list(table.frame.columns) == columns
    assert len(table) == len(ROWS)


def test_a_column_that_training_had_is_never_left_out(tmp_path: Path) -> None:
    whole = {(1, 6): "more", **{(row, 6): row for row in range(2, 26)}}
    known = read_table(beside(tmp_path / "t.xlsx", whole)).known
    path = beside(tmp_path / "u.xlsx", {(1, 6): "more", (2, 6): 5})
    assert list(read_table(path, like=known).frame.columns) == [*NAMES, "more"]
