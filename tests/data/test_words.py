"""A word is the same word however it is written, and no code becomes a number."""

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from tenfold.data.cells.parse import (
    number_of,
    places,
    to_categories,
    to_numbers,
    to_spelling,
    to_text,
)
from tenfold.data.cells.words import Vocabulary, number_word, tidy, word_of

numbers = some.floats(allow_nan=False, allow_infinity=False) | some.integers()
texts = some.text(some.sampled_from("0123456789.,+-eE_ x\u00a0\u2009") | some.characters())


def objects(*cells: object) -> "pd.Series[Any]":
    return pd.Series(list(cells), dtype=object)


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        (
            (20, 20.0, "20", "20.0", " 20. ", Decimal(20), Decimal("2.00E1"), np.float32(20)),
            "20",
        ),
        ((0, -0.0, "-0.0", Decimal("-0")), "0"),
        ((2**53 + 1, str(2**53 + 1), np.int64(2**53 + 1), Decimal(2**53 + 1)), str(2**53 + 1)),
        ((1.1, "1.1", np.float32(1.1), np.float16(1.1)), "1.1"),
        ((1e-7, "1e-07", Decimal("0.0000001")), "1e-07"),
        ((True, np.bool_(1), "True"), "True"),
        (("Z\u00fcrich", "Zu\u0308rich", "\u200bZu\u0308rich\u00a0"), "Z\u00fcrich"),
        (("New York", "New\u00a0York", "New\u202fYork"), "New York"),
    ],
    ids=str,
)
def test_a_word_is_one_however_it_is_written(cells: tuple[Any, ...], word: str) -> None:
    assert [word_of(cell) for cell in cells] == [word] * len(cells)


@pytest.mark.parametrize("code", ["01296", "1.10", "007", "+5", "1e3", "1,250", "1.2.3"])
def test_a_code_stays_as_it_is(code: str) -> None:
    assert word_of(code) == code
    assert to_categories(objects(code, "x")).tolist() == [code, "x"]


def test_numbers_are_told_apart_by_value_only_where_all_words_are_numbers() -> None:
    cells = objects("+5", "5.", "5e0", 5.0, "1,250", "0.5", 2**53 + 1)
    assert to_categories(cells).tolist() == ["5", "5", "5", "5", "1250", "0.5", str(2**53 + 1)]
    german = objects("5,0", "0,5", "1.250", "1,251")
    assert to_categories(german, ",").tolist() == ["5", "0.5", "1250", "1.251"]
    for other in ("x", "01", "1.10", True):
        words = to_categories(objects("+5", "5.0", other)).tolist()
        assert words == ["+5", "5", str(other)]


@pytest.mark.parametrize(
    ("levels", "known", "unknown"),
    [
        (("10", "20"), {10: 0, "10.0": 0, "+20": 1, "2e1": 1, 20.0: 1, "020": -1}, "21"),
        (("01296", "1296"), {"01296": 0, 1296: 1, "1296": 1, "1296.0": 1}, "001296"),
        (("1.1", "1.10", "beta"), {"1.1": 0, "1.10": 1, 1.1: 0, "1.100": -1}, "1.2"),
        (("1.50", "2.00", "x"), {"1.50": 0, 1.5: 0, 2: 1, "1.5": -1}, 3),
        (("e5", "E10", "x"), {"e5": 0, 5: -1}, "5"),
        (
            ("False", "True"),
            {True: 1, "true": 1, "1.0": 1, "yes": 1, "0.0": 0, "no": 0},
            "maybe",
        ),
        (("no", "yes"), {True: 1, "Y": 1, 0: 0}, 2),
        (("false", "maybe", "true"), {True: 2, "True": -1, False: 0}, 1),
        (("1.0", "2.0"), {"1.0": 0, 1: 0, "1": 0, 2.0: 1}, "3"),  # of an older Tenfold
        (("Zu\u0308rich", ""), {"Z\u00fcrich": 0, "": 1}, "Zurich"),  # of an older Tenfold
    ],
    ids=str,
)
def test_a_vocabulary_knows_its_words_in_every_spelling(
    levels: tuple[str, ...], known: dict[Any, int], unknown: Any
) -> None:
    words = Vocabulary(levels)
    for cell, place in known.items():
        assert words.place(cell) == place, cell
    assert words.place(unknown) == -1
    assert words.spelling(unknown) == word_of(unknown)
    assert places(objects(*known, None), levels).tolist() == [*known.values(), -2]
    spelt = [levels[at] if at >= 0 else word_of(cell) for cell, at in known.items()]
    assert to_spelling(objects(*known, None), levels).tolist() == [*spelt, ""]


@given(numbers)
def test_a_number_is_its_own_word_as_text_too(number: float) -> None:
    word = word_of(number)
    assert number_word(word, ".") == word
    assert number_of(word) == pytest.approx(float(number)) or not np.isfinite(float(number))
    shown = repr(number)
    assert number_word(shown, ".") == word
    assert Vocabulary((word, "1")).place(shown) == 0 or word == "1"


@given(texts)
def test_one_cell_and_a_column_mean_the_same(text: str) -> None:
    """All that is vectorised says what is said of one cell."""
    cells = objects(text, None, text)
    for decimal in ".,":
        number = number_of(text, decimal)
        np.testing.assert_array_equal(to_numbers(cells, decimal), [number, np.nan, number])
        word = word_of(text, decimal)
        assert to_text(cells, decimal).tolist() == [word, None, word]
        place = Vocabulary((tidy(text), "1")).place(text, decimal)
        assert places(cells, (tidy(text), "1"), decimal).tolist() == [place, -2, place]
    assert tidy(tidy(text)) == tidy(text)


@given(texts)
def test_a_text_that_is_a_word_of_numbers_is_that_number(text: str) -> None:
    for decimal in ".,":
        word = number_word(text, decimal)
        if word is not None:
            assert float(word) == number_of(text, decimal)
            assert number_word(word, ".") == word
