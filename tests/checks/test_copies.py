"""Copies and near copies: found where rows were copied, not where chance makes them equal."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

import tenfold
from tests import engine_leaks as leaks
from tests.engine_options import asked

ROWS = 500


def alarms(table: pd.DataFrame, **options: Any) -> list[str]:
    found = tenfold.audit(table, **asked(**options)).findings
    return [one.fact for one in found if one.code == "A06" and one.severity != "info"]


def patients(draw: np.random.Generator) -> pd.DataFrame:
    """Return who has which of ten symptoms, so that many have the same, and one odd case."""
    ill = draw.random((ROWS, 10)) < 0.5
    table = pd.DataFrame(ill.astype(int), columns=[f"symptom {number}" for number in range(10)])
    table["diagnosis"] = np.where(ill[:, 0] & ill[:, 1], "flu", "cold")
    twice = table.index[table.duplicated()][0]
    table.loc[twice, "diagnosis"] = "other"
    return table


def names(draw: np.random.Generator, rows: int) -> list[str]:
    return [f"patient {number:05}" for number in draw.permutation(99_999)[:rows]]


def with_copies(table: pd.DataFrame, share: float = 0.3) -> pd.DataFrame:
    """Return a table with rows that stand there twice, and one that contradicts another."""
    again = table.sample(frac=share, random_state=0)
    last, other = table.columns[-1], table.iloc[:, -1].max()
    odd = table[table[last] != other].head(1).assign(**{last: other})
    whole: pd.DataFrame = pd.concat([table, again, odd], ignore_index=True)
    order = np.random.default_rng(1).permutation(len(whole))
    return whole.take(order).reset_index(drop=True)


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_patients_with_the_same_symptoms_are_no_copies(seed: int, *, named: bool) -> None:
    draw = np.random.default_rng(seed)
    table = patients(draw)
    assert table.duplicated().sum() > 75  # the control
    if named:
        table = leaks.before(table, patient=names(draw, ROWS))
    assert alarms(table) == []


def test_a_name_for_every_row_proves_that_none_is_a_copy() -> None:
    table = with_copies(leaks.pets())
    assert alarms(table) == ["72 of 313 rows are duplicates of another"]
    named = leaks.before(table, visit=names(np.random.default_rng(0), len(table)))
    assert alarms(named) == []


@pytest.mark.parametrize("falling", [True, False])
def test_numbers_in_the_order_of_rows_prove_nothing(*, falling: bool) -> None:
    """They may have been given after the rows were copied."""
    table = with_copies(leaks.pets())
    numbers = np.arange(len(table))[:: -1 if falling else 1]
    numbered = leaks.before(table, record=[f"r{number:05}" for number in numbers])
    assert alarms(numbered) == ["72 of 313 rows are duplicates of another"]


def test_accounts_of_few_columns_that_hang_together_are_no_near_copies() -> None:
    draw = np.random.default_rng(0)
    months = draw.integers(1, 73, 3_000)
    monthly = (draw.integers(360, 2_400, 3_000) / 20).round(2)
    table = pd.DataFrame(
        {
            "tenure": months,
            "monthly": monthly,
            "total": (months * monthly * draw.normal(1, 0.02, 3_000)).round(2),
            "contract": draw.choice(["m", "y"], 3_000),
            "churn": draw.choice(["No", "Yes"], 3_000, p=[0.7, 0.3]),
        }
    )
    assert alarms(table) == []


def pupils(draw: np.random.Generator) -> pd.DataFrame:
    """Return pupils of 60 schools, whose numbers begin with that of their school."""
    school = np.sort(draw.integers(0, 60, 3_000))
    facts = draw.normal(size=(60, 3)).round(3)[school]
    return pd.DataFrame(
        {
            "school": 2_000 + 7 * school,
            "pupil": 100_000 * school + np.sort(draw.permutation(90_000)[:3_000]),
            "size": facts[:, 0],
            "income": facts[:, 1],
            "moves": facts[:, 2],
            "score": facts.sum(axis=1) + draw.normal(size=3_000).round(3),
        }
    )


def test_pupils_who_share_what_is_known_of_their_school_are_no_near_copies() -> None:
    assert alarms(pupils(np.random.default_rng(0))) == []


@pytest.mark.parametrize("seed", [0, 1])
def test_rows_of_coarse_columns_are_no_near_copies(seed: int) -> None:
    draw = np.random.default_rng(seed)
    table = pd.DataFrame(
        {f"answer {number}": draw.integers(1, 61, 800) for number in range(3)}
        | {"sum": draw.normal(size=800)}
    )
    assert alarms(table) == []


@pytest.mark.parametrize(("digits", "share"), [(1, 0.2), (2, 0.1)])
def test_copies_that_differ_in_the_last_digit_are_found(digits: int, share: float) -> None:
    draw = np.random.default_rng(0)
    x = pd.DataFrame(draw.normal(size=(600, 4)), columns=list("abcd")) * 100
    x = x.round(digits).assign(y=x.sum(axis=1) + draw.normal(size=600))
    again = x.sample(frac=share, random_state=0)
    again[["a", "b"]] += draw.choice([-1, 0, 1], (len(again), 2)) * 10.0**-digits
    (fact,) = alarms(pd.concat([x, again], ignore_index=True).sample(frac=1, random_state=0))
    assert fact.endswith("% of the rows are near duplicates of another")
    assert alarms(x) == []
