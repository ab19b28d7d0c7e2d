"""A table is read as it was meant, or refused with a code; the file itself is never touched."""

import bz2
import csv
import gzip
import io
import lzma
import os
import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.data.files import encoding, read, text
from tenfold.data.files.read import read_table
from tenfold.data.tables.table import Table
from tenfold.errors import ReadError, UsageError
from tenfold.read_options import MISSING, ReadOptions
from tenfold.wording import COMMAND
from tests.engine_work import calls_of

SMALL: Final = "a,b\n1,x\n2,y\n"
# The tutorial's table in small: no header, runs of spaces, some before the first cell.
TUTORIAL: Final = (
    " 0.00632  18.00   2.310  0\n10.02731   0.00  17.070  1\n 8.5   1.0     7.070  0\n"
)


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(content: str | bytes, name: str = "table.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def cells(table: Table) -> list[list[Any]]:
    return [list(table.frame.columns), *table.frame.to_numpy().tolist()]


def said(table: Table) -> dict[str, str]:
    return {decision.change_with: decision.what for decision in table.decisions}


def refusal(source: Any, **options: Any) -> ReadError:
    with pytest.raises(ReadError) as caught:
        read_table(source, ReadOptions(**options))
    return caught.value


def saved(path: Path, frame: pd.DataFrame) -> Path:
    if path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    elif path.suffix == ".xlsx":
        frame.to_excel(path, index=False)
    else:
        frame.to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ("a,b\n1,x\n2,y\n", [["a", "b"], ["1", "x"], ["2", "y"]]),
        ("a\tb\n1\tx, y\n2\tz\n", [["a", "b"], ["1", "x, y"], ["2", "z"]]),
        ("a;b\n1,5;x\n2,5;y\n", [["a", "b"], ["1,5", "x"], ["2,5", "y"]]),
        ("a|b\n1|x\n2|y\n", [["a", "b"], ["1", "x"], ["2", "y"]]),
        ("a b\n1   x\n2 y\n", [["a", "b"], ["1", "x"], ["2", "y"]]),
        ("a,b\r\n1,x\r\n2,y\r\n", [["a", "b"], ["1", "x"], ["2", "y"]]),
        ("a,b\r1,x\r2,y\r", [["a", "b"], ["1", "x"], ["2", "y"]]),
        ("a,b\n1,x\n2,y", [["a", "b"], ["1", "x"], ["2", "y"]]),
        ("\n\na,b\n\n1,x\n  \n2,y\n\n", [["a", "b"], ["1", "x"], ["2", "y"]]),
        (" a , b \n 1 , x y \n2,\ty\n", [["a", "b"], ["1", "x y"], ["2", "y"]]),
        ('a,b\n"1","x, y"\n2,z\n', [["a", "b"], ["1", "x, y"], ["2", "z"]]),
        ('a,b\n1,"x\ny"\n2,z\n', [["a", "b"], ["1", "x\ny"], ["2", "z"]]),
        ('a,b\n1,"x\r\n\r\ny"\n2,z\n', [["a", "b"], ["1", "x\r\n\r\ny"], ["2", "z"]]),
        ('a,b\n1,"say ""x"""\n2,5" pipe\n', [["a", "b"], ["1", 'say "x"'], ["2", '5" pipe']]),
        ('a, b\n1, "x, y"\n2, "z"\n', [["a", "b"], ["1", "x, y"], ["2", "z"]]),
        ("a,b\n1,\n,y\n", [["a", "b"], ["1", None], [None, "y"]]),
        ("a,\n1,x\n2,y\n", [["a", "column 2"], ["1", "x"], ["2", "y"]]),
    ],
    ids=[
        *(
            "comma",
            "tab",
            "semicolon",
            "bar",
            "spaces",
            "CRLF",
            "lone CR",
            "no newline at the end",
        ),
        *("blank lines", "spaces around cells", "quoted comma", "quoted newline"),
        *(
            "quoted blank line",
            "doubled quote",
            "quote after a space",
            "empty cells",
            "a column without a name",
        ),
    ],
)
def test_text_comes_back_cell_for_cell(
    written: Any, content: str, wanted: list[list[str | None]]
) -> None:
    assert cells(read_table(written(content))) == wanted


def test_the_tutorials_table_has_neither_header_nor_separators_that_count(written: Any) -> None:
    table = read_table(written(TUTORIAL, "housing.data"))
    assert list(table.frame.columns) == ["column 1", "column 2", "column 3", "column 4"]
    assert table.frame["column 1"].tolist() == ["0.00632", "10.02731", "8.5"]
    assert said(table)["--separator"] == "separator whitespace"
    assert said(table)["--header"] == "no header"


@pytest.mark.parametrize(
    ("codec", "named"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("latin-1", "latin-1"),
        ("cp1252", "latin-1"),
    ],
)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_letters_survive_their_encoding(
    written: Any, codec: str, named: str, packed: bool
) -> None:
    content = "größe,ort\n1,Łódź\n" if codec.startswith("utf") else "größe,ort\n1,Orléans\n"
    data = content.encode(codec)
    table = read_table(written(gzip.compress(data) if packed else data, "t.csv.gz"))
    assert cells(table) == [line.split(",") for line in content.splitlines()]
    assert said(table)["--encoding"] == f"encoding {named}"


def test_letters_of_windows_are_known_by_their_bytes(written: Any) -> None:
    table = read_table(written("a,b\n1,€ 5\n".encode("cp1252")))
    assert table.frame["b"].tolist() == ["€ 5"]
    assert said(table)["--encoding"] == "encoding cp1252"


def test_gzip_is_known_by_its_bytes_and_not_by_its_name(written: Any) -> None:
    assert cells(read_table(written(gzip.compress(SMALL.encode())))) == cells(
        read_table(written(SMALL, "plain.csv.gz"))
    )


@pytest.mark.parametrize("asked", ["utf-8", "utf-8-sig"])
def test_a_byte_order_mark_is_no_letter_of_the_first_name(written: Any, asked: str) -> None:
    table = read_table(written(SMALL.encode("utf-8-sig")), ReadOptions(encoding=asked))
    assert list(table.frame.columns) == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "option", "what", "why"),
    [
        (SMALL, "--encoding", "encoding utf-8", "all bytes are valid UTF-8"),
        (
            SMALL,
            "--separator",
            "separator comma",
            "it splits 100% of the first rows into 2 cells",
        ),
        (SMALL, "--no-header", "the first row is the header", "'a' is above numbers"),
        ("1,2\n3,4\n", "--header", "no header", "the first row holds a number, 1"),
        (
            "x,y\nz,x\nx,w\n",
            "--header",
            "no header",
            "'x' occurs in the first row and below it",
        ),
        ("a;b\n1,5;2\n", "--decimal", "decimal comma", "cells such as 1,5 are numbers"),
        (
            "a,b\nNA,?\n1,x\n",
            "--missing",
            "cells '?', 'NA' are treated as missing",
            "they commonly mark a missing value",
        ),
    ],
)
def test_whatever_is_detected_is_said_with_its_reason_and_the_option_that_changes_it(
    written: Any, content: str, option: str, what: str, why: str
) -> None:
    found = {d.change_with: (d.what, d.why) for d in read_table(written(content)).decisions}
    assert found[option] == (what, why)


def test_an_option_that_is_given_is_followed_and_no_decision(written: Any) -> None:
    path = written("a;b\n1,5;NA\n2,5;-\n")
    asked = ReadOptions(
        separator=",", header=False, encoding="latin-1", decimal=".", missing=("-",)
    )
    table = read_table(path, asked)
    assert [row.line for row in table.rejected] == [1]
    assert cells(table) == [["column 1", "column 2"], ["1", "5;NA"], ["2", "5;-"]]
    assert table.decimal == "."
    assert said(table) == {"--encoding": "encoding latin-1"}
    # The control: left alone, each of them is found to be something else.
    free = read_table(path)
    assert cells(free) == [["a", "b"], ["1,5", None], ["2,5", "-"]]
    assert free.decimal == ","


def test_a_first_row_is_a_header_if_the_user_says_so(written: Any) -> None:
    path = written("1990,2000\n1,2\n3,4\n")
    assert list(read_table(path).frame.columns) == ["column 1", "column 2"]
    assert list(read_table(path, ReadOptions(header=True)).frame.columns) == ["1990", "2000"]


def test_any_character_may_part_the_cells_if_it_is_named(written: Any) -> None:
    path = written("a=b\n1=x\n2=y\n")
    assert cells(read_table(path)) == [["a=b"], ["1=x"], ["2=y"]]
    wanted = [["a", "b"], ["1", "x"], ["2", "y"]]
    assert cells(read_table(path, ReadOptions(separator="="))) == wanted


def test_words_for_missing_values_are_those_that_the_user_names(written: Any) -> None:
    path = written("a,b\n1,-\n2,NA\n")
    assert read_table(path).frame["b"].tolist() == ["-", None]
    table = read_table(path, ReadOptions(missing=("-",)))
    assert table.frame["b"].tolist() == [None, "NA"]
    assert said(table)["--missing"] == "cells '-' are treated as missing"


@pytest.mark.parametrize("word", MISSING)
def test_a_word_for_missing_values_is_an_empty_cell(written: Any, word: str) -> None:
    table = read_table(written(f"a,b\n1, {word} \n2,x{word}\n"))
    assert table.frame["b"].tolist() == [None, f"x{word}"]


@pytest.mark.parametrize(
    ("content", "decimal"),
    [
        ("a;b\n1,5;2\n0,5;3\n", ","),
        ("a;b\n1.250,5;2\n1,5;3\n", ","),
        ("a;b\n1.5;x, y\n0.5;z\n", "."),
        ("a;b\n1,250;2\n3,000;3\n", "."),  # thousands, not a decimal sign
        ("a;b\n1;2\n3;4\n", "."),
    ],
)
def test_the_decimal_sign_is_seen_in_the_cells(
    written: Any, content: str, decimal: str
) -> None:
    assert read_table(written(content)).decimal == decimal


def test_names_of_rows_as_r_writes_them_become_a_column(written: Any) -> None:
    table = read_table(written('"a","b"\n"1",5,"x"\n"2",6,"y"\n'))
    assert cells(table) == [["row", "a", "b"], ["1", "5", "x"], ["2", "6", "y"]]


def test_a_row_is_known_by_the_line_on_which_it_starts(written: Any) -> None:
    table = read_table(written('a,b\n\n1,"x\n\ny"\n2,z\n\n3,w'))
    assert table.lines.tolist() == [3, 6, 8]


def test_rows_that_do_not_fit_are_left_out_with_line_and_reason(written: Any) -> None:
    table = read_table(written('a,b\n1,x\n1,2,3\n4\n"5"6,z\n7,"u\nv"\n8,w,\n9,y\n'))
    assert table.frame["a"].tolist() == ["1", "7", "9"]
    assert [(row.line, row.reason) for row in table.rejected] == [
        (3, "it has 3 cells, but the table has 2 columns"),
        (4, "it has 1 cells, but the table has 2 columns"),
        (5, "its quotation marks are wrong: ',' expected after '\"'"),
        (8, "it has 3 cells, but the table has 2 columns"),
    ]


def test_too_many_rows_that_do_not_fit_are_refused(written: Any) -> None:
    path = written("a,b\n" + "1,x\n" * 6 + "1,2,3\n" + "2,y\n" * 5)
    table = read_table(path)
    table.check_rejected(1 / 12)
    with pytest.raises(ReadError) as caught:
        table.check_rejected(0.05)
    assert caught.value.said(COMMAND) == (
        "D05: 1 of 12 rows cannot be used, but the limit is 0.05 of them.\n\n"
        f"  file  {path}\n"
        "  rows  line 8: it has 3 cells, but the table has 2 columns\n"
        "  why   leaving out many rows would change what the score means\n"
        "  fix   correct these rows\n"
        "        leave them out: --max-bad 0.09"
    )
    table.check_rejected(0.09)


@pytest.mark.parametrize(
    ("content", "code", "fact"),
    [
        (b"", "D02", "the file is empty"),
        (b"\n\n  \n\r\n", "D02", "the file has no rows"),
        (b"\xef\xbb\xbf", "D02", "the file has no rows"),
        (b"a,b\n", "D02", "the table has no rows"),
        (b'a,b\n1,"x\n2,y\n', "D09", "the quotation mark that opens on line 2 is never closed"),
        (b'"a,b\n1,x\n2,y\n', "D09", "the quotation mark that opens on line 1 is never closed"),
        (b"a,b\n1,\0\n", "D03", "the file holds zero bytes, so it is not text"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", "D03", "zero bytes"),
        (b"a,b\n\x81,\xff\n", "D03", "the file cannot be read as cp1252"),
        (random.Random(1).randbytes(3000), "D03", ""),
        ("a,b\n1,2\n".encode("utf-16")[:-1], "D03", "the file cannot be read as utf-16"),
        (gzip.compress(SMALL.encode())[:-9], "D08", "gzip file cannot be decompressed"),
        (gzip.compress(SMALL.encode())[:5], "D08", "gzip file cannot be decompressed"),
        (
            gzip.compress(SMALL.encode()) + b"more",
            "D08",
            "gzip file cannot be decompressed",
        ),
        (gzip.compress(b""), "D02", "the file has no rows"),
    ],
    ids=[
        *("empty", "blank lines", "byte order mark alone", "header alone"),
        *("open quote", "open quote in the header"),
        *("zero byte", "picture", "no letters of Windows", "noise", "half a letter"),
        *("gzip without its end", "gzip of five bytes", "gzip and more", "gzip of nothing"),
    ],
)
def test_a_file_that_is_no_table_is_refused(
    written: Any, content: bytes, code: str, fact: str
) -> None:
    path = written(content)
    error = refusal(path)
    assert (error.code, error.place["file"]) == (code, str(path))
    assert fact in error.fact


@pytest.mark.parametrize("column", [0, 1])
def test_wrong_quotation_marks_in_the_header_do_not_lose_the_names(
    written: Any, column: int
) -> None:
    names = ["a", "b"]
    names[column] = f'"{names[column]}"x'
    error = refusal(written(",".join(names) + "\nred,ant\nblue,bee\n"))
    assert error.code == "D09"
    assert error.place["line"] == "1"


def test_an_error_says_what_where_why_and_what_to_do(written: Any) -> None:
    path = written('a,b\n1,"x\n2,y\n')
    assert str(refusal(path)) == (
        "D09: the quotation mark that opens on line 2 is never closed.\n\n"
        f"  file  {path}\n"
        "  line  2\n"
        "  why   a cell that begins with a quotation mark must end with one\n"
        "  fix   close it, or remove it"
    )


def test_a_path_that_is_no_file_is_refused(tmp_path: Path, written: Any) -> None:
    written(SMALL, "houses.csv")
    absent = refusal(tmp_path / "house.csv")
    assert (absent.code, absent.fact) == ("D01", "there is no such file")
    assert absent.fix == ("check the name; its folder holds houses.csv",)
    folder = refusal(tmp_path)
    assert (folder.code, folder.fact) == (
        "D01",
        ("this is a folder, but a table is a single file"),
    )
    assert refusal(tmp_path / "no folder" / "house.csv").code == "D01"
    assert refusal(tmp_path / "houses.csv" / "house.csv").code == "D01"
    assert refusal(tmp_path / ("long" * 100 + ".csv")).code == "D01"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
@pytest.mark.parametrize("closed", ["file", "folder"])
def test_what_this_user_may_not_read_is_refused(written: Any, closed: str) -> None:
    path = written(SMALL)
    shut = path if closed == "file" else path.parent
    mode = shut.stat().st_mode
    shut.chmod(0)
    try:
        error = refusal(path)
    finally:
        shut.chmod(mode)
    assert error.code == "D01"


@pytest.mark.parametrize("suffix", [".xls", ".ods", ".json", ".jsonl", ".feather", ".PDF"])
def test_other_formats_are_refused_by_name(written: Any, suffix: str) -> None:
    error = refusal(written(SMALL, f"table{suffix}"))
    assert (error.code, error.fix) == ("D07", ("save the table as .csv, .parquet or .xlsx",))


@pytest.mark.parametrize(
    "codec", ["ascii", "utf-16", "utf-32", "no such codec", "base64", "undefined", "", "a\0b"]
)
def test_an_encoding_that_does_not_fit_is_refused(written: Any, codec: str) -> None:
    error = refusal(written("a,b\nä,2\nö,33\n"), encoding=codec)
    assert error.code == "D03"
    assert error.fix == (
        "save it as UTF-8",
        "let the encoding be detected: leave out --encoding",
    )


def test_options_take_only_what_they_can_mean() -> None:
    for wrong in ({"separator": ",,"}, {"separator": ""}, {"decimal": "-"}, {"max_bad": 1.5}):
        with pytest.raises(UsageError, match=r"^U01"):
            ReadOptions(**wrong)


def test_a_very_long_line_costs_that_line_alone(written: Any) -> None:
    table = read_table(written("a,b\n1,x\n" + "y" * 300_000 + ",2\n3,z\n"))
    assert table.frame["a"].tolist() == ["1", "3"]
    assert [row.line for row in table.rejected] == [3]
    wide = read_table(written(",".join(["1.5"] * 2_000) + "\n" + ",".join(["2"] * 2_000)))
    assert wide.frame.shape == (2, 2_000)


def test_a_table_longer_than_the_sample_is_read_whole(written: Any) -> None:
    rows = [["n", "text"], *([str(i), "long " * 20 + str(i)] for i in range(4_000))]
    assert cells(read_table(written("\n".join(map(",".join, rows))))) == rows


def test_a_frame_is_taken_as_it_is_and_not_changed() -> None:
    frame = pd.DataFrame({("a", 1): [1.5, None], ("b", 2): ["x", "NA"]}, index=[7, 7])
    before = frame.copy()
    table = read_table(frame)
    assert list(table.frame.columns) == ["a / 1", "b / 2"]
    assert table.frame["b / 2"].tolist() == ["x", None]
    assert table.lines.tolist() == [1, 2]
    assert (table.source, table.rejected) == ("DataFrame", ())
    assert [decision.what for decision in table.decisions] == [
        "cells 'NA' are treated as missing"
    ]
    pd.testing.assert_frame_equal(frame, before)


def test_a_frame_that_is_no_table_is_refused() -> None:
    assert refusal(pd.DataFrame()).code == "D04"
    assert refusal(pd.DataFrame({"a": [], "b": []})).code == "D02"
    assert refusal(pd.DataFrame([[1, 2]], columns=["a", "a"])).code == "D06"
    assert refusal(pd.DataFrame([[1, 2]], columns=["1", 1])).code == "D06"


def test_parquet_and_excel_keep_what_they_hold(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "n": [1.5, None, 3.0],
            "word": ["x", None, "y"],
            "day": pd.to_datetime(["2024-01-05", None, "2024-02-29"]),
        }
    )
    parquet = read_table(saved(tmp_path / "t.parquet", frame))
    excel = read_table(saved(tmp_path / "t.xlsx", frame))
    for table in (parquet, excel):
        pd.testing.assert_frame_equal(table.frame.isna(), frame.isna())
        assert table.frame["n"].dropna().tolist() == [1.5, 3.0]
        assert pd.to_datetime(table.frame["day"]).dropna().tolist() == [*frame["day"].dropna()]
    assert (parquet.lines.tolist(), excel.lines.tolist()) == ([1, 2, 3], [2, 3, 4])


def test_names_that_occur_twice_are_made_distinct_in_excel_too(tmp_path: Path) -> None:
    twice = pd.DataFrame([[1, 2, 3]], columns=["a", "a", "b"])
    path = saved(tmp_path / "t.xlsx", twice)
    assert list(read_table(path).frame.columns) == ["a", "a (2)", "b"]
    # The control: names that only look as if someone had made them distinct.
    distinct = twice.set_axis(["a", "a.1", "b"], axis=1)
    assert list(read_table(saved(tmp_path / "t.xlsx", distinct)).frame.columns) == [
        *("a", "a.1", "b")
    ]


@pytest.mark.parametrize("suffix", [".parquet", ".xlsx"])
def test_a_binary_table_without_rows_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"t{suffix}"
    assert refusal(saved(path, pd.DataFrame({"a": [], "b": []}))).code == "D02"
    assert cells(read_table(saved(path, pd.DataFrame({"a": [1, 2]})))) == [["a"], [1], [2]]


@pytest.mark.parametrize("suffix", [".parquet", ".xlsx", ".csv.gz"])
def test_a_damaged_file_gives_a_coded_error_or_a_table_and_nothing_else(
    tmp_path: Path, suffix: str
) -> None:
    """Cut, overwritten and renamed: libraries below fail in ways of their own."""
    path = tmp_path / f"t{suffix}"
    frame = pd.DataFrame({"a": range(60), "b": np.linspace(0, 1, 60), "c": list("xyz") * 20})
    saved(path, frame)
    whole, draw = path.read_bytes(), random.Random(2)
    damaged = [whole[:1], SMALL.encode(), b"PK\3\4", b"PAR1"]
    damaged += [whole[: len(whole) * i // 8] for i in range(1, 8)]
    for _ in range(60):
        spoiled = bytearray(whole)
        for _ in range(draw.choice([1, 3, 20])):
            spoiled[draw.randrange(len(whole))] = draw.randrange(256)
        damaged.append(bytes(spoiled))
    codes = []
    for data in damaged:
        path.write_bytes(data)
        try:
            read_table(path)
        except ReadError as error:
            codes.append(error.code)
    assert codes.count("D08") > 20
    # A workbook holds the time at which it was written, so that its bytes differ each time.
    assert set(codes) <= {"D02", "D03", "D04", "D06", "D08", "D09", "D10"}


@pytest.mark.parametrize("notes", [b"{}", b"[]", b"no JSON", b'{"columns": [{}]}'])
def test_parquet_with_damaged_notes_for_pandas_is_refused(tmp_path: Path, notes: bytes) -> None:
    table = pa.table({"a": [1, 2], "b": ["x", "y"]})
    pq.write_table(table, tmp_path / "plain.parquet")
    assert read_table(tmp_path / "plain.parquet").frame.shape == (2, 2)
    path = tmp_path / "noted.parquet"
    pq.write_table(table.replace_schema_metadata({b"pandas": notes}), path)
    assert refusal(path).code == "D08"


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet", ".xlsx"])
@pytest.mark.parametrize("whole", [True, False], ids=["whole", "damaged"])
def test_a_file_and_its_folder_are_left_as_they_were(
    tmp_path: Path, suffix: str, whole: bool
) -> None:
    path = tmp_path / f"t{suffix}"
    frame = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]})
    saved(path, frame)
    if not whole:
        path.write_bytes(path.read_bytes()[:9])
    os.utime(path, ns=(1_600_000_000_000_000_000, 1_600_000_000_000_000_000))
    before = path.read_bytes()
    if whole or suffix == ".csv":
        read_table(path)
    else:
        refusal(path)
    assert path.read_bytes() == before
    assert path.stat().st_mtime_ns == 1_600_000_000_000_000_000
    assert list(tmp_path.iterdir()) == [path]


words = st.text(
    st.sampled_from("ab,;|\t\"'\n\r .\u00e9\u2028")
    | st.characters(exclude_categories=["Cs", "Cc"]),
    max_size=8,
)
numbers = st.integers().map(str) | st.floats(allow_nan=False, allow_infinity=False).map(repr)


# Python's writer quotes a line break only if it is part of its own line end.
DIALECTS: Final[list[tuple[Literal[0, 1], str]]] = [
    (csv.QUOTE_MINIMAL, "\r\n"),
    (csv.QUOTE_ALL, "\r\n"),
    (csv.QUOTE_ALL, "\n"),
    (csv.QUOTE_ALL, "\r"),
]


@settings(max_examples=150)
@given(data=st.data())
def test_any_table_that_pythons_csv_module_writes_comes_back_cell_for_cell(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    columns = data.draw(st.integers(1, 4))
    rows = data.draw(
        st.lists(st.tuples(numbers, *[words | numbers] * columns), min_size=1, max_size=8)
    )
    separator = data.draw(st.sampled_from(",;|\t"))
    quoting, end = data.draw(st.sampled_from(DIALECTS))
    path = tmp_path_factory.getbasetemp() / "round trip.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(
            file,
            delimiter=separator,
            quoting=quoting,
            lineterminator=end,
        )
        writer.writerows([[f"name {j}" for j in range(columns + 1)], *rows])
    table = read_table(path, ReadOptions(separator=separator, header=True, missing=("",)))
    assert cells(table)[1:] == [[cell.strip() or None for cell in row] for row in rows]
    assert table.rejected == ()


@settings(max_examples=60)
@given(
    rows=st.lists(
        st.tuples(numbers, st.from_regex(r"[a-z]{1,6}( [a-z]{1,6})?", fullmatch=True), numbers),
        min_size=2,
        max_size=12,
    ),
    separator=st.sampled_from(",;|\t"),
)
def test_separator_and_header_of_a_plain_table_are_found(
    rows: list[tuple[str, str, str]],
    separator: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    lines = [separator.join(row) for row in [("size", "home town", "age"), *rows]]
    path = tmp_path_factory.getbasetemp() / "plain.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    table = read_table(path, ReadOptions(missing=()))
    assert cells(table) == [["size", "home town", "age"], *map(list, rows)]
    assert re.fullmatch("separator (comma|semicolon|tab|bar)", said(table)["--separator"])


def sheet(path: Path, cells: str) -> Path:
    """Write a workbook whose sheet holds these rows, as another program might."""
    saved(path, pd.DataFrame({"a": [1], "b": [2]}))
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    name = next(name for name in parts if "sheet1.xml" in name)
    home = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts[name] = (
        f'<worksheet xmlns="{home}"><sheetData>{cells}</sheetData></worksheet>'.encode()
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, part in parts.items():
            new.writestr(name, part)
    return path


def test_a_sheet_with_a_cell_far_away_is_refused_before_it_is_read(tmp_path: Path) -> None:
    row = '<row r="{0}"><c r="A{0}"><v>1</v></c><c r="{1}{0}"><v>2</v></c></row>'
    near = sheet(tmp_path / "near.xlsx", row.format(1, "B") + row.format(2, "B"))
    assert read_table(near).frame.shape == (2, 2)
    error = refusal(
        sheet(tmp_path / "far.xlsx", row.format(1, "B") + row.format(1048576, "XFD"))
    )
    assert (error.code, error.fact) == ("D10", "a sheet has 1,048,576 rows and 16,384 columns")


@pytest.mark.parametrize("number", ["50000000", "1000000000000", "1e9", " 50000000 "])
def test_a_sheet_of_more_rows_than_excel_has_is_refused(tmp_path: Path, number: str) -> None:
    """The rows before it would be made, empty, one by one: for minutes, or for ever."""
    row = '<row r="{0}"><c r="A{0}"><v>1</v></c><c r="B{0}"><v>2</v></c></row>'
    path = sheet(tmp_path / "far.xlsx", row.format(1) + row.format(number))
    assert refusal(path).code == "D10"


def test_a_cell_that_is_too_long_is_named_as_that(written: Any) -> None:
    table = read_table(written("a,b\n1,x\n" + "y" * 200_000 + ",2\n3,z\n"))
    assert [row.reason for row in table.rejected] == ["a cell has more than 131,072 characters"]


def test_a_line_of_very_many_columns_is_refused_at_once(written: Any) -> None:
    """With a few steps for each of its columns; with more it took minutes."""
    path, found = written("a," * 200_000 + "b\n"), []
    assert calls_of(lambda: found.append(refusal(path))) < 5 * 200_000
    assert found[0].code == "D11"


def zipped(content: bytes, *more: str) -> bytes:
    """Return a zip file of a table, and more files, as Macs write it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("t.csv", "__MACOSX/._t.csv", *more):
            archive.writestr(name, content)
    return packed.getvalue()


PACKED: Final[dict[str, Callable[[bytes], bytes]]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zip": zipped,
}


@pytest.mark.parametrize("kind", PACKED)
def test_packed_text_is_read_and_damaged_or_refused_with_a_code(
    written: Any, kind: str
) -> None:
    packed = PACKED[kind](SMALL.encode() * 50)
    wanted = read_table(written(SMALL * 50, "plain.csv"))
    assert read_table(written(packed, f"t.csv.{kind}")).frame.equals(wanted.frame)
    assert read_table(written(packed, "t.csv")).frame.equals(wanted.frame)
    assert refusal(written(packed[:-20], f"t.csv.{kind}")).code == "D08"


def test_names_that_begin_as_packed_files_do_are_names(written: Any) -> None:
    for name in ("BZh", "BZhours", "PK", "7zXZ"):
        assert list(read_table(written(f"{name},n\n1,2\n3,4\n")).frame.columns) == [name, "n"]


def test_a_zip_file_of_several_files_is_refused(written: Any) -> None:
    error = refusal(written(zipped(SMALL.encode(), "more.csv"), "t.zip"))
    assert (error.code, error.place["files"]) == ("D07", "t.csv, more.csv")
    assert refusal(written(b"PK\x05\x06" + bytes(18), "t.zip")).code == "D02"


@pytest.mark.parametrize("kind", PACKED)
def test_packed_text_that_would_fill_the_memory_is_refused(
    written: Any, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(encoding, "memory_bytes", lambda: 8 * 10**6)
    packed = written(PACKED[kind](b"a,b\n" + b"1,2\n" * 300_000), f"t.csv.{kind}")
    assert refusal(packed).code == "D10"
    monkeypatch.undo()
    assert len(read_table(packed)) == 300_000


def test_text_whose_rows_would_fill_the_memory_is_refused_before_they_are_read(
    written: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row of four bytes takes some hundred in memory, so few megabytes can fill it."""
    path = written("a,b\n" + "1,2\n" * 100_000)
    monkeypatch.setattr(text, "memory_bytes", lambda: 50 * 10**6)
    error = refusal(path)
    assert (error.code, error.fact) == (
        "D10",
        "its 100,001 rows would take about 0.0 GB, more than half of the memory",
    )
    monkeypatch.setattr(text, "memory_bytes", lambda: 51 * 10**6)
    assert len(read_table(path)) == 100_000


def test_parquet_of_more_rows_than_memory_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One value, again and again, takes a few bytes of a file for any number of rows."""
    path = saved(tmp_path / "t.parquet", pd.DataFrame({"a": [1] * 10**6, "b": [2] * 10**6}))
    assert path.stat().st_size < 10**4
    monkeypatch.setattr(read, "memory_bytes", lambda: 31 * 10**6)
    error = refusal(path)
    assert (error.code, error.fact) == (
        "D10",
        "the Parquet file has 1,000,000 rows and 2 columns",
    )
    monkeypatch.undo()
    assert len(read_table(path)) == 10**6


def test_a_quotation_mark_left_open_in_a_long_table_is_refused_soon(written: Any) -> None:
    """A cell has an end, so the mark was told as one row with a long cell; 30,000 were lost."""
    path, found = written('a,b\n1,"' + "x,1\n" * 500_000), []
    assert calls_of(lambda: found.append(refusal(path))) < 100_000
    error = found[0]
    assert (error.code, error.fact) == (
        "D09",
        "the quotation mark that opens on line 2 is not closed within 131,072 characters",
    )


def test_every_line_that_wrong_quotation_marks_swallow_is_named(written: Any) -> None:
    """Two marks far apart hid the rows between them, as if one row were rejected."""
    rows = "".join(f"{i},x\n" for i in range(3, 500))
    table = read_table(written(f'a,b\n1,x\n2,"x\n{rows}500,"y",z\n501,x\n'))
    assert table.lines.tolist() == [2, 502]
    assert [row.line for row in table.rejected] == list(range(3, 502))
    wrong = "its quotation marks are wrong: ',' expected after '\"'"
    assert table.rejected[0].reason == wrong
    assert table.rejected[-1].reason == f"{wrong}, from line 3 on"
    with pytest.raises(ReadError, match="D05: 499 of 501 rows"):
        table.check_rejected(0.01)


def test_a_row_of_several_lines_that_does_not_fit_says_where_it_ends(written: Any) -> None:
    table = read_table(written('a,b\n1,x\n2,"x\n3,y\n4,x",5\n6,x\n'))
    reason = (
        "it has 3 cells, but the table has 2 columns; by its quotation marks, it "
        "extends to line 5"
    )
    assert [(row.line, row.reason) for row in table.rejected] == [(3, reason)]
