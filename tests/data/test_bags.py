"""What a cell of text or of a list becomes depends on that cell, and on its words alone."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tenfold.config import Kind
from tenfold.data.cells.bags import PLACES, bag_of, no_bag, places_of_word, to_bags, words_in

CELLS = some.none() | some.text(max_size=30) | some.integers() | some.floats(allow_nan=False)
over_kinds = pytest.mark.parametrize(("kind", "sign"), [("text", ""), ("list", ";")])


@over_kinds
@settings(max_examples=60)
@given(cells=some.lists(CELLS, min_size=1, max_size=8))
def test_a_cell_gives_the_same_numbers_alone_and_among_others(
    kind: Kind, sign: str, cells: list[object]
) -> None:
    column = pd.Series(cells, dtype=object)
    bags = to_bags(column, kind, sign)
    assert bags.shape == (len(cells), 1 + PLACES[kind])
    for cell, bag in zip(cells, bags, strict=True):
        alone = no_bag(kind) if cell is None else bag_of(cell, kind, sign)
        np.testing.assert_array_equal(bag, alone)
        np.testing.assert_array_equal(
            to_bags(pd.Series([cell], dtype=object), kind, sign)[0], bag
        )


@settings(max_examples=60)
@given(words=some.lists(some.sampled_from(["Red", "dark blue", "Öl", "x1"]), max_size=6))
def test_neither_the_order_of_words_nor_their_number_nor_large_letters_count(
    words: list[str],
) -> None:
    one = bag_of("; ".join(words), "list", ";")
    other = bag_of(";".join(word.upper() for word in [*words[::-1], *words]), "list", ";")
    np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(one, bag_of(words, "list", ";"))
    np.testing.assert_array_equal(one, bag_of(str(words), "list", ";"))


def test_cells_of_other_words_give_other_numbers() -> None:
    words = [f"word {n}" for n in range(20)]
    bags = to_bags(pd.Series(words), "list", ";")
    # Each of twenty words can be told from all others by a weighted sum.
    assert np.linalg.matrix_rank(bags[:, 1:]) == 20
    texts = to_bags(pd.Series([f"plain {n} words" for n in range(200)]), "text", "")
    assert len(np.unique(texts, axis=0)) > 190


def test_the_places_of_a_word_are_those_that_older_models_learnt() -> None:
    assert places_of_word("red", 128) == (13, 47)
    assert places_of_word("\u00f6l", 32) == (26, 1)


def test_an_empty_cell_has_no_number_of_words_and_so_has_one_without_a_word() -> None:
    bags = to_bags(pd.Series([None, "...", "word"], dtype=object), "text", "")
    assert np.isnan(bags[:, 0]).tolist() == [True, True, False]
    assert np.abs(bags[:2, 1:]).sum() == 0 < np.abs(bags[2, 1:]).sum()


@pytest.mark.parametrize(
    ("cell", "sign"),
    [
        ("red|dark blue", "|"),
        (" red , dark blue,", ","),
        ("['red', 'dark blue']", "|"),
        ('["red", "dark blue"]', ","),
        ("{red, dark blue}", ","),
        ("(red, dark blue)", ";"),
        (["red", "dark blue"], "|"),
        ("RED|Dark\u00a0Blue|red", "|"),
    ],
)
def test_a_list_has_the_same_words_however_it_is_written(cell: object, sign: str) -> None:
    assert words_in(cell, sign) == ["red", "dark blue"]


def test_numbers_in_a_list_are_words_that_are_written_in_the_shortest_way() -> None:
    assert words_in("1;2.0;01", ";") == ["1", "2", "01"]
    assert words_in([1.0, 2, "01"], ";") == ["1", "2", "01"]
    assert words_in(2.0, ";") == words_in("2.0", ";") == ["2"]
