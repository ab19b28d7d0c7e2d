"""The code of a row depends on that row and the schema alone."""

from typing import Any, Final

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.config import SchemaOptions, SplitOptions
from tenfold.data.columns.encode import (
    EMPTY,
    FIRST_LEVEL,
    UNSEEN,
    Encoded,
    encode,
    encode_inputs,
    encode_target,
    level_counts,
    number_names,
    read_weights,
)
from tenfold.data.columns.schema import Schema, infer_schema
from tenfold.data.files.read import read_table
from tenfold.errors import SchemaError, SplitError

PRICES: Final = np.arange(40) ** 2 + 0.5


def mixed(rows: int = 1_000) -> pd.DataFrame:
    """Return a table with a column of each kind that is learnt from, some cells empty."""
    rng = np.random.default_rng(rows)
    frame = pd.DataFrame(
        {
            "day": pd.Timestamp("2023-01-05")
            + pd.to_timedelta(rng.integers(0, 999, rows), "D"),
            "ok": rng.choice(["yes", "no"], rows),
            "price": np.resize(PRICES, rows),
            "size": rng.normal(size=rows),
            "town": rng.choice(["Bonn", "Kiel", "Ulm"], rows),
        }
    )
    for name in frame:
        frame.loc[rng.random(rows) < 0.1, name] = None
    return frame.assign(y=rng.normal(size=rows))


def schema_of(frame: pd.DataFrame, split: SplitOptions | None = None, **options: Any) -> Schema:
    table = read_table(frame)
    return infer_schema(table, "y", SchemaOptions(**options), split or SplitOptions())


WHOLE: Final = mixed()
SCHEMA: Final = schema_of(WHOLE)


def test_each_kind_has_columns_of_its_own() -> None:
    parts = [f"day ({part})" for part in ("day", "month", "weekday", "hour")]
    assert number_names(SCHEMA) == (*parts, "ok", "price", "size")
    numbers, codes = encode_inputs(WHOLE, SCHEMA)
    assert numbers.shape == (1_000, 7)
    assert codes.shape == (1_000, 1)
    assert level_counts(SCHEMA) == (3 + FIRST_LEVEL,)
    rows = encode(read_table(WHOLE), SCHEMA)
    assert (rows.levels, len(rows)) == (level_counts(SCHEMA), 1_000)
    assert rows.countable == (5, 6)  # price and size, numbers that nobody called so
    called = schema_of(WHOLE, kinds={"size": "number"})
    assert encode(read_table(WHOLE), called).countable == (5,)


def one_row(**cells: object) -> tuple[dict[str, float], list[int]]:
    row = {"day": None, "ok": None, "price": None, "size": None, "town": None} | cells
    numbers, codes = encode_inputs(pd.DataFrame([row], dtype=object), SCHEMA)
    named = dict(zip(number_names(SCHEMA), numbers[0].tolist(), strict=True))
    return {name: n for name, n in named.items() if not np.isnan(n)}, codes[0].tolist()


def test_cells_become_what_the_reference_says() -> None:
    assert one_row() == ({}, [EMPTY])
    assert one_row(size="1.5", ok="YES") == ({"size": 1.5, "ok": 1.0}, [EMPTY])
    assert one_row(town="Bonn", price="1.5") == ({"price": 1.5}, [FIRST_LEVEL])
    assert one_row(town="Ulm", price=1521.5)[1] == [FIRST_LEVEL + 2]
    # A Thursday, half past one in the afternoon, seven days after the first of 1970.
    found = one_row(day="1970-01-08T13:30:00")[0]
    assert list(found) == ["day (day)", "day (month)", "day (weekday)", "day (hour)"]
    assert list(found.values()) == [7 + 13.5 / 24, 1, 3, 13]


def test_words_never_seen_are_told_from_empty_cells() -> None:
    assert one_row(town="Rome", price=2.0) == ({"price": 2.0}, [UNSEEN])
    assert one_row(town="bonn")[1] == [UNSEEN]


def test_a_cell_that_is_not_of_its_columns_kind_is_empty() -> None:
    odd = one_row(size="big", ok="maybe", price="free", day="soon")
    assert odd == ({}, [EMPTY])
    assert one_row(size="inf", price=float("inf")) == one_row()


def test_a_number_and_its_text_are_coded_alike() -> None:
    schema = schema_of(
        pd.DataFrame({"code": [1, 2, 3], "y": [0.5, 1.5, 2.5]}), kinds={"code": "category"}
    )
    for cells in ([1, 2, 9], [1.0, 2.0, 9.0], ["1", "2", "9"]):
        _, codes = encode_inputs(pd.DataFrame({"code": cells}), schema)
        assert codes[:, 0].tolist() == [FIRST_LEVEL, FIRST_LEVEL + 1, UNSEEN]


@settings(max_examples=40)
@given(rows=st.lists(st.integers(0, 999), min_size=1, max_size=30))
def test_any_choice_of_rows_in_any_order_has_the_codes_of_those_rows(rows: list[int]) -> None:
    numbers, codes = encode_inputs(WHOLE, SCHEMA)
    some_numbers, some_codes = encode_inputs(WHOLE.iloc[rows], SCHEMA)
    np.testing.assert_array_equal(some_numbers, numbers[rows])
    np.testing.assert_array_equal(some_codes, codes[rows])


def test_rows_beside_it_do_not_change_a_rows_code() -> None:
    wild = WHOLE.assign(size=WHOLE["size"] * 1e9, town="Rome", day=None, price=-3.0)
    numbers, codes = encode_inputs(WHOLE, SCHEMA)
    both_numbers, both_codes = encode_inputs(pd.concat([wild, WHOLE]), SCHEMA)
    np.testing.assert_array_equal(both_numbers[1_000:], numbers)
    np.testing.assert_array_equal(both_codes[1_000:], codes)
    assert (both_codes[:1_000] != codes).any()


def test_a_file_and_a_frame_of_the_same_cells_are_coded_alike(tmp_path: Any) -> None:
    path = tmp_path / "t.csv"
    WHOLE.to_csv(path, index=False)
    table = read_table(path)
    numbers, codes = encode_inputs(table.frame, SCHEMA)
    wanted_numbers, wanted_codes = encode_inputs(WHOLE, SCHEMA)
    np.testing.assert_array_equal(numbers, wanted_numbers)
    np.testing.assert_array_equal(codes, wanted_codes)


def test_a_table_of_words_alone_has_no_numbers_and_of_numbers_alone_no_codes() -> None:
    frame = pd.DataFrame({"a": ["x", "y", "z"], "b": [0.5, 1.5, 2.5], "y": [0.5, 1.5, 2.5]})
    words = encode_inputs(frame, schema_of(frame[["a", "y"]]))
    plain = encode_inputs(frame, schema_of(frame[["b", "y"]]))
    assert [array.shape for array in (*words, *plain)] == [(3, 0), (3, 1), (3, 1), (3, 0)]


def test_targets_are_numbers_or_places_among_the_classes() -> None:
    frame = pd.DataFrame({"x": [0.5, 1.5, 2.5], "y": ["b", "a", "c"]})
    schema = schema_of(frame)
    assert encode_target(read_table(frame), schema).tolist() == [1, 0, 2]
    other = read_table(frame.assign(y=pd.Series(["c", "d", None], dtype=object)))
    assert encode_target(other, schema).tolist() == [2, -1, -1]
    numbers = frame.assign(y=["1.5", "2", "-1"])
    assert encode_target(read_table(numbers), schema_of(numbers)).tolist() == [1.5, 2, -1]


def test_groups_are_told_apart_by_their_text_and_times_by_their_moment() -> None:
    frame = pd.DataFrame(
        {
            "x": [0.5, 1.5, 2.5, 3.5],
            "g": ["b", None, "a", "b"],
            "t": ["06.01.2023", "05.02.2023", "04.03.2023", "06.01.2023"],
            "y": [0.5, 1.5, 2.5, 3.5],
        }
    )

    def coded(**split: str) -> Encoded:
        return encode(read_table(frame), schema_of(frame, SplitOptions(**split)))

    by_group = coded(group_column="g")
    assert by_group.groups is not None
    assert by_group.times is None
    assert len(set(by_group.groups)) == 3
    assert by_group.groups[0] == by_group.groups[3]
    times = coded(time_column="t").times
    assert times is not None
    assert (np.diff(times[:3]) > 0).all()
    assert times[1] - times[0] == 30 * 86_400
    assert times[0] == times[3]


def test_a_cell_that_is_no_moment_is_refused() -> None:
    frame = pd.DataFrame({"x": [0.5, 1.5, 2.5], "t": [1, None, 3], "y": [0.5, 1.5, 2.5]})
    with pytest.raises(SplitError) as caught:
        encode(read_table(frame), schema_of(frame, SplitOptions(time_column="t")))
    assert caught.value.fact == "1 cells of the time column 't' are not times"
    assert caught.value.place["lines"] == "2"


@pytest.mark.parametrize(
    ("weights", "fact"),
    [
        ([1, -1, None], "2 cells of the weight column 'w' are not valid weights"),
        ([1, "heavy", 2], "1 cells of the weight column 'w' are not valid weights"),
        ([1, float("inf"), 2], "1 cells of the weight column 'w' are not valid weights"),
        ([0, 0, 0], "the weights in column 'w' are all zero"),
    ],
)
def test_what_is_no_weight_is_refused(weights: list[Any], fact: str) -> None:
    table = read_table(pd.DataFrame({"x": [1, 2, 3], "w": weights}))
    with pytest.raises(SchemaError) as caught:
        read_weights(table, "w")
    assert (caught.value.code, caught.value.fact) == ("S08", fact)


def test_weights_are_taken_as_they_are_and_one_by_default() -> None:
    table = read_table(pd.DataFrame({"x": [1, 2, 3], "w": ["0", "2.5", "1e3"]}))
    assert read_weights(table, "w").tolist() == [0, 2.5, 1000]
    assert read_weights(table, None).tolist() == [1, 1, 1]
