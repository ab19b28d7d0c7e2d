"""A file that is read in batches is the table that it is when it is read as a whole."""

import bz2
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from tenfold import ReadOptions
from tenfold.config import SchemaOptions, SplitOptions
from tenfold.data.columns.encode import encode_inputs
from tenfold.data.columns.labelled import with_targets
from tenfold.data.columns.schema import Schema, infer_schema
from tenfold.data.files import batch, batches
from tenfold.data.files.batch import rows_at_a_time
from tenfold.data.files.batches import in_batches
from tenfold.data.files.read import read_table
from tenfold.data.tables.table import Table
from tenfold.errors import InputError, ReadError
from tests.engine_costumes import Made, dressed, options_for, tables

PLAIN: Final = ReadOptions(missing=None)
FEW: Final = 8  # rows of a batch


@pytest.fixture(autouse=True)
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read every file in batches of a few rows."""
    monkeypatch.setattr(batches, "LONG_BYTES", 0)
    monkeypatch.setattr(batches, "LONG_PACKED_BYTES", 0)
    monkeypatch.setattr(batches, "LONG_CELLS", 0)
    monkeypatch.setattr(batch, "BATCH_ROWS", FEW)


def schema_of(frame: pd.DataFrame) -> Schema:
    table, _ = with_targets(read_table(frame), "y", None, 1.0)
    return infer_schema(table, "y", SchemaOptions(), SplitOptions())


NUMBERS: Final = pd.DataFrame(
    {"a": np.arange(30) / 4, "b": ["red", "blue", "green"] * 10, "y": np.arange(30) * 2.5}
)


def both(path: Path, schema: Schema, options: ReadOptions = PLAIN) -> tuple[Table, list[Table]]:
    whole = read_table(path, options, like=schema.known)
    parts = [one.table() for one in in_batches(path, options, schema.known).batches()]
    return whole, parts


def require_alike(whole: Table, parts: list[Table], schema: Schema) -> None:
    assert np.concatenate([part.lines for part in parts]).tolist() == whole.lines.tolist()
    assert [row for part in parts for row in part.rejected] == [*whole.rejected]
    assert [row for part in parts for row in part.aside] == [*whole.aside]
    for at in range(2):
        found = [encode_inputs(part.frame, schema, part.decimal)[at] for part in parts]
        wanted = encode_inputs(whole.frame, schema, whole.decimal)[at]
        assert np.array_equal(np.concatenate(found), wanted, equal_nan=at == 0)
    assert parts[0].reading == whole.reading


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(made=tables(least=2))
def test_files_in_many_costumes_are_read_alike(
    made: Made, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("costumes")
    schema = None
    for costume, source, options in dressed(made, home):
        if not isinstance(source, Path) or source.suffix == ".xlsx":
            continue
        if schema is None:
            try:
                table, _ = with_targets(read_table(source, options), "y", None, 1.0)
                kinds = SchemaOptions(kinds=dict.fromkeys(made.categories, "category"))
                schema = infer_schema(table, "y", kinds, SplitOptions())
            except InputError:
                return
        asked = options_for(costume)
        whole, parts = both(source, schema, asked)
        require_alike(whole, parts, schema)


def written(rows: list[str]) -> str:
    return "\n".join(["a,b,y", *rows]) + "\n"


ROWS: Final = [f"{a / 4},{b},{a * 2.5}" for a, b in zip(range(30), "rgb" * 10, strict=True)]
TEXTS: Final[dict[str, str]] = {
    "as usual": written(ROWS),
    "cells of several lines": written([f'{a},"r\n,{a}\n\n",1' for a in range(30)]),
    "a mark within a plain cell": written([f'{a},5" pipe,1' for a in range(31)]),
    "other quotation marks": "\n".join(f"'{a}','r;,','1'" for a in ["a", *range(30)]) + "\n",
    "marks escaped by a backslash": written([rf'{a},"say \"hi, you\"",1' for a in range(30)]),
    "marks around lines": "\n".join(f'"{a},r,{a}"' for a in ["a", *range(30)]) + "\n",
    "windows lines": written(ROWS).replace("\n", "\r\n"),
    "old mac lines": written(ROWS).replace("\n", "\r"),
    "blank lines": written(ROWS[:9]) + "\n\n\n" + "\n".join([*ROWS[9:], "", "", ""]),
    "no line at the end": written(ROWS).rstrip("\n"),
    "tabs": written(ROWS).replace(",", "\t"),
    "spaces": written(ROWS).replace(",", "   "),
    "semicolons and decimal commas": written(ROWS).replace(",", ";").replace(".", ","),
    "a separator at the end": written(ROWS).replace("\n", ",\n"),
    "a title above": "Report of May\n\n" + written(ROWS),
    "comments": "# one\n" + written([*ROWS[:12], "# two", *ROWS[12:]]),
    "the names again": written([*ROWS[:13], "a,b,y", *ROWS[13:]]),
    "rows that are too short": written([*ROWS[:5], "1,2", *ROWS[5:20], "1,2,3,4", *ROWS[20:]]),
    "a total below": written([*ROWS, "Total,,1087.5"]),
    "a total that is a batch of its own": written([*ROWS, "8,r,75", "Total,,1162.5"]),
    "what might be a note, at the end of a batch": written(
        [*ROWS[:6], "Source: our own counts,,", *ROWS[6:]]
    ),
    "a total without a name, of all rows": written([*ROWS, ",,1087.5"]),
    "means below": written([*ROWS, "Average,,36.25"]),
    "a table below": written(ROWS) + "\nname,alpha,beta\nx,1,2\ny,3,4\n",
    "a category that is called a total": written(
        [*ROWS[:5], "Total,r,", *ROWS[5:20], "Total,r,1", *ROWS[20:]]
    ),
    "subtotals": written(
        [line for at in range(5) for line in [*ROWS[6 * at : 6 * at + 6], "Total,,"]]
    ),
    "zero bytes that fill it up": written(ROWS) + "\0" * 300,
    "a note below": written([*ROWS, "Source: our own counts,,"]),
    "it says its separator": "sep=,\n" + written(ROWS),
    "other names": written(ROWS).replace("a,b,y", " a ,B,c,y".replace("c,", "")),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_text_of_every_layout_is_read_alike(text: str, tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text(text, encoding="utf-8", newline="")
    schema = schema_of(NUMBERS.drop(columns="b"))
    whole, parts = both(path, schema)
    assert len(parts) > 1
    require_alike_text(whole, parts)


def require_alike_text(whole: Table, parts: list[Table]) -> None:
    assert np.concatenate([part.lines for part in parts]).tolist() == whole.lines.tolist()
    assert [row for part in parts for row in part.rejected] == [*whole.rejected]
    assert [row for part in parts for row in part.aside] == [*whole.aside]
    frame = pd.concat([part.frame for part in parts], ignore_index=True)
    pd.testing.assert_frame_equal(frame, whole.frame)
    assert parts[0].reading == whole.reading
    first = [one.what for one in parts[0].decisions]
    assert first == [one.what for one in whole.decisions][: len(first)]


ENCODINGS: Final = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "cp1251", "cp932"]
WORDS: Final = {"cp1251": "слово дня", "cp932": "東京都の人"}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("late", [False, True])
def test_text_of_every_encoding_is_read_alike(
    encoding: str, late: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Letters that show it may stand far below the lines that show the layout."""
    monkeypatch.setattr("tenfold.data.files.long_text.BLOCK_BYTES", 256)
    monkeypatch.setattr("tenfold.data.files.long_text.HEAD_CHARACTERS", 200)
    word = WORDS.get(encoding, "Züge für Straßen")
    rows = [*ROWS, *(f"1,{word},2" for _ in range(20))]
    path = tmp_path / "new.csv"
    path.write_bytes(written(rows if late else rows[::-1]).encode(encoding))
    whole, parts = both(path, schema_of(NUMBERS))
    frame = pd.concat([part.frame for part in parts], ignore_index=True)
    pd.testing.assert_frame_equal(frame, whole.frame)
    assert word in set(frame["b"])


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress], ids=["gzip", "bzip2"])
def test_packed_text_is_read_alike(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = tmp_path / "new.csv.packed"
    path.write_bytes(pack(written(ROWS).encode()))
    whole, parts = both(path, schema_of(NUMBERS))
    require_alike_text(whole, parts)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ReadError, match="D08"):
        both_parts(path)


def both_parts(path: Path) -> list[Table]:
    known = schema_of(NUMBERS).known
    return [one.table() for one in in_batches(path, PLAIN, known).batches()]


def test_parquet_is_read_alike_whatever_its_row_groups_hold(tmp_path: Path) -> None:
    rows = 50
    frame = pd.DataFrame(
        {
            "whole": pd.array([*range(40), *[None] * 10], dtype="Int64"),
            "truth": pd.array([True, None, False, True, True] * 10, dtype="boolean"),
            "word": pd.Categorical(["x", "y"] * 25),
            "text": ["NA", " a ", None, "b", "c"] * 10,
            "day": pd.date_range("2024-01-01", periods=rows, tz="Europe/Berlin"),
            "y": np.arange(rows) / 7,
        }
    )
    path = tmp_path / "new.parquet"
    frame.to_parquet(path, row_group_size=7)
    schema = schema_of(frame)
    whole, parts = both(path, schema)
    require_alike(whole, parts, schema)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ReadError, match="D08"):
        both_parts(path)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (written([*ROWS, '1,"never closed,2', *ROWS]), "D09"),
        (written(ROWS) + "a\0b,1,2\n" * 9, "D03"),
        ("\ufeff" + written(ROWS) + "a\0b,1,2\n" * 9, "D03"),
    ],
)
def test_what_is_wrong_far_below_is_named(text: str, code: str, tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text(text)
    with pytest.raises(ReadError, match=code) as found:
        both_parts(path)
    assert found.value.place["file"] == str(path)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_decimal_sign_that_is_first_shown_far_below_is_refused(
    tmp_path: Path, suffix: str
) -> None:
    """What it means above nobody knows."""
    cells = [*map(str, range(20)), *(f"{a},5" for a in range(20))]
    path = tmp_path / f"new.{suffix}"
    frame = pd.DataFrame({"a": cells, "b": "red", "y": "1"})
    if suffix == "csv":
        frame.to_csv(path, index=False, sep=";")
    else:
        frame.to_parquet(path, row_group_size=8)
    with pytest.raises(ReadError, match="D13") as found:
        both_parts(path)
    assert "decimal" in found.value.fix[0]
    known = schema_of(NUMBERS).known
    options = ReadOptions(missing=None, decimal=",")
    parts = [one.table() for one in in_batches(path, options, known).batches()]
    assert sum(map(len, parts)) == len(cells)


def test_a_long_record_joins_no_others(tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text(written(['1,"' + "\n" * 50 + '",1', *ROWS]))
    assert len(both_parts(path)) > 3


def test_a_letter_that_is_none_is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_bytes(written(ROWS).encode("utf-16") + b"\0")
    options = ReadOptions(missing=None, encoding="ascii")
    path.write_bytes(written([*ROWS, "1,ü,2"]).encode())
    known = schema_of(NUMBERS).known
    with pytest.raises(ReadError, match="D03"):
        [one.table() for one in in_batches(path, options, known).batches()]
    for name in ("rot13", "base64", "no-such"):
        with pytest.raises(ReadError, match="D03"):
            in_batches(path, ReadOptions(missing=None, encoding=name), known)


def test_small_files_and_workbooks_are_read_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known: Any = schema_of(NUMBERS).known
    NUMBERS.to_excel(tmp_path / "new.xlsx", index=False)
    assert not in_batches(tmp_path / "new.xlsx", PLAIN, known).is_long
    monkeypatch.setattr(batches, "LONG_BYTES", 10_000)
    NUMBERS.to_csv(tmp_path / "new.csv", index=False)
    (only,) = in_batches(tmp_path / "new.csv", PLAIN, known).batches()
    assert len(only.table()) == len(NUMBERS)


def test_wide_tables_have_fewer_rows_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "BATCH_CELLS", 100)
    assert [rows_at_a_time(columns, 1.0) for columns in (1, 20, 1_000)] == [FEW, 5, 1]
