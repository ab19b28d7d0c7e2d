"""Formulas whose parts and total were rounded, and sums that only come near."""

import numpy as np
import pandas as pd
import pytest

import tenfold


def codes(table: pd.DataFrame) -> set[str]:
    found = tenfold.audit(table).findings
    return {one.code for one in found if one.severity != "info"}


def parts(seed: int, rows: int = 300) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "land": draw.gamma(3, 40, rows),
            "house": draw.gamma(4, 50, rows),
            "taxes": draw.gamma(2, 20, rows),
            "other": draw.normal(size=rows),
        }
    )


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("digits", [0, 1, 2])
def test_a_sum_of_rounded_parts_is_found(digits: int, seed: int) -> None:
    x = parts(seed)
    total = (x["land"] + x["house"] - x["taxes"]).round(digits)
    assert codes(x.round({"land": digits, "house": digits}).assign(price=total)) == {"A04"}


@pytest.mark.parametrize("digits", [1, 2])
def test_a_rounded_quotient_is_found(digits: int) -> None:
    x = parts(2)
    rate = (x["land"].round(1) / x["house"].round(1) * 100).round(digits)
    assert codes(x.round(1).assign(rate=rate)) == {"A04"}


def test_a_rounded_product_is_found() -> None:
    x = parts(3).assign(items=np.random.default_rng(0).integers(1, 9, 300))
    assert "A04" in codes(x.round(2).assign(bill=(x["items"] * x["land"]).round(1)))


@pytest.mark.parametrize("noise", [3.0, 10.0])
def test_a_sum_with_noise_is_no_formula(noise: float) -> None:
    x = parts(4)
    total = x["land"] + x["house"] + np.random.default_rng(0).normal(0, noise, 300)
    assert "A04" not in codes(x.round(1).assign(price=total.round(1)))


def test_the_target_in_ranges_is_found_and_ranges_of_another_column_are_none() -> None:
    x = parts(5)
    price = (x["land"] + x["house"] + np.random.default_rng(0).normal(0, 60, 300)).round(1)
    ranges = np.digitize(price, [120, 250, 400])
    assert codes(x.assign(band=ranges, price=price)) == {"A01"}
    others = np.digitize(x["land"], [60, 120, 240])
    assert codes(x.assign(band=others, price=price)) == set()
