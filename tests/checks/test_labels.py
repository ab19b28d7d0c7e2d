"""Wrong labels and wrong numbers: found where some are, and none among coin flips."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

import tenfold
from tenfold.auditing import Audit

ROWS = 1_500


def contradicted(found: Audit) -> list[Any]:
    return [one for one in found.findings if one.code == "A12"]


def inputs(draw: np.random.Generator, rows: int = ROWS) -> pd.DataFrame:
    return pd.DataFrame(draw.normal(size=(rows, 6)), columns=list("abcdef"))


def lines_of(found: Audit) -> set[int]:
    """Return the rows that the finding names, counted from 0; a frame's first line is 1."""
    (one,) = contradicted(found)
    return {
        int(part.split()[1]) - 1
        for part in one.place["examples"].split("; ")
        if part.startswith("line ")
    }


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("share", [0.03, 0.05, 0.08, 0.12])
def test_no_coin_flip_is_called_a_wrong_label(share: float, seed: int) -> None:
    draw = np.random.default_rng(seed)
    coin = np.where(draw.random(ROWS) < share, "fraud", "fine")
    assert contradicted(tenfold.audit(inputs(draw).assign(kind=coin))) == []


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("steep", [1.0, 2.0])
def test_rare_rows_that_are_told_in_part_are_no_wrong_labels(steep: float, seed: int) -> None:
    draw = np.random.default_rng(seed)
    x = inputs(draw)
    chance = 1 / (1 + np.exp(4 - steep * (x["a"] + x["b"])))
    kind = np.where(draw.random(ROWS) < chance, "fraud", "fine")
    assert contradicted(tenfold.audit(x.assign(kind=kind))) == []


def test_classes_of_chance_beside_names_and_places_are_no_wrong_labels() -> None:
    """Nearly all rows are of one class, and what the others are no cell tells."""
    draw = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "name": [f"name{number}" for number in draw.integers(0, 400, ROWS)],
            "town": draw.choice(["Ulm", "Bonn", "Kiel"], ROWS),
            "kind": draw.choice(["dog", "cat", "goat"], ROWS, p=[0.66, 0.32, 0.02]),
        }
    )
    assert contradicted(tenfold.audit(table)) == []


@pytest.mark.parametrize("share", [0.08, 0.12, 0.5])
def test_flipped_labels_are_found_whatever_the_share_of_the_class(share: float) -> None:
    draw = np.random.default_rng(3)
    x = inputs(draw)
    kind = np.where(x["a"] > x["a"].quantile(1 - share), "fraud", "fine")
    assert contradicted(tenfold.audit(x.assign(kind=kind))) == []  # the control
    wrong = draw.permutation(ROWS)[: ROWS // 25]
    kind[wrong] = np.where(kind[wrong] == "fraud", "fine", "fraud")
    found = tenfold.audit(x.assign(kind=kind))
    (one,) = contradicted(found)
    assert one.severity == "warning"
    assert 0.6 * len(wrong) < int(one.fact.split()[0]) < 1.3 * len(wrong)
    assert len(lines_of(found) & set(wrong)) >= 7


def spoilt(kind: np.ndarray, rows: int, draw: np.random.Generator) -> np.ndarray:
    """Return the classes with those of some rows, drawn at random, turned into others."""
    names, place = np.unique(kind, return_inverse=True)
    wrong = draw.permutation(len(kind))[:rows]
    place[wrong] = (place[wrong] + draw.integers(1, len(names), rows)) % len(names)
    return names[place]


@pytest.mark.parametrize("seed", [3, 5])
@pytest.mark.parametrize(
    ("share", "wrong"), [(0.5, 30), (0.25, 30), (0.4, 60), (0.12, 60), (0.12, 120)]
)
def test_flipped_labels_are_found_beside_a_slanting_boundary(
    share: float, wrong: int, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    x = inputs(draw, 1_200)[["a", "b", "c", "d"]]
    height = x["a"] + x["b"]
    kind = np.where(height > height.quantile(1 - share), "fraud", "fine")
    (one,) = contradicted(tenfold.audit(x.assign(kind=spoilt(kind, wrong, draw))))
    assert one.severity == "warning"
    assert 0.4 * wrong < int(one.fact.split()[0]) < 1.1 * wrong


@pytest.mark.parametrize("shape", ["rings", "clusters"])
def test_wrong_labels_are_found_whatever_the_shape_of_the_classes(shape: str) -> None:
    draw = np.random.default_rng(6)
    if shape == "rings":
        angle, kind = draw.uniform(0, 2 * np.pi, ROWS), draw.choice(["in", "out"], ROWS)
        radius = np.where(kind == "in", 1.0, 2.0) + draw.normal(0, 0.15, ROWS)
        x = pd.DataFrame({"a": radius * np.cos(angle), "b": radius * np.sin(angle)})
    else:
        kind = draw.choice(["red", "green", "blue", "grey"], ROWS, p=[0.4, 0.3, 0.2, 0.1])
        x = inputs(draw)
        for column, name in zip("abcd", ["red", "green", "blue", "grey"], strict=True):
            x[column] += 4.5 * (kind == name)
    assert contradicted(tenfold.audit(x.assign(kind=kind))) == []  # the control
    found = contradicted(tenfold.audit(x.assign(kind=spoilt(kind, ROWS // 20, draw))))
    assert [one.severity for one in found] == ["warning"]


def test_classes_of_chance_do_not_hide_the_wrong_labels_of_others() -> None:
    draw = np.random.default_rng(7)
    x = inputs(draw)
    kind = np.where(x["a"] > 0.3, "told", draw.choice(["mostly", "seldom"], ROWS, p=[0.8, 0.2]))
    assert contradicted(tenfold.audit(x.assign(kind=kind))) == []  # the control
    found = contradicted(tenfold.audit(x.assign(kind=spoilt(kind, ROWS // 15, draw))))
    assert [one.severity for one in found] == ["warning"]


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("distance", [1.5, 2.5, 3.5])
def test_rows_where_classes_overlap_are_no_wrong_labels(distance: float, seed: int) -> None:
    draw = np.random.default_rng(seed)
    kind = draw.choice(["red", "green", "blue"], ROWS, p=[0.6, 0.3, 0.1])
    x = inputs(draw)
    for column, name in zip("abc", ["red", "green", "blue"], strict=True):
        x[column] += distance / np.sqrt(2) * (kind == name)
    assert contradicted(tenfold.audit(x.assign(kind=kind))) == []


@pytest.mark.parametrize("steep", [0.5, 2.0, 8.0])
def test_chances_that_rise_along_many_columns_are_no_wrong_labels(steep: float) -> None:
    draw = np.random.default_rng(2)
    x = pd.DataFrame(draw.normal(size=(500, 40))).add_prefix("x")
    chance = 1 / (1 + np.exp(-steep * (x["x0"] + x["x1"])))
    kind = np.where(draw.random(500) < chance, "fraud", "fine")
    assert contradicted(tenfold.audit(x.assign(kind=kind))) == []


def amounts(draw: np.random.Generator) -> pd.DataFrame:
    """Return amounts that two columns tell, most of them small and a few very large."""
    x = inputs(draw)
    return x.assign(amount=np.exp(1.2 * x["a"] + 0.8 * x["b"] + draw.normal(0, 0.3, ROWS)))


@pytest.mark.parametrize("seed", [0, 1])
def test_the_largest_of_skewed_numbers_are_no_wrong_ones(seed: int) -> None:
    assert contradicted(tenfold.audit(amounts(np.random.default_rng(seed)))) == []


def test_counts_that_are_mostly_zero_contradict_nothing() -> None:
    draw = np.random.default_rng(0)
    x = inputs(draw)
    counts = draw.poisson(np.exp(x["a"] - 1.5)).astype(float)
    found = tenfold.audit(x.assign(visits=counts), task="regression")
    assert contradicted(found) == []


def test_decimal_signs_in_the_wrong_place_are_found() -> None:
    draw = np.random.default_rng(4)
    table = amounts(draw)
    wrong = draw.permutation(ROWS)[: ROWS // 25]
    table.loc[wrong, "amount"] *= 100
    found = tenfold.audit(table)
    (one,) = contradicted(found)
    assert int(one.fact.split()[0]) > 0.4 * len(wrong)
    assert lines_of(found) <= set(wrong)
