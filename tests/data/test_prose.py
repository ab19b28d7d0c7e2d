"""Free text and lists of words are found, and what only looks like them is not."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from tenfold.data.columns.column_kind import find_kind

ROWS = 200
WORDS = (
    "the a of was and it came late good broken again never parcel price box size too small "
    "thing would buy from this shop very quick nice people at phone rather poor"
)
VOCABULARY = WORDS.split()
Draw = np.random.Generator


def picked(draw: Draw, words: str, most: int = 3) -> list[str]:
    known = words.split()
    return [str(word) for word in draw.permutation(known)[: draw.integers(1, most + 1)]]


def prose(draw: Draw) -> str:
    words = draw.choice(VOCABULARY, draw.integers(4, 15))
    return f"{' '.join(words)}.".capitalize()


def name(draw: Draw) -> str:
    return "".join(draw.choice(list("abcdefghij"), 6)).capitalize()


def street(draw: Draw) -> str:
    kinds = ["Street", "Road", "Lane"]
    return f"{draw.integers(1, 300)} {name(draw)} {draw.choice(kinds)}"


TOWNS = {"Ulm": "Germany", "Bonn": "Germany", "Lyon": "France", "Nice": "France", "Bern": "CH"}
LISTS: dict[str, tuple[Callable[[Draw], str], str]] = {
    "letters": (lambda d: ";".join(picked(d, "A B C D E F", 4)), ";"),
    "sorted letters": (lambda d: ";".join(sorted(picked(d, "A B C D E F", 4))), ";"),
    "genres": (lambda d: "|".join(sorted(picked(d, "Action Comedy Drama War Horror"))), "|"),
    "colours": (lambda d: ", ".join(picked(d, "red blue green black white")), ","),
    "brackets": (lambda d: str(picked(d, "red blue green black white")), ","),
    "lines": (lambda d: "\n".join(picked(d, "red blue green black white")), "\n"),
    "codes": (lambda d: ";".join(picked(d, "1 2 3 4 5 6")), ";"),
    "drugs": (lambda d: " + ".join(sorted(picked(d, "A10 B20 C30 D40"))), "+"),
    "pairs": (lambda d: "/".join(sorted(d.choice(list("ABCDE"), 2, replace=False))), "/"),
}
OTHERS: dict[str, tuple[Callable[[Draw], str], set[str]]] = {
    "names": (lambda d: f"{name(d)}, {name(d)}", {"identifier"}),
    "names that come back": (
        lambda d: f"{d.choice(VOCABULARY)}, {d.choice(['Ann', 'Bob', 'Eve'])}",
        {"category"},
    ),
    "passengers": (
        lambda d: f"{name(d)}, {d.choice(['Mr.', 'Mrs.'])} {name(d)} J",
        {"identifier"},
    ),
    "towns": (lambda d: "{}, {}".format(*list(TOWNS.items())[d.integers(5)]), {"category"}),
    "streets": (street, {"identifier"}),
    "films": (
        lambda d: f"The {name(d)} of {name(d)} ({d.integers(1950, 2020)})",
        {"identifier"},
    ),
    "streets in small letters": (
        lambda d: f"{d.integers(1, 300)} {name(d).lower()} street flat {d.integers(1, 90)}",
        {"identifier"},
    ),
    "names in small letters": (
        lambda d: f"{name(d)} {name(d)} {name(d)}".lower(),
        {"identifier"},
    ),
    "keywords that hardly come back": (
        lambda d: ", ".join(f"k{n}" for n in d.integers(0, 150, d.integers(1, 4))),
        {"identifier", "category"},
    ),
    "codes": (lambda d: f"{name(d)[:2].upper()}-{d.integers(10_000)}", {"identifier"}),
    "pressure": (lambda d: f"{5 * d.integers(20, 28)}/{5 * d.integers(12, 19)}", {"category"}),
    "fractions": (lambda d: "/".join(picked(d, "1 2 3 4 5", 2)), {"category"}),
    "versions": (lambda d: ".".join(d.choice(list("1234"), 3)), {"category"}),
    "branches": (
        lambda d: d.choice(["food", "food/fruit", "food/fruit/apple", "tools", "tools/saw"]),
        {"category"},
    ),
    "answers": (lambda d: d.choice(["yes, always", "yes, often", "no", "never"]), {"category"}),
    "kinds of people": (lambda d: d.choice(["married, here", "married, away"]), {"category"}),
    "phrases": (lambda d: d.choice(["some college but no degree", "other"]), {"category"}),
    "grades": (lambda d: d.choice(["A+", "A", "B+", "B", "C"]), {"category"}),
    "days": (lambda d: f"{d.integers(1, 29)}/{d.integers(1, 13)}/2020", {"date"}),
    "prices": (lambda d: f"${d.integers(1, 9)},{d.integers(100, 999)}", {"number"}),
    "thousands": (lambda d: f"{d.integers(1, 9)},{d.integers(100, 999)}", {"number"}),
}


def cells_of(make: Callable[[Draw], str], rows: int = ROWS, seed: int = 0) -> "pd.Series[str]":
    draw = np.random.default_rng(seed)
    return pd.Series([make(draw) for _ in range(rows)], dtype=object)


@pytest.mark.parametrize("what", LISTS)
def test_lists_of_words_that_come_back_are_found_with_what_parts_them(what: str) -> None:
    make, sign = LISTS[what]
    for seed in range(3):
        found = find_kind("x", cells_of(make, seed=seed))
        assert (found.kind, found.sign) == ("list", sign)
        assert found.why.endswith("are lists of recurring categories")


@pytest.mark.parametrize("what", OTHERS)
def test_names_records_codes_and_branches_are_neither_lists_nor_text(what: str) -> None:
    make, kinds = OTHERS[what]
    for seed in range(3):
        found = find_kind("x", cells_of(make, seed=seed))
        assert (found.kind in kinds, found.sign) == (True, ""), found


def test_free_text_is_found_and_its_commas_make_no_list_of_it() -> None:
    found = find_kind("x", cells_of(prose))
    assert (found.kind, found.sign) == ("text", "")
    commas = find_kind("x", cells_of(lambda d: f"{prose(d)[:-1]}, {prose(d)}"))
    assert commas.kind == "text"


def test_text_of_which_many_cells_come_back_is_text_still() -> None:
    cells = cells_of(prose)
    assert find_kind("x", pd.concat([cells, cells[:80]], ignore_index=True)).kind == "text"
    often = pd.concat([cells[:20]] * 10, ignore_index=True)
    assert find_kind("x", often).kind == "category"  # the control


def test_few_rows_are_neither_lists_nor_text() -> None:
    make, _ = LISTS["letters"]
    assert {find_kind("x", cells_of(one, 19)).kind for one in (make, prose)} == {"category"}


def test_the_order_of_rows_changes_nothing_of_what_is_found() -> None:
    for make in (prose, *(make for make, _ in LISTS.values())):
        cells = cells_of(make)
        mixed = cells.sample(frac=1, random_state=1, ignore_index=True)
        assert find_kind("x", mixed) == find_kind("x", cells)


def test_a_column_that_is_declared_a_category_is_one() -> None:
    make, _ = LISTS["letters"]
    assert find_kind("x", cells_of(make).astype("category")).kind == "category"
