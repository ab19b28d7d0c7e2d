"""What a dtype declares is believed; otherwise a column means what its cells mean in a CSV."""

import datetime
import enum
import uuid
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as some

from tenfold.config import SchemaOptions, SplitOptions
from tenfold.data.columns.column import Column
from tenfold.data.columns.encode import encode_inputs
from tenfold.data.columns.schema import Schema, infer_schema
from tenfold.data.files.read import read_table
from tenfold.data.tables.dtypes import Missing, shortest_doubles, take_frame
from tenfold.errors import ReadError
from tenfold.read_options import ReadOptions

ROWS: Final = 60
RNG: Final = np.random.default_rng(0)
NUMBERS: Final = RNG.integers(0, 5, ROWS)


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


def frame_of(cells: Any) -> pd.DataFrame:
    frame = pd.DataFrame({"other": np.sin(np.arange(ROWS)), "y": np.arange(ROWS) / 7})
    frame["x"] = cells
    return frame[["x", "other", "y"]]


def schema_of(cells: Any, **options: Any) -> Schema:
    table = read_table(frame_of(cells), ReadOptions(**options))
    return infer_schema(table, "y", SchemaOptions(), SplitOptions())


def column_of(cells: Any, **options: Any) -> Column:
    return next(c for c in schema_of(cells, **options).columns if c.name == "x")


def again(*cells: Any) -> list[Any]:
    return list(cells) * (ROWS // len(cells))


def arrow(cells: list[Any], kind: Any) -> "pd.Series[Any]":
    return pd.Series(pa.array(cells, kind), dtype=pd.ArrowDtype(kind))


ORDERED: Final = pd.CategoricalDtype(["low", "mid", "high"], ordered=True)
MONTHS: Final = pd.period_range("2020", periods=ROWS, freq="M")
DAYS: Final = pd.date_range("2024-03-30", periods=ROWS, freq="D")


@pytest.mark.parametrize(
    ("cells", "kind", "form", "levels"),
    [
        (pd.Categorical(NUMBERS), "category", "number", "01234"),
        (pd.Categorical(NUMBERS.astype(float)), "category", "number", "01234"),
        (
            pd.Categorical(again("low", "mid", "high"), dtype=ORDERED),
            "category",
            "number",
            None,
        ),
        (pd.Categorical(again(True, False)), "boolean", "number", ""),
        (
            arrow([*map(str, NUMBERS)], pa.dictionary(pa.int8(), pa.string())),
            "category",
            "",
            "",
        ),
        (
            arrow(NUMBERS.tolist(), pa.dictionary(pa.int8(), pa.int64())),
            "category",
            "",
            "01234",
        ),
        (pd.cut(np.arange(ROWS), 3), "category", "number", None),
        (pd.Series(again("5", "7", "9"), dtype="string"), "number", "number", ""),
        (pd.Series(again("5", "7", "9"), dtype=object), "number", "number", ""),
        (pd.Series(again("01296", "02139", "94110"), dtype="string"), "category", "", None),
        (pd.Series(again(1, 2, None), dtype="Int8"), "number", "number", ""),
        (pd.Series(again(1, 0, None), dtype="Int8"), "boolean", "number", ""),
        (pd.Series(again(0.5, 2, None), dtype="Float32"), "number", "number", ""),
        (pd.Series(again(True, False, None), dtype="boolean"), "boolean", "number", ""),
        (MONTHS, "date", "number", ""),
        (DAYS.tz_localize("Europe/Berlin"), "date", "number", ""),
        (DAYS.as_unit("s"), "date", "number", ""),
        (again(*DAYS.date), "date", "number", ""),
        (arrow(again(*DAYS.date), pa.date32()), "date", "number", ""),
        (arrow(list(DAYS.to_pydatetime()), pa.timestamp("us", "Asia/Tokyo")), "date", "", ""),
        (pd.to_timedelta(NUMBERS, unit="h"), "number", "duration", ""),
        (
            arrow(again(datetime.timedelta(1), datetime.timedelta(2)), pa.duration("s")),
            *("number", "duration", ""),
        ),
        (
            arrow(again(datetime.time(1), datetime.time(2)), pa.time32("s")),
            "number",
            "clock",
            "",
        ),
        (again(datetime.time(1, 30), None, datetime.time(2)), "number", "clock", ""),
        (again(Decimal("1.5"), Decimal("NaN"), Decimal(2)), "number", "number", ""),
        (arrow(again(Decimal("1.50"), None), pa.decimal128(5, 2)), "category", "number", ""),
        (arrow(again(1, 2, 3), pa.uint8()), "number", "number", ""),
        (arrow(again(True, False, None), pa.bool_()), "boolean", "number", ""),
        (pd.arrays.SparseArray(NUMBERS), "number", "number", ""),
        (pd.Series(again(None, pd.NaT, pd.NA, np.nan), dtype=object), "constant", "number", ""),
    ],
    ids=lambda cells: str(getattr(cells, "dtype", ""))[:40],
)
def test_what_a_dtype_declares_is_believed(
    cells: Any, kind: str, form: str, levels: str | None
) -> None:
    column = column_of(cells)
    assert column.kind == kind
    assert column.form == (form or "number")
    if levels:
        assert column.levels == tuple(levels)


@pytest.mark.parametrize(
    ("cells", "levels"),
    [
        (again([1, 2], [3]), ("[1, 2]", "[3]")),
        (again(np.arange(2), np.array(["a"])), ("['a']", "[0, 1]")),
        (again({"a": 1}, {"b": 2}), ("{'a': 1}", "{'b': 2}")),
        (again({"b", "a"}, frozenset(["c"])), ("['a', 'b']", "['c']")),
        (arrow(again([1], [2, 3]), pa.list_(pa.int64())), ("[1]", "[2, 3]")),
        (
            arrow(again({"a": 1}, {"a": 2}), pa.struct([("a", pa.int64())])),
            ("{'a': 1}", "{'a': 2}"),
        ),
        (again(b"a", b"\xff"), ("a", "\ufffd")),
        (again(Colour.RED, Colour.BLUE), ("Colour.BLUE", "Colour.RED")),
        (again(uuid.UUID(int=1), uuid.UUID(int=2)), None),
        (again(1 + 2j, 3j), ("(1+2j)", "3j")),
        (again(1, "x", 2.5, True, None, datetime.date(2020, 1, 5)), None),
        (pd.Series(again("\ud800", "x"), dtype=object), ("?", "x")),
        (again(int, len), None),
    ],
)
def test_a_cell_that_is_no_single_value_is_its_text(
    cells: Any, levels: tuple[str, ...] | None
) -> None:
    column = column_of(cells)
    assert column.kind == "category"
    assert levels is None or column.levels == levels


def test_numbers_of_other_types_are_the_numbers_that_they_are_written_as() -> None:
    wanted = again(0.1, 19.99, 2.0)
    for cells in (
        np.array(wanted, dtype=np.float32),
        np.array(wanted, dtype=np.longdouble).astype(np.longdouble),
        [np.float32(number) for number in wanted],
        [Decimal(str(number)) for number in wanted],
        [Fraction(str(number)) for number in wanted],
        [str(number) for number in wanted],
        arrow(wanted, pa.float32()),
    ):
        table = read_table(frame_of(cells))
        schema = infer_schema(table, "y", SchemaOptions(), SplitOptions())
        at = [column.name for column in schema.used].index("x")
        assert encode_inputs(table.frame, schema)[0][:, at].tolist() == wanted


@given(some.lists(some.floats(width=32) | some.floats(width=16), min_size=1))
def test_a_short_float_becomes_the_decimal_that_it_is_written_as(numbers: list[float]) -> None:
    for kind in (np.float32, np.float16):
        with np.errstate(over="ignore"):
            short = np.array(numbers, dtype=kind)
        wanted = [float(str(number)) for number in short]
        np.testing.assert_array_equal(shortest_doubles(short), wanted)


@pytest.mark.parametrize(
    "cells",
    [
        again(1, 0, 2, None),
        again(1.0, 0.0, -2.5, -0.0),
        again("1", "0", "0.0", " 2"),
        again("1", 0, 2.5, "+0"),
        pd.Series(again(1, 0, None), dtype="Int64"),
        arrow(again(1, 0), pa.int64()),
        pd.Categorical(again(1, 0, 2)),
        again(Decimal(1), Decimal("0.00")),
    ],
    ids=lambda cells: str(getattr(cells, "dtype", cells))[:20],
)
def test_a_number_that_means_an_empty_cell_does_so_in_every_costume(cells: Any) -> None:
    kept = read_table(frame_of(cells)).frame["x"]
    gone = read_table(frame_of(cells), ReadOptions(missing=("0",)))
    zero = np.array([not pd.isna(cell) and float(cell) == 0 for cell in list(cells)])
    assert not kept[zero].isna().any()
    assert gone.frame["x"].isna().tolist() == (kept.isna().to_numpy() | zero).tolist()
    assert [d.what for d in gone.decisions] == [
        d.what for d in gone.decisions if "'0'" in d.what
    ]


def test_truth_values_may_mean_an_empty_cell_too() -> None:
    options = ReadOptions(missing=("False",))
    for cells in (again(True, False), pd.array(again(True, False, None), dtype="boolean")):
        assert read_table(frame_of(cells), options).frame["x"].isna().sum() >= ROWS / 3
    assert read_table(frame_of(again(0, 1)), options).frame["x"].notna().all()


def test_whole_numbers_that_floats_would_round_stay_exact_with_gaps() -> None:
    large = 2**53 + 1
    frame = pd.DataFrame({"x": pd.array([large, None, -1], dtype="Int64")})
    taken, _ = take_frame(frame, Missing.of([""], "."))
    assert taken["x"].dropna().tolist() == [large, -1]
    few, _ = take_frame(frame.clip(upper=5), Missing.of([""], "."))
    assert few["x"].dtype == np.float64


def test_the_users_own_table_is_not_changed() -> None:
    frame = frame_of(again(" a", "NA", None))
    frame["n"] = again(1, -999)
    before = frame.copy(deep=True)
    table = read_table(frame, ReadOptions(missing=("NA", "-999")))
    assert table.frame["x"].isna().sum() == 40
    assert table.frame["n"].isna().sum() == 30
    pd.testing.assert_frame_equal(frame, before)


def test_tables_that_speak_arrows_language_are_tables() -> None:
    frame = frame_of(again("a", "b"))
    plain = read_table(frame).frame
    for source in (pa.Table.from_pandas(frame), pa.RecordBatch.from_pandas(frame)):
        pd.testing.assert_frame_equal(read_table(source).frame, plain)
    polars = pytest.importorskip("polars")
    found = read_table(polars.from_pandas(frame.assign(z=polars.Series(again("u", "v")))))
    assert found.frame["x"].tolist() == plain["x"].tolist()


@pytest.mark.parametrize("source", [[1, 2], {"a": 1}, np.ones((3, 2)), 5, object()])
def test_what_is_no_table_is_refused(source: Any) -> None:
    with pytest.raises(ReadError, match=r"^D07: a .* is not a table"):
        read_table(source)


def test_a_table_of_arrow_that_pandas_cannot_hold_is_refused() -> None:
    class Odd:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            raise NotImplementedError("no such type.")

    with pytest.raises(ReadError, match="D07: the Odd cannot be read: no such type"):
        read_table(Odd())


def test_files_of_parquet_keep_what_they_declare(tmp_path: Path) -> None:
    frame = frame_of(pd.Categorical(NUMBERS))
    frame["span"] = pd.to_timedelta(NUMBERS, unit="h")
    frame["large"] = pd.array(again(2**53 + 1, None), dtype="Int64")
    frame.to_parquet(tmp_path / "t.parquet")
    schemas = [
        infer_schema(read_table(source), "y", SchemaOptions(), SplitOptions())
        for source in (frame, tmp_path / "t.parquet")
    ]
    assert schemas[0] == schemas[1]
    assert [c.kind for c in schemas[1].columns if c.name == "x"] == ["category"]


def test_a_column_may_have_the_name_of_a_parameter() -> None:
    """It once was handed to a function of pandas by its name, as an argument."""
    names = ["self", "columns", "data", "y"]
    frame = pd.DataFrame({name: ["1", "2", "x"] for name in names}, dtype=object)
    table = read_table(frame)
    assert list(table.frame.columns) == names
    assert table.frame["self"].tolist() == ["1", "2", "x"]
