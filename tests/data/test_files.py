"""The table in a file is found, whatever stands around it, and ordinary files stay whole."""

import csv
import io
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tenfold.data.cells.amounts import read_amount
from tenfold.data.files.read import read_table
from tenfold.data.files.sheet_rows import as_percent
from tenfold.data.tables.table import Table
from tenfold.errors import ReadError, UsageError
from tenfold.read_options import ReadOptions

NAMES: Final = ["region", "day", "units", "flag", "revenue"]
ROWS: Final = [
    [region, f"2024-{1 + i % 12:02d}-{1 + i % 28:02d}", f"{7 + i}", flag, f"{20.5 + 3 * i:.2f}"]
    for i, (region, flag) in enumerate(
        [("S", "False"), ("N", "True"), ("E", "False"), ("S", "True"), ("N", "False")] * 4
    )
]
TABLE: Final = "".join(",".join(row) + "\n" for row in [NAMES, *ROWS])

Write = Callable[[str | bytes], Path]


@pytest.fixture
def written(tmp_path: Path) -> Write:
    def write(content: str | bytes) -> Path:
        path = tmp_path / "table.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def cells(table: Table) -> list[list[Any]]:
    filled = table.frame.astype(object).where(table.frame.notna(), "")
    return [list(table.frame.columns), *filled.to_numpy().tolist()]


def said(table: Table) -> dict[str, str]:
    return {decision.change_with: decision.what for decision in table.decisions}


def aside(table: Table) -> dict[int, str]:
    return {row.line: row.reason for row in table.aside}


def is_the_table(table: Table) -> bool:
    return cells(table) == [NAMES, *ROWS] and table.rejected == ()


PLAIN: Final = {"--encoding", "--separator", "--no-header"}


def test_the_table_by_itself_is_read_without_a_word_more(written: Write) -> None:
    """The control of all that follows."""
    table = read_table(written(TABLE))
    assert is_the_table(table)
    assert (set(said(table)), aside(table)) == (PLAIN, {})


# The separator


@pytest.mark.parametrize(
    ("content", "name", "first"),
    [
        ("year,genres,votes\n1957,War;Love,672\n1950,Drama;Crime,63\n", "comma", "1957"),
        ("a;b\n1,5;2,5\n3,5;4,5\n", "semicolon", "1,5"),
        ("1,5;2,5\n3,2;1,0\n1,1;2,2\n", "semicolon", "1,5"),
        ("a;b;c\n1;x, y;2\n2;z, w;3\n", "semicolon", "1"),
        ("a;b\nx,y;z,w\nu,v;t,s\nr,q;p,o\nn,m;l,k\n", "semicolon", "x,y"),
        ("id,first;last,n\n1,Ann;Lee,5\n2,Bob;Ray,6\n3,Eve;Kay,7\n", "comma", "1"),
        ("day;n\nApril 15, 2023;4\nApril 14, 2023;5\n", "semicolon", "April 15, 2023"),
        ("name,n\nO&#039;Connor,1\nO&#039;Neil,2\n", "comma", "O&#039;Connor"),
        ("id;c;m\n1;['3'];x\n2;['4', '5'];y\n3;['6'];z\n", "semicolon", "1"),
        ("a\tb\nred car, x\t1\nblue bus, y\t2\n", "tab", "red car, x"),
        ('a|b\n"x|y"|1\nz|2\n', "bar", "x|y"),
        ("a:b\nx:1\ny:2\n", "colon", "x"),
        ("a^b\nx^1\ny^2\n", "'^'", "x"),
        ("a\x01b\nx\x011\ny\x012\n", "'\\x01'", "x"),
        ("1::1193::5\n1::661::3\n", "colon", "1"),
        (
            "Report of the year\nx\ty z\tu\tv\na b\t5\t6\t7\nc\t8\t9\t1\nd\t2\t3\t4\n",
            "tab",
            "a b",
        ),
        ('"a" "b"\n"1" 5 "x y"\n"2" 6 "z"\n', "whitespace", "1"),
    ],
)
def test_the_separator_is_the_one_that_explains_all_lines(
    written: Write, content: str, name: str, first: str
) -> None:
    table = read_table(written(content))
    assert said(table)["--separator"] == f"separator {name}"
    assert table.frame.iloc[0, 0] == first
    assert table.rejected == ()


@pytest.mark.parametrize(
    "content",
    [
        "x\n0.5\n1.5\n",
        "x\n0,5\n1,5\n2,5\n",
        "notes\nlikes apples, bananas\nx, y, z\n",
        "notes\na;b;c\nx;y;z\n",
        "name\nJohn Smith\nMary Jones\nAnn Lee\n",
        "time\n12:30\n13:40\n",
        "address\nhttp://a.b/c\nhttp://x.y/z\n",
        "word\nred\nblue\n",
        'text\n"a, b"\nhello\n"x, y"\n',
    ],
)
def test_a_table_of_one_column_is_a_table(written: Write, content: str) -> None:
    table = read_table(written(content))
    name, *rows = csv.reader(io.StringIO(content), delimiter="\x1f")
    assert cells(table) == [name, *rows]
    assert said(table)["--separator"] == "one column"


def test_lines_that_no_separator_splits_alike_are_not_taken_for_one_column(
    written: Write,
) -> None:
    path = written("a,b\n" + "1\n1,2,3\n" * 9)
    with pytest.raises(ReadError, match="D04: no comma, semicolon, tab, bar or space"):
        read_table(path)
    # Both ways out work.
    assert len(read_table(path, ReadOptions(separator=",")).rejected) == 18
    assert len(read_table(path, ReadOptions(separator="^"))) == 18


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;", "\ufeffsep=;"])
def test_the_first_line_may_say_what_separates_the_others(written: Write, first: str) -> None:
    table = read_table(written(f"{first}\na;b,c\n1;2,5\n"))
    assert cells(table) == [["a", "b,c"], ["1", "2,5"]]
    assert table.lines.tolist() == [3]
    why = {d.change_with: d.why for d in table.decisions}["--separator"]
    assert why == "its first line states it"


# Separators at the ends of lines


@pytest.mark.parametrize(
    "content",
    [
        "a,b\n1,x,\n2,y,\n3,z,\n",
        "a,b,\n1,x,\n2,y,\n3,z,\n",
        "a,b,\n1,x\n2,y\n3,z\n",
        "a,b,,,\n1,x,,,\n2,y,,,\n3,z,,,\n",
        ",a,b\n,1,x\n,2,y\n,3,z\n",
        "|a|b|\n|1|x|\n|2|y|\n|3|z|\n",
        "a,b\n1,x,\n2,y,\n3,z\n",
    ],
)
def test_a_separator_at_the_end_of_lines_makes_no_column(written: Write, content: str) -> None:
    table = read_table(written(content))
    assert cells(table) == [["a", "b"], ["1", "x"], ["2", "y"], ["3", "z"]]
    assert table.rejected == ()


def test_columns_without_name_and_cells_stay_if_they_are_asked_for(written: Write) -> None:
    path = written("a,b\n1,x,\n2,y,\n3,z,\n")
    assert said(read_table(path))["--keep-empty"] == (
        "one column with neither a name nor values left out"
    )
    kept = read_table(path, ReadOptions(keep_empty=True))
    assert cells(kept)[:2] == [["a", "b", "column 3"], ["1", "x", ""]]


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ('"a","b"\n"1",5,"x"\n"2",6,"y"\n', ["row", "a", "b"]),  # as R writes names of rows
        ("a,b,\n1,x,\n2,y,7\n3,z,\n", ["a", "b", "column 3"]),  # one cell is filled
        ("a,b,c\n1,x,\n2,y,\n3,z,\n", ["a", "b", "c"]),  # it has a name
        (",a\n0,5\n1,6\n", ["column 1", "a"]),  # as pandas writes an index
    ],
)
def test_a_column_with_a_name_or_a_cell_is_kept(
    written: Write, content: str, wanted: list[str]
) -> None:
    assert list(read_table(written(content)).frame.columns) == wanted


# Quotation marks


def quoted(rows: Sequence[Sequence[str]], left: str, right: str, separator: str) -> str:
    return "".join(
        separator.join(f"{left}{cell}{right}" for cell in row) + "\n" for row in rows
    )


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("marks", ["''", "\u201c\u201d", "\u201e\u201c", "\u00ab\u00bb"])
def test_other_quotation_marks_are_marks_if_all_lines_show_them(
    written: Write, marks: str, separator: str
) -> None:
    rows = [NAMES, *([f"a{separator}{row[0]}", *row[1:]] for row in ROWS)]
    table = read_table(written(quoted(rows, marks[0], marks[1], separator)))
    assert cells(table) == rows
    assert any("is the quotation mark" in d.what for d in table.decisions)
    # Around words only, or around the names only.
    words = "".join(f"{marks[0]}a{marks[1]},{i},{i}.5\n" for i in range(9))
    assert read_table(written("k,n,m\n" + words)).frame["k"].tolist() == ["a"] * 9
    plain = "".join(separator.join(row) + "\n" for row in ROWS)
    assert is_the_table(
        read_table(written(quoted([NAMES], marks[0], marks[1], separator) + plain))
    )
    # As new rows of a table that was written otherwise.
    known = read_table(written(TABLE)).known
    assert is_the_table(
        read_table(written(quoted([NAMES, *ROWS], marks[0], marks[1], ",")), like=known)
    )


@pytest.mark.parametrize("header", [True, False])
def test_marks_around_whole_lines_are_left_out(written: Write, header: bool) -> None:
    lines = [",".join(row) for row in [NAMES, *ROWS]]
    whole = [f'"{line}"' if i or header else line for i, line in enumerate(lines)]
    table = read_table(written("\r\n".join(whole) + "\r\n"))
    assert is_the_table(table)
    assert any("quotation marks around lines" in d.what for d in table.decisions)
    inner = read_table(written('"a,b"\n"1,""x,y"""\n"2,z"\n'))
    assert cells(inner) == [["a", "b"], ["1", "x,y"], ["2", "z"]]


def test_a_mark_behind_a_backslash_is_one_within_a_cell(written: Write) -> None:
    table = read_table(written('a,b\n"say \\"x\\", y",1\n"5\\"",2\nz,3\n'))
    assert cells(table) == [["a", "b"], ['say "x", y', "1"], ['5"', "2"], ["z", "3"]]
    # The control: a cell that ends with a backslash.
    path = written('a,b\n"C:\\",1\n"D:\\",2\n')
    assert read_table(path).frame["a"].tolist() == ["C:\\", "D:\\"]


@pytest.mark.parametrize(
    "content",
    [
        "word,n\n'tis,1\nit's,2\no',3\n",
        "word,n\n'a',1\nb,2\n'c',3\n",
        "word,n\nsay 'a' b,1\nsay 'b' c,2\n",
        "place,n\n5'30,1\n6'20,2\n",
        "word,n\n\u201ca\u201d or b,1\n\u201cc\u201d or d,2\n",
    ],
)
def test_marks_that_not_all_lines_show_are_letters(written: Write, content: str) -> None:
    table = read_table(written(content))
    assert cells(table) == [line.split(",") for line in content.splitlines()]
    assert set(said(table)) == PLAIN
    assert not any("quotation" in d.what for d in table.decisions)


# Above the table


@pytest.mark.parametrize(
    ("above", "lines"),
    [
        ("Sales report\nGenerated 2024-11-02 by Example Ltd\n\n", [1, 2]),
        ("Sales report, 2024\n", [1]),
        ("Sales report,,,,\n,,,,\n", [1]),
        ("Sales report 2024,,,,\nby Example Ltd,,,,\n", [1, 2]),
        ("File:,sales\nDate:,2024-11-02\n\n", [1, 2]),
        ("Report,,,,\nMade by,Example Ltd,,,\n,,,,\n", [1, 2]),  # filled up as Excel does
        ("Dataset: sales\nTitle: a, b\n\n\n", [1, 2]),
    ],
)
def test_titles_above_the_names_are_no_rows(
    written: Write, above: str, lines: list[int]
) -> None:
    path = written(above + TABLE)
    table = read_table(path)
    assert is_the_table(table)
    assert aside(table) == dict.fromkeys(lines, "it is above the table")
    begin = above.count("\n") + 1
    assert said(table)["--skip-rows"] == f"the table begins on line {begin}"
    assert table.lines[0] == begin + 1
    # The option says the same, or something else.
    assert is_the_table(read_table(path, ReadOptions(skip_rows=begin - 1)))
    assert not is_the_table(read_table(path, ReadOptions(skip_rows=0, separator=",")))


@pytest.mark.parametrize("note", ["note", ""])
@pytest.mark.parametrize("lines", [150, 400])
def test_many_lines_of_notes_above_the_names_are_no_rows(
    written: Write, note: str, lines: int
) -> None:
    notes = "".join(f"{note} {'word ' * (i % 7 + 1)}\n" for i in range(lines))
    table = read_table(written(notes + TABLE))
    assert is_the_table(table)
    assert len(table.aside) == lines


@pytest.mark.parametrize("mark", ["#", "%", "//", ";", "--", "!"])
def test_comments_above_the_names_are_no_rows(written: Write, mark: str) -> None:
    table = read_table(written(f"{mark} made by X\n{mark} units: EUR, DE\n" + TABLE))
    assert is_the_table(table)
    assert aside(table) == {1: "it is a comment", 2: "it is a comment"}
    assert said(table)["--comment"] == "2 lines above the table left out as comments"


def test_a_comment_with_as_many_cells_as_the_table_is_none_of_its_rows(written: Write) -> None:
    assert is_the_table(read_table(written("# a, b, c, d, e\n" + TABLE)))


def test_the_names_may_stand_in_a_comment(written: Write) -> None:
    table = read_table(written("# made by X\n#chrom\tstart\n1\t5\n2\t6\n3\t9\n"))
    assert cells(table)[:2] == [["#chrom", "start"], ["1", "5"]]
    spaces = read_table(written("# x y z\n1 2 3\n4 5 6\n7 8 9\n"))
    assert cells(spaces)[:2] == [["x", "y", "z"], ["1", "2", "3"]]


def test_a_comment_between_rows_is_none_if_it_cannot_be_a_row(written: Write) -> None:
    table = read_table(written("# top\na,b\n1,x\n# note, that\n# this is one\n2,y\n"))
    # The first of them has as many cells as a row, so it is taken for one.
    assert cells(table)[1:] == [["1", "x"], ["# note", "that"], ["2", "y"]]
    assert aside(table)[5] == "it is a comment"
    asked = read_table(
        written("a,b\n1,x\n# note, that\n2,y\n# one\n"), ReadOptions(comment="#")
    )
    assert cells(asked) == [["a", "b"], ["1", "x"], ["2", "y"]]
    assert [(row.line, row.reason) for row in asked.aside] == [
        (3, "it is a comment"),
        (5, "it is a comment"),
    ]
    with pytest.raises(ReadError, match="D02"):
        read_table(written("* a\n* b\n"), ReadOptions(comment="*"))


def test_comments_may_stand_between_what_is_skipped_and_the_names(written: Write) -> None:
    path = written("skip this line\n# comment\nx,y,z\n1,2,3\n4,5,6\n")
    for options in (ReadOptions(), ReadOptions(skip_rows=1), ReadOptions(comment="#")):
        assert cells(read_table(path, options)) == [*map(list, ("xyz", "123", "456"))]


def test_without_comments_a_line_that_looks_like_one_is_a_row(written: Write) -> None:
    path = written("#FF0000,red\n#00FF00,green\n#0000FF,blue\n")
    assert len(read_table(path, ReadOptions(comment="", header=False))) == 3


def test_group_names_above_the_names_are_joined_if_they_are_needed(written: Write) -> None:
    table = read_table(written(",2023,,2024,\ntown,n,m,n,m\nUlm,1,2,3,4\nBonn,5,6,7,8\n"))
    assert list(table.frame.columns) == [
        *("town", "2023 / n", "2023 / m", "2024 / n", "2024 / m")
    ]
    assert said(table)["--skip-rows"] == "the header has two rows, as in '2023 / n'"
    # The control: without need they are a title.
    plain = read_table(written(",2023,,2024,\ntown,n,m,k,l\nUlm,1,2,3,4\nBonn,5,6,7,8\n"))
    assert list(plain.frame.columns) == ["town", "n", "m", "k", "l"]


@pytest.mark.parametrize(
    "content",
    [
        "answer,how,,where\n,price,place,\n1,5,4,Ulm\n2,3,2,Bonn\n3,4,4,Kiel\n",
        "answer,how,,where\n,price,place,\n1,5,4,7\n2,3,2,8\n3,4,4,9\n",
    ],
)
def test_names_may_go_on_in_the_next_row(written: Write, content: str) -> None:
    table = read_table(written(content))
    assert list(table.frame.columns) == ["answer", "how / price", "how / place", "where"]
    assert len(table) == 3


def grouped(groups: str, names: str, columns: str, rows: int = 24) -> str:
    """Return a table whose columns hold numbers (n), words that come again (w) or not (u)."""
    cells = {
        "n": lambda i, j: str(7 * i % 50 + j / 4),
        "w": lambda i, j: "abc"[(i + j) % 3],
        "u": lambda i, j: f"u{i}{j}",
    }
    lines = [",".join(cells[kind](i, j) for j, kind in enumerate(columns)) for i in range(rows)]
    return "\n".join([groups, names, *lines]) + "\n"


@pytest.mark.parametrize(
    ("groups", "names", "columns", "joined"),
    [
        ("Where,Measured,,Aim", "region,units,size,revenue", "wnnn", False),
        (",Measured,,Aim", "region,units,size,revenue", "wnnn", False),
        ("Where,Measured,,Aim", "region,units,size,class", "unnw", False),
        ("Who,Measured,", "maker,units,size", "unn", False),
        # All columns hold words.
        ("Where,Looks,,Aim", "region,colour,shape,class", "wwww", False),
        ("Where,Looks,,Aim", "name,colour,shape,class", "uwww", False),
        # As pandas writes names of two levels.
        ("Where,Measured,Measured,Aim", "region,units,size,revenue", "wnnn", False),
        (",Measured,Measured,Aim", ",units,size,revenue", "unnn", False),
        # The same names in each group.
        ("Where,A,,B,", "region,n,m,n,m", "wnnnn", True),
        ("Where,A,A,B,B", "region,n,m,n,m", "wwwww", True),
        ("Where,A,,B,", "region,2023,2024,2023,2024", "wnnnn", True),
        ("Where,A,,Aim", "region,2023,2024,class", "wnnw", False),
        # Titles above them.
        ("Report,,,\nWhere,Measured,,Aim", "region,units,size,revenue", "wnnn", False),
        ("Report,,,\nWhere,Looks,,Aim", "region,colour,shape,class", "wwww", False),
        ("A,,,\nWhere,Measured,,Aim", "region,units,size,revenue", "wnnn", False),
    ],
)
def test_names_below_the_names_of_their_groups_are_the_names(
    written: Write, groups: str, names: str, columns: str, joined: bool
) -> None:
    table = read_table(written(grouped(groups, names, columns)))
    found = [name.split(" / ")[-1] for name in table.frame.columns]
    assert found == [name or "column 1" for name in names.split(",")]
    assert (len(table), table.rejected) == (24, ())
    assert any(" / " in name for name in table.frame.columns) == joined
    assert "--skip-rows" in said(table)
    assert len(aside(table)) == groups.count("\n") + (not joined)


@pytest.mark.parametrize(
    ("names", "first", "columns"),
    [
        # One name is missing, and the first row holds words.
        ("name,score,,rank", "Ann,5,x,1", "unun"),
        ("name,score,,rank", "Ann,absent,absent,1", "unnn"),
        ("name,score,,rank", "Ann,absent,unknown,none", "unnn"),
        (",score,rank", "Ann,absent,5", "unn"),
        ("name,town,", "Ann,Ulm,Bonn", "uuu"),
        ("name,town,,class", "Ann,Ulm,Bonn,a", "uwww"),
        ("name,town,,class", "Ann,Ulm,Bonn,rare", "uuuw"),
        ("name,,class", "Ann,Lee,absent", "uuw"),
        ("name,score,", "Ann,absent,new", "unu"),
        # All names are there.
        ("name,score,rank", "Ann,absent,late", "unn"),
        ("name,score,town,rank", "Ann,absent,Ulm,late", "unwn"),
        ("k,l,m,n", "v,w,x,y", "wwww"),
    ],
)
def test_the_first_row_below_names_with_a_gap_is_a_row(
    written: Write, names: str, first: str, columns: str
) -> None:
    table = read_table(written(grouped(names, first, columns)), ReadOptions(missing=()))
    wanted = [name or f"column {j}" for j, name in enumerate(names.split(","), start=1)]
    assert list(table.frame.columns) == wanted
    assert (len(table), table.aside) == (25, ())
    assert table.frame.iloc[0].tolist() == first.split(",")


def test_a_title_may_have_as_many_cells_as_the_table_if_it_cannot_be_a_row(
    written: Write,
) -> None:
    rows = "".join(f"c{i},{i},{i}.5\n" for i in range(9))
    title = "Report\nJanuary 1, 2024 - January 31, 2024\n"
    table = read_table(written(f"{title}Campaign,Clicks,Cost\n{rows}Total: 9,36,40.5\n"))
    assert list(table.frame.columns) == ["Campaign", "Clicks", "Cost"]
    assert list(aside(table)) == [1, 2, 13]
    # The control: what may be a row of numbers is no title.
    kept = read_table(written(f"x,2024,2025\nCampaign,Clicks,Cost\n{rows}"))
    assert kept.aside == ()


def test_the_files_of_the_world_bank_and_of_hydrologists_are_read(written: Write) -> None:
    years = ",".join(f'"{year}"' for year in range(1960, 1966))
    rows = "".join(f'"C{i}","X{i}",' + ",".join(f'"{i}{j}0"' for j in range(6)) + ",\n"
                   for i in range(1, 9))  # fmt: skip
    above = '"Data Source","World Development Indicators",\n\n"Last Updated","2024-06-28",\n\n'
    table = read_table(written(f'\ufeff{above}"Country Name","Country Code",{years},\n{rows}'))
    assert list(table.frame.columns)[:3] == ["Country Name", "Country Code", "1960"]
    assert table.frame.shape == (8, 8)
    flow = "".join(f"USGS\t0{i}\t2024-01-{i:02d}\t{3 * i}\n" for i in range(1, 9))
    head = "# retrieved\n#\nagency\tsite\tday\tflow_00060\n5s\t15s\t20d\t14n\n"
    stream = read_table(written(head + flow))
    assert list(stream.frame.columns) == ["agency", "site", "day", "flow_00060"]
    assert stream.frame.iloc[0].tolist() == ["USGS", "01", "2024-01-01", "3"]


def test_a_table_wider_than_the_sample_has_all_its_names(written: Write) -> None:
    names = [f"name {j:05d}" for j in range(25_000)]
    rows = [[str((i * j) % 9) for j in range(len(names))] for i in range(3)]
    table = read_table(written("".join(",".join(row) + "\n" for row in [names, *rows])))
    assert list(table.frame.columns) == names
    assert len(table) == 3


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("country,1999,2000,2002\nA,745,2666,1\nB,37737,80488,2\n", None),
        (',1,2\n"a",50,19\n"b",16,40\n', ["column 1", "1", "2"]),
        ("1990,2000\n1,2\n3,4\n", ["column 1", "column 2"]),
        ("Bob,1999,2000\nAnn,1987,2001\nEve,1964,1999\n", ["column 1", "column 2", "column 3"]),
    ],
)
def test_numbers_name_columns_only_if_they_are_years_or_stand_beside_names_of_rows(
    written: Write, content: str, names: list[str] | None
) -> None:
    wanted = names or content.split("\n", maxsplit=1)[0].split(",")
    assert list(read_table(written(content)).frame.columns) == wanted


# Between names and rows


@pytest.mark.parametrize(
    "units",
    [
        "-,date,pieces,-,EUR",
        ",,pcs,,€",
        "text,date,int,bool,float",
        ",[yyyy-mm-dd],[1],,[EUR/day]",
        "--,--,number,--,k$",
        ",,шт,,руб",  # noqa: RUF001
        ",дата,кг,,тыс. руб.",  # noqa: RUF001
        ",,个,,万元",
        # The names in other words.
        "Region,Datum,Menge,Art,Umsatz",
        "where it was,when it was sold,how many of them,what it was,what came in for all",
    ],
)
def test_a_row_of_units_is_no_row(written: Write, units: str) -> None:
    path = written(TABLE.replace("\n", f"\n{units}\n", 1))
    table = read_table(path)
    assert is_the_table(table)
    assert aside(table) == {2: "it is between the header and the rows"}
    assert said(table)["--no-units-row"] == "1 line below the header left out as units"
    kept = read_table(path, ReadOptions(units_row=False))
    assert kept.lines.tolist()[:2] == [2, 3]


@pytest.mark.parametrize(
    "second",
    ["type,d,i,b,f", "string,datetime,int64,bool,float64", ",,,,target", ",,i,,f"],
)
def test_two_rows_of_units_and_types_are_no_rows(written: Write, second: str) -> None:
    table = read_table(written(TABLE.replace("\n", f"\n-,date,pcs,-,EUR\n{second}\n", 1)))
    assert is_the_table(table) or second == ",,,,target"
    assert list(aside(table))[:2] == [2, 3][: len(table.aside)]


@pytest.mark.parametrize(
    "row",
    ["S,unknown,absent,False,none", "S,late,absent,False,ill", "S,late,absent,odd,absent"],
)
def test_a_first_row_of_words_is_no_row_of_units(written: Write, row: str) -> None:
    table = read_table(written(TABLE.replace("\n", f"\n{row}\n", 1)))
    assert (len(table), table.aside) == (21, ())


def test_a_row_of_units_of_ones_own_is_left_out_if_it_is_asked_for(written: Write) -> None:
    path = written("a,b\nfurlong,fortnight\n1,2\n3,4\n")
    assert len(read_table(path)) == 3
    table = read_table(path, ReadOptions(units_row=True))
    assert cells(table) == [["a", "b"], ["1", "2"], ["3", "4"]]


def test_a_line_of_dashes_below_the_names_is_no_row(written: Write) -> None:
    table = read_table(written("|a|b|\n|---|:-:|\n|1|x|\n|2|y|\n|3|z|\n"))
    assert cells(table) == [["a", "b"], ["1", "x"], ["2", "y"], ["3", "z"]]


# Below the table


@pytest.mark.parametrize(
    ("below", "reasons"),
    [
        ("Total,,330,,980.00\n", ["it is a total of the rows above"]),
        ("Grand total:,,,,980.00\n", ["it is a total of the rows above"]),
        (",,330,,980.00\n", ["it is a total of the rows above"]),
        ("Sum,,330,,980.00\nMean,,16.5,,49\n", ["it is a total of the rows above"] * 2),
        ("Total,330,980.00\n", ["it is a total of the rows above"]),
        ("Source: example\n", ["it is a note below the table"]),
        ("\n* preliminary\n", ["it is a note below the table"]),
        ("\nall in euros\n", ["it is below the table, after an empty line"]),
        ("(20 rows affected)\n", ["it is a note below the table"]),
        ("Note: example,,,,\n", ["it is a note below the table"]),
        ("=====\nFootnotes\n1 - x\n", ["it is a note below the table"] * 3),
        (
            "Total,,330,,980.00\nSource: example\n",
            ["it is a total of the rows above", "it is a note below the table"],
        ),
        (
            "\nregion,manager\nS,Ann\nN,Bob\n",
            ["it is below the table, after an empty line"] * 3,
        ),
    ],
)
def test_totals_and_notes_below_the_rows_are_none(
    written: Write, below: str, reasons: list[str]
) -> None:
    path = written(TABLE + below)
    table = read_table(path)
    assert is_the_table(table)
    assert list(aside(table).values()) == reasons
    table.check_rejected(0.0)
    count = "1 line" if len(reasons) == 1 else f"{len(reasons)} lines"
    assert said(table)["--skip-footer"] == f"{count} below the table left out"
    asked = read_table(path, ReadOptions(skip_footer=len(reasons)))
    assert is_the_table(asked)
    kept = read_table(path, ReadOptions(skip_footer=0))
    assert kept.aside == ()
    assert len(kept) + len(kept.rejected) == len(ROWS) + len(reasons)


SUMMED: Final[dict[str, Callable[[Any], float]]] = {
    "sum": sum,
    "mean": lambda numbers: sum(numbers) / len(numbers),
    "count": len,
    "least": min,
    "greatest": max,
    "deviation": statistics.stdev,
    "median": statistics.median,
}


def summary(word: str, statistic: str, places: int = 3) -> str:
    """Return a table of 30 rows, and a row that sums it up below."""
    rows = [(f"town {n % 9}", n * n % 61 + 1, (n * 37 % 101) / 4) for n in range(30)]
    of = SUMMED[statistic]
    ends = [round(of([row[place] for row in rows]), places) for place in (1, 2)]
    body = "".join(f"{town},{a},{b}\n" for town, a, b in rows)
    return f"town,people,size\n{body}{word},{ends[0]},{ends[1]}\n"


@pytest.mark.parametrize(
    ("word", "statistic"),
    [
        *(
            (word, "sum")
            for word in ("\u03a3", "Razem", "Celkem", "Yhteens\u00e4", "Totalt", "I alt")
        ),
        *(
            (word, "sum")
            for word in (
                "Toplam",
                "Ukupno",
                "\u03a3\u03a5\u039d\u039f\u039b\u039f",
                "\u00d6sszesen",
            )
        ),
        *((word, "sum") for word in ("Overall", "All", "Result", "Guernsey", "")),
        *(("\u00d8", "mean"), ("Guernsey", "mean"), ("Count", "count"), ("n = 30", "count")),
        *(
            ("Max", "greatest"),
            ("Min.", "least"),
            ("SD", "deviation"),
            ("Std. Dev.", "deviation"),
        ),
        *(("Median", "median"), ("Guernsey", "count"), ("Guernsey", "deviation")),
    ],
)
def test_a_last_row_of_sums_is_none_whatever_it_is_called(
    written: Write, word: str, statistic: str
) -> None:
    table = read_table(written(summary(word, statistic)))
    assert len(table) == 30
    assert "--skip-footer" in said(table)


@pytest.mark.parametrize(
    ("word", "statistic"),
    [
        ("town 3", "sum"),
        ("Guernsey", "greatest"),
        ("Guernsey", "least"),
        ("Guernsey", "median"),
    ],
)
def test_a_last_row_that_may_be_a_row_is_one(written: Write, word: str, statistic: str) -> None:
    assert len(read_table(written(summary(word, statistic)))) == 31
    changed = summary("Guernsey", "sum").rstrip() + "1\n"  # one of its numbers is no sum
    assert len(read_table(written(changed))) == 31
    boxes = "who,a,b\n" + "".join(f"w{n},{n % 2},{n % 3 % 2}\n" for n in range(30))
    assert len(read_table(written(f"{boxes}Max,1,1\n"))) == 31  # a man of that name


def test_several_rows_of_statistics_below_a_table_are_none(written: Write) -> None:
    below = [
        summary(word, statistic).splitlines()[-1]
        for word, statistic in (("Mean", "mean"), ("SD", "deviation"), ("Max", "greatest"))
    ]
    content = summary("Total", "sum") + "".join(f"{line}\n" for line in below)
    assert len(read_table(written(content))) == 30


def test_subtotals_between_rows_are_none(written: Write) -> None:
    parts = [ROWS[:8], ROWS[8:]]
    lines = [
        line
        for rows in parts
        for line in [*rows, ["Subtotal", "", f"{sum(int(row[2]) for row in rows)}", "", "1.00"]]
    ]
    content = "".join(
        ",".join(line) + "\n" for line in [NAMES, *lines, ["Total", "", "330", "", "2.00"]]
    )
    table = read_table(written(content))
    assert is_the_table(table)
    assert aside(table) == dict.fromkeys([10, 23, 24], "it is a total of the rows above")
    assert said(table)["--skip-footer"] == "3 lines in and below the table left out"
    assert len(read_table(written(content), ReadOptions(skip_footer=0))) == len(ROWS) + 3


def test_a_second_table_with_names_of_its_own_is_no_part_of_the_first(written: Write) -> None:
    second = "town,manager,size,open,rent\nUlm,Ann,4,True,5.00\nBonn,Bob,5,False,6.00\n"
    table = read_table(written(TABLE + "\n" + second))
    assert is_the_table(table)
    below = "it is below the table, after an empty line"
    assert aside(table) == dict.fromkeys([23, 24, 25], below)
    # The control: an empty line between rows parts nothing.
    more = read_table(written(TABLE + "\nS,2024-01-01,1,True,2.00\n"))
    assert len(more) == len(ROWS) + 1


def test_names_that_come_again_between_rows_are_no_row(written: Write) -> None:
    table = read_table(written(TABLE + ",".join(NAMES) + "\n" + "S,2024-01-01,1,True,2.00\n"))
    assert cells(table) == [NAMES, *ROWS, ["S", "2024-01-01", "1", "True", "2.00"]]
    assert aside(table) == {22: "it repeats the column names"}
    assert any("repeat the column names" in decision.what for decision in table.decisions)


# What must not be touched


@pytest.mark.parametrize(
    "content",
    [
        # A last row that is called a total, and is a row like the others.
        "brand,country,n\nShell,NL,5\nBP,UK,6\nTotal,FR,7\n",
        # A group that is called so.
        "year,sex,n\n1,m,2\n1,f,3\n1,Total,5\n2,m,4\n2,f,5\n2,Total,9\n",
        "year,sex,n\n1,m,2\n1,Total,2\n2,m,4\n2,Total,8\n",
        # Words that stand nowhere else.
        "town,who\nUlm,Ann\nBonn,Bob\nKiel,Eve\n",
        # A first row with gaps.
        "a,b,c\n,,5\n1,2,6\n3,4,7\n",
        # A first row with a stray cell, or an empty one.
        "name,score\nAnn,absent\nBob,5\nEve,7\n",
        "name,score,rank\nAnn,absent,absent\nBob,5,1\nEve,7,2\n",
        "name,score\nAnn,-\nBob,5\nEve,7\n",
        "a,b,c\nm,none,absent\n1,2,3\n4,5,6\n7,8,9\n",
        "x\nkg\n5\n6\n7\n",
        # A real # in the first cell.
        "#,name,score\n1,Ann,5\n2,Bob,6\n",
        "# of rooms,price\n3,100\n4,120\n",
        "colour,n\n#FF0000,1\n#00FF00,2\n",
        "%,n\n5,1\n6,2\n",
        # Dashes for what is missing.
        "a,b\n--,1\n--,2\n5,3\n",
        # One column, whose last row is a word like the others.
        "word\nsome\nother\ntotal\n",
        # A group of rows that is called so, and once has a gap.
        "sex,year,n\nm,1,2\nf,1,3\nTotal,1,5\nm,2,\nf,2,5\nTotal,2,\n",
        # A last row of which most is missing.
        "a,b,c\nx,1,2\ny,3,4\nz,,\n",
        # Letters that may be units, in a column of letters.
        "kind,n\nm,1\ns,2\nm,3\n",
        # Names that begin as comments do.
        "#kind,who\nred,Ann\nblue,Bob\ngreen,Eve\n",
    ],
)
def test_what_may_be_a_row_is_one(written: Write, content: str) -> None:
    table = read_table(written(content), ReadOptions(missing=()))
    assert cells(table) == [line.split(",") for line in content.splitlines()]
    assert (table.aside, table.rejected) == ((), ())
    assert set(said(table)) <= PLAIN


def test_ragged_rows_are_named_and_counted_and_not_taken_for_notes(written: Write) -> None:
    table = read_table(written(TABLE + "S,2024-01-01\nN\n"))
    assert [row.line for row in table.rejected] == [22, 23]
    assert table.aside == ()
    with pytest.raises(ReadError, match="D05"):
        table.check_rejected(0.01)


def test_an_empty_line_shows_nothing_where_each_row_stands_behind_one(written: Write) -> None:
    """As Python writes on Windows, if the file is not opened as csv wants it."""
    table = read_table(written(TABLE.replace("\n", "\n\n") + "word\n"))
    assert cells(table) == [NAMES, *ROWS]
    assert ([row.line for row in table.rejected], table.aside) == ([43], ())


def test_two_widths_are_not_a_title_and_a_table(written: Write) -> None:
    """Rows of two cells above rows of four may as well have lost two."""
    rows = "".join(f"{i},{i}\n" for i in range(8)) + "".join(f"{i},1,2,3\n" for i in range(20))
    table = read_table(written("a,b\n" + rows))
    assert len(table) + len(table.rejected) == 28
    assert table.aside == ()


def test_a_header_without_rows_and_a_single_row_are_read(written: Write) -> None:
    with pytest.raises(ReadError, match="D02: the table has no rows"):
        read_table(written("a,b\n"))
    assert cells(read_table(written("a,b\n1,x\n"))) == [["a", "b"], ["1", "x"]]
    assert cells(read_table(written("Title\n\na,b\n1,x\n"))) == [["a", "b"], ["1", "x"]]


# Names


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        ("a,a,b", ["a", "a (2)", "b"]),
        ("a, a,a", ["a", "a (2)", "a (3)"]),
        ("a,a,a (2)", ["a", "a (3)", "a (2)"]),
        (",a,", ["column 1", "a", "column 3"]),
        ("column 2,,a", ["column 2", "column 2 (2)", "a"]),
    ],
)
def test_names_that_come_twice_get_a_number(
    written: Write, names: str, wanted: list[str]
) -> None:
    table = read_table(written(f"{names}\n1,2,3\n4,5,6\n"))
    assert list(table.frame.columns) == wanted
    twice = [d.what for d in table.decisions if "are called" in d.what]
    assert len(twice) == ("a" in wanted and any(name.startswith("a (") for name in wanted))


# Excel

Sheets = dict[str, list[list[Any]]]


def workbook(path: Path, sheets: Sheets, hidden: Sequence[str] = ()) -> Path:
    with pd.ExcelWriter(path) as book:
        for name, rows in sheets.items():
            width = max(map(len, rows))
            padded = pd.DataFrame([row + [None] * (width - len(row)) for row in rows])
            padded.to_excel(book, sheet_name=name, header=False, index=False)
            book.sheets[name].sheet_state = "hidden" if name in hidden else "visible"
    return path


GRID: Final[list[list[Any]]] = [["town", "n", "m"], *([f"t{i}", i, i / 4] for i in range(12))]


def test_titles_units_totals_and_notes_are_no_rows_of_a_sheet(tmp_path: Path) -> None:
    rows = [
        *(["Sales 2024, Example Ltd"], [], [], GRID[0], ["-", "pieces", "EUR"], *GRID[1:]),
        *(["Total", 66, 16.5], [], ["Source: example"]),
    ]
    table = read_table(workbook(tmp_path / "t.xlsx", {"data": rows}))
    assert cells(table) == GRID
    assert table.lines.tolist() == list(range(6, 18))
    assert list(aside(table)) == [1, 5, 18, 20]
    assert set(said(table)) == {"--skip-rows", "--no-header", "--no-units-row", "--skip-footer"}


def test_the_sheet_with_the_table_is_read_and_another_if_it_is_asked_for(
    tmp_path: Path,
) -> None:
    notes: list[list[Any]] = [["note"], ["This workbook ..."], ["See sheet 2"]]
    path = workbook(tmp_path / "t.xlsx", {"README": notes, "data": GRID, "old": GRID[:9]})
    table = read_table(path)
    assert cells(table) == GRID
    assert said(table)["--sheet"] == "sheet 'data' is read"
    for asked in ("old", "3"):
        assert len(read_table(path, ReadOptions(sheet=asked))) == 8
    with pytest.raises(ReadError) as caught:
        read_table(path, ReadOptions(sheet="new"))
    assert (caught.value.code, caught.value.fact) == ("D12", "there is no sheet 'new'")
    assert caught.value.place["sheets"] == "'README', 'data', 'old'"


def test_the_first_of_sheets_that_are_alike_is_read_and_hidden_ones_are_not(
    tmp_path: Path,
) -> None:
    path = workbook(
        tmp_path / "t.xlsx", {"lists": GRID * 9, "a": GRID, "b": GRID * 2}, ["lists"]
    )
    assert said(read_table(path))["--sheet"] == "sheet 'a' is read"
    alone = workbook(tmp_path / "alone.xlsx", {"a": GRID})
    assert "--sheet" not in said(read_table(alone))


def test_the_corner_in_which_a_table_begins_does_not_matter(tmp_path: Path) -> None:
    moved = [[], [], *([None, None, *row] for row in GRID)]
    assert cells(read_table(workbook(tmp_path / "t.xlsx", {"data": moved}))) == GRID


def test_words_of_a_sheet_are_empty_where_those_of_a_text_are(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["a", "b"], ["None", 1], ["NA", 2], [" x ", 3], [None, 4]]
    table = read_table(workbook(tmp_path / "t.xlsx", {"data": rows}))
    assert table.frame["a"].tolist() == ["None", None, "x", None]


def formatted(path: Path, rows: list[list[Any]], layouts: dict[int, str]) -> Path:
    """Write a sheet whose columns have number formats, as a spreadsheet does."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for column, layout in layouts.items():
        for cell in list(book.active.columns)[column]:
            cell.number_format = layout
    book.save(path)
    return path


def test_a_percentage_of_a_sheet_is_what_the_sheet_shows(tmp_path: Path) -> None:
    """Excel keeps 12.5 % as 0.125; text, and the sheet that is saved as text, say 12.5 %."""
    shares = [0.125, 0.07, 1, 0, -0.3, 0.12345, 1e-9, None, "n/a", 1 / 3]
    rows: list[list[Any]] = [["share", "of", "n"], *([x, x, x] for x in shares)]
    path = formatted(tmp_path / "t.xlsx", rows, {0: "0.0%", 1: '0.0" % of all"'})
    table = read_table(path)
    texts = ["12.5%", "7%", "100%", "0%", "-30%", "12.3450%", "1e-07%", None, "n/a"]
    assert table.frame["share"].tolist() == [*texts, "33.3333333333333%"]
    assert table.frame["of"].tolist() == table.frame["n"].tolist() == shares


@given(number=st.floats(-1e6, 1e6), decimal=st.sampled_from([".", ","]))
def test_a_percentage_is_one_number_whatever_the_decimal_sign(
    number: float, decimal: str
) -> None:
    amount = read_amount(as_percent(number / 100), decimal)
    assert amount is not None
    assert amount.number == pytest.approx(number, rel=1e-14, abs=1e-300)
    assert amount.unit == "%"


def test_formulas_without_a_result_are_said(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["a", "b"], *([i, f"=A{i}*2" if i > 10 else i] for i in range(20))]
    decisions = said(read_table(formatted(tmp_path / "t.xlsx", rows, {})))
    assert decisions["--sheet"] == (
        "9 formulas in sheet 'Sheet' have no stored result and are treated as missing"
    )
    assert "--sheet" not in said(read_table(formatted(tmp_path / "u.xlsx", rows[:12], {})))


# Any table, decorated

SYLLABLES: Final = (
    "bo",
    "cel",
    "dro",
    "e",
    "fin",
    "gu",
    "lam",
    "mo",
    "ne",
    "por",
    "sil",
    " tu",
)
words = st.lists(st.sampled_from(SYLLABLES), min_size=2, max_size=4).map("".join).map(str.strip)
numbers = st.integers(1, 99_999).map(str) | st.floats(0.01, 9_999).map("{:.2f}".format)
ENDS: Final = ("\n", "\r\n", "\r")


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """Return names and rows: the first column holds words, the others numbers or words."""
    kinds = [words, *draw(st.lists(st.sampled_from([words, numbers]), min_size=1, max_size=4))]
    assume(any(kind is numbers for kind in kinds))
    names = [f"name {j}" if j % 2 else f"x{j}" for j in range(len(kinds))]
    rows = draw(st.lists(st.tuples(*kinds), min_size=4, max_size=12))
    return [names, *map(list, rows)]


def as_text(
    rows: Sequence[Sequence[str]], separator: str, end: str, quoting: Literal[0, 1, 2]
) -> str:
    file = io.StringIO()
    csv.writer(file, delimiter=separator, lineterminator=end, quoting=quoting).writerows(rows)
    return file.getvalue()


@settings(max_examples=120)
@given(data=st.data(), table=tables())
def test_whatever_stands_around_a_table_its_cells_come_out(
    data: st.DataObject, table: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    separator = data.draw(st.sampled_from(",;|\t"))
    end = data.draw(st.sampled_from(ENDS))
    quoting: Literal[0, 1, 2] = data.draw(
        st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
    )
    numeric = [all(row[j].strip("-").replace(".", "").isdigit() for row in table[1:])
               for j in range(len(table[0]))]  # fmt: skip
    above = data.draw(
        st.sampled_from(["", "Report of the year", "# made by X", "Report\f\fby Example", "\f"])
    )
    rows = [list(table[0])]
    if data.draw(st.booleans()):
        rows.append(["kg" if number else "" for number in numeric])
    rows += table[1:]
    if data.draw(st.booleans()):
        sums = [
            f"{sum(float(row[j]) for row in table[1:]):.2f}" if number else ""
            for j, number in enumerate(numeric)
        ]
        rows.append(["Total", *sums[1:]])
    if data.draw(st.booleans()):
        rows = [[*row, ""] for row in rows]
    blank = data.draw(st.booleans())
    body = as_text(rows, separator, end, quoting)
    if blank:
        head, *rest = body.split(end)
        body = head + end + end + end.join(rest)
    note = data.draw(st.sampled_from(["", "Source: example"]))
    text = (
        above.replace("\f", end) + (end if above else "") + body + note + (end if note else "")
    )
    codec = data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le"]))
    path = tmp_path_factory.getbasetemp() / "decorated.csv"
    path.write_bytes(text.encode(codec))
    found = read_table(path, ReadOptions(missing=()))
    assert (cells(found), found.rejected) == (table, ())


@settings(max_examples=120)
@given(data=st.data())
def test_a_table_without_anything_around_it_is_never_changed(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Words of any kind, a few that are called as totals, units and notes are, too."""
    odd = st.sampled_from(
        ["Total", "kg", "Source", "Note", "#1", "%", "-", "sum of", "mean", "5"]
    )
    kinds = data.draw(st.lists(st.sampled_from([words | odd, numbers]), min_size=2, max_size=4))
    rows = data.draw(st.lists(st.tuples(words, *kinds), min_size=3, max_size=10))
    names = [f"n{j}" for j in range(len(kinds) + 1)]
    # What lies above numbers alone is looked at as names and units would be.
    assume(all(row[0] not in {"total", "sum"} for row in rows))
    separator = data.draw(st.sampled_from(",;|\t"))
    path = tmp_path_factory.getbasetemp() / "plain.csv"
    path.write_text(as_text([names, *rows], separator, "\n", csv.QUOTE_MINIMAL))
    table = read_table(path, ReadOptions(missing=(), header=True))
    lines = table.lines.tolist() + [row.line for row in table.aside]
    assert sorted(lines) == list(range(2, len(rows) + 2))
    kept = [list(row) for line, row in enumerate(rows, start=2) if line in table.lines]
    assert cells(table)[1:] == kept
    # What is left out has a row of units or a total to show, never a full row of text.
    for row in table.aside:
        assert row.reason in {
            "it is between the header and the rows",
            "it is a total of the rows above",
        }


def test_options_that_make_no_sense_are_refused() -> None:
    for wrong in ({"skip_rows": -1}, {"skip_footer": -2}):
        with pytest.raises(UsageError, match=r"^U01"):
            ReadOptions(**wrong)


def test_what_is_left_out_is_listed_beside_what_is_rejected(written: Write) -> None:
    table = read_table(written("Title\n\n" + TABLE + "1,2\n\nSource: example\n"))
    assert [row.line for row in table.left_out] == [1, 24, 26]
    assert [row.line for row in table.rejected] == [24]


def test_a_frame_has_nothing_around_it() -> None:
    frame = pd.DataFrame({"a": ["Total", "x"], "b": ["kg", "5"]})
    assert cells(read_table(frame)) == [["a", "b"], ["Total", "kg"], ["x", "5"]]


@pytest.mark.parametrize("names", ["Summe {}", "Total {}", "Zwischensumme", "{}"])
def test_subtotals_that_lack_no_cell_are_told_by_what_they_add_up_to(
    written: Write, names: str
) -> None:
    lines, every = ["town,area,sales"], np.zeros(2, dtype=int)
    for place, town in enumerate(["Kiel", "Ulm", "Bonn"]):
        numbers = np.random.default_rng(place).integers(1, 100, (9, 2))
        lines += [f"{town},{area},{sales}" for area, sales in numbers]
        lines.append(f"{names.format(town)},{numbers[:, 0].sum()},{numbers[:, 1].sum()}")
        every += numbers.sum(axis=0)
    lines.append(f"Total,{every[0]},{every[1]}")
    table = read_table(written("\n".join(lines) + "\n"))
    # The control: where towns name subtotals, they are rows, and the last row adds up to less.
    assert len(table) == (31 if names == "{}" else 27)
    assert len(table.aside) == (0 if names == "{}" else 4)
