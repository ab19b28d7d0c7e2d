"""What one amount leaves open, the whole column decides: magnitudes, losses, minutes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

import tenfold
from tenfold import TrainOptions
from tenfold.config import SchemaOptions, SplitOptions, Task
from tenfold.data.cells.amounts import digits_of, read_amount
from tenfold.data.cells.parse import to_numbers
from tenfold.data.columns.column_kind import FoundKind, find_kind
from tenfold.data.columns.encode import encode_inputs
from tenfold.data.columns.schema import Schema, infer_schema
from tenfold.data.files.read import read_table
from tenfold.read_options import ReadOptions


def column(*cells: object, decimal: str = ".") -> tuple[FoundKind, list[float]]:
    """Return the kind of a column of some cells, and the numbers that they are read as."""
    held = pd.Series(list(cells) * 5, dtype=object)
    found = find_kind("x", held, decimal)
    numbers = to_numbers(held, decimal, found.form, found.unit)
    return found, numbers[: len(cells)].tolist()


SERIES = [
    (["500k", "1.2m", "3"], [5e5, 1.2e6, 3]),
    (["3k", "1.2m", "7b", "1.1t"], [3e3, 1.2e6, 7e9, 1.1e12]),
    (["$500k", "$1.2m"], [5e5, 1.2e6]),
    (["500k EUR", "1.2m EUR", "3bn EUR"], [5e5, 1.2e6, 3e9]),
    (["512M", "1.5G", "3K", "2T", "1P"], [512e6, 1.5e9, 3e3, 2e12, 1e15]),
    (["512m", "1.5g"], [512e6, 1.5e9]),
    (["500 KB", "1.5 MB", "3 GB", "17 B"], [5e5, 1.5e6, 3e9, 17]),
    (["500kb", "1.5mb"], [5e5, 1.5e6]),
    (["500 KiB", "1.5 MiB", "1 GiB"], [512_000, 1_572_864, 2**30]),
    (["512Mi", "2Gi"], [512 * 2**20, 2**31]),
    (["500 Tsd.", "1.2 Mio.", "3 Mrd."], [5e5, 1.2e6, 3e9]),
    (["500 T€", "1.2 Mio. €"], [5e5, 1.2e6]),
    (["500 TEUR", "1.2 Mio. EUR"], [5e5, 1.2e6]),
    (["500 t", "1.2 Mio", "3 md"], [5e5, 1.2e6, 3e9]),
    (["500 tys.", "1.2 mln", "3 mld"], [5e5, 1.2e6, 3e9]),
    (["500 \u0442\u044b\u0441.", "1.2 \u043c\u043b\u043d"], [5e5, 1.2e6]),
    (["500 mil", "1.2 millones"], [5e5, 1.2e6]),
    (["12 tkr", "1.5 mkr"], [12e3, 1.5e6]),
    (["3K", "2.3 Lac", "1.1 Cr"], [3e3, 230_000, 11_000_000]),
    (["₹85 L", "₹1.2 Cr"], [8_500_000, 12_000_000]),
    (["1.2万", "3亿"], [12_000, 300_000_000]),
]


@pytest.mark.parametrize(("cells", "numbers"), SERIES)
def test_magnitudes_of_one_series_are_multiplied(
    cells: list[str], numbers: list[float]
) -> None:
    found, read = column(*cells)
    assert found.kind == "number"
    assert read == numbers


@pytest.mark.parametrize(
    ("cells", "numbers", "unit"),
    [
        (["1.2 m", "3 m", "5"], [1.2, 3, 5], "m"),
        (["1.5G", "2G"], [1.5, 2], "G"),
        (["5 t", "7 t"], [5, 7], "t"),
        (["12 t CO2", "3 t CO2"], [12, 3], "t CO2"),
        (["3 m/s", "5 m/s"], [3, 5], "m/s"),
        (["512 KB", "3 KB"], [512, 3], "KB"),
        (["5 g", "7 g"], [5, 7], "g"),
    ],
)
def test_a_letter_that_stands_alone_in_its_column_is_a_unit(
    cells: list[str], numbers: list[float], unit: str
) -> None:
    found, read = column(*cells)
    assert (found.form, found.unit, read) == ("amount", unit, numbers)


@pytest.mark.parametrize(
    "cells",
    [
        ["5M", "3m"],
        ["5MM", "3M"],
        ["5 km", "3 m"],
        ["5 t", "3 g"],
        ["5k", "3 g"],
        ["5k", "3 mi"],
    ],
)
def test_a_mix_that_nothing_explains_is_no_number(cells: list[str]) -> None:
    assert column(*cells)[0].kind == "category"


def test_a_stray_letter_beside_magnitudes_is_empty_and_counted() -> None:
    cells = pd.Series([f"{i}M" for i in range(1, 99)] + ["5m"], dtype=object)
    found = find_kind("x", cells)
    assert (found.kind, found.unit) == ("number", "")
    assert found.why.endswith("cells such as '5m' are treated as missing")
    assert np.isnan(to_numbers(cells, ".", found.form, found.unit)[-1])


def test_what_was_multiplied_is_said_and_new_rows_are_read_alike() -> None:
    frame = pd.DataFrame({"x": ["500k", "1.2m", "3m"] * 9, "y": range(27)})
    table = read_table(frame)
    schema = infer_schema(table, "y", SchemaOptions(), SplitOptions())
    (decision,) = [one for one in schema.decisions if "from all of its cells" in one.what]
    assert decision.what == (
        "the text beside the numbers in 'x' is interpreted from all of its cells"
    )
    assert decision.why == "its cells are amounts ('k' stands for 1,000, 'm' for 1,000,000)"
    assert decision.change_with == "--kind 'x'=category"
    target = read_table(pd.DataFrame({"x": np.sqrt(frame["y"]), "y": frame["x"]}))
    tasks: tuple[Task | None, ...] = (None, "regression")
    for task in tasks:
        asked = SchemaOptions(task=task)
        said = infer_schema(target, "y", asked, SplitOptions()).decisions
        assert decision.why in [one.why for one in said]
    known = Schema.from_dict(schema.to_dict())
    assert known == schema
    new = pd.DataFrame({"x": ["2m", "7", None]})  # alone they would be metres
    numbers = encode_inputs(read_table(new, like=known.known).frame, known)[0]
    np.testing.assert_array_equal(numbers[:, 0], [2e6, 7, np.nan])


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        *(("85.-", 85, ""), ("85,-", 85, ""), ("CHF 85.-", 85, "CHF"), ("1234,- €", 1234, "€")),
        *(("Rs 12,72,108/-", 1_272_108, "Rs"), ("kr 85,-", 85, "kr"), ("85,-- €", 85, "€")),
        *(("85.\u2014", 85, ""), ("85:-", 85, ""), ("1.234,-", 1234, ""), ("500/=", 500, "")),
        *(("1'234.-", 1234, ""), ("-85.-", -85, ""), ("85,50-", None, ""), ("85-", -85, "")),
        *(("(12) EUR", -12, "EUR"), ("EUR (12)", -12, "EUR"), ("$(12)", -12, "$")),
        *(("12- EUR", -12, "EUR"), ("(12)%", -12, "%"), ("$ (1,200.50)", -1200.5, "$")),
        *(("12 -", -12, ""), ("USD$ 12", 12, "USD$"), ("12- bedroom", None, "")),
        *(("\u20105", -5, ""), ("\u20115", -5, ""), ("\ufe635", -5, ""), ("\uff0d5", -5, "")),
        *(
            ("\u22125", -5, ""),
            ("\uff11\uff12\uff0e\uff15", 12.5, ""),
            ("￥1,200", 1200, "¥"),
            ("\u0663\u066b\u0665", 3.5, ""),
        ),
        *(('="12"', 12, ""), ("'12", 12, ""), ("3½", None, ""), ("(1) apples", None, "")),
        *(
            ("5 550.00 zł", 5550, "zł"),
            ("9 590 Kč", 9590, "Kč"),
            ("3980 \u0440\u0443\u0431.", 3980, "\u0440\u0443\u0431"),
        ),
        *(("9270円", 9270, "円"), ("5元", 5, "元"), ("5,000원", 5000, "원"), ("5 лв", 5, "лв")),
        *(("Rp 4210", 4210, "Rp"), ("RM2,610", 2610, "RM"), ("S/ 12", 12, "S/")),
        *(("KSh 5", 5, "KSh"), ("usd 4100.00", 4100, "usd"), ("US $ 4320", 4320, "US $")),
        *(("ca. 5", 5, ""), ("1·272.5", 1272.5, ""), ("~5", 5, ""), ("cab 5", None, "")),
        *(("1_510", 1510, ""), ("12 €/m²", 12, "€/m²"), ("$5/hr", 5, "$/hr"), ("5 Ω", 5, "Ω")),
        *(
            ("25 ℃", 25, "°C"),
            ("Room 5", None, ""),
            ("try 5", None, ""),
            ("3-bedroom", None, ""),
        ),
    ],
)
def test_an_amount_is_read_in_the_ways_of_all_countries(
    text: str, number: float | None, unit: str
) -> None:
    found = read_amount(text)
    assert (found is None) == (number is None)
    if found is not None:
        assert (found.number, found.unit) == (number, unit)


def test_prices_without_cents_show_the_decimal_sign_that_they_leave_out() -> None:
    assert digits_of("1.234,- €") == "1234,0"
    table = read_table(pd.DataFrame({"x": ["85,-", "7,-", "1.234,-"] * 5, "y": range(15)}))
    assert table.decimal == ","
    assert column("85.-", "12.50")[1] == [85, 12.5]


@given(some.integers(0, 10**7), some.sampled_from([".-", ",-", ".\u2014", ",--", "/-", ":-"]))
def test_no_dash_for_cents_makes_a_price_negative(price: int, dash: str) -> None:
    found = read_amount(f"{price}{dash}")
    assert found is not None
    assert found.number == price


def test_the_sides_of_an_account_have_two_signs() -> None:
    found, read = column("6100.03 CR", "5.00", "7")
    assert (found.form, read) == ("credits", [-6100.03, 5, 7])
    assert found.why == "its cells are amounts (those with CR are negative)"
    assert column("6 Cr.", "5 Dr.")[1] == [-6, 5]
    assert column("$6.10 CR", "$5 DR") == (column("$6.10 CR", "$5 DR")[0], [-6.1, 5])
    found, read = column("5 DR", "7")
    assert (found.form, read) == ("debits", [-5, 7])
    found, read = column("5 CR", "7 CR")  # the control: one side only
    assert (found.form, found.unit, read) == ("amount", "CR", [5, 7])


def test_feet_and_inches_are_minutes_and_seconds_where_a_foot_has_too_many() -> None:
    found, read = column("29'05\"", "3'30\"", "7'")
    assert (found.form, found.unit) == ("minutes", "min")
    assert read == [29 + 5 / 60, 3.5, 7]
    found, read = column("5'05\"", "6'11\"")
    assert (found.unit, read) == ("ft", [5 + 5 / 12, 6 + 11 / 12])


def test_a_few_losses_in_brackets_among_plain_numbers_are_numbers_too() -> None:
    cells = pd.Series([f"{i}.5" for i in range(1, 99)] + ["(7.25)", "12.-"], dtype=object)
    found = find_kind("x", cells)
    assert found.why == "its cells are amounts"
    numbers = to_numbers(cells, ".", found.form, found.unit)
    assert numbers[-2:].tolist() == [-7.25, 12]


def test_digits_behind_a_zero_are_codes_for_a_spreadsheet_too() -> None:
    assert column('="01296"', '="80331"', '="00694"')[0].kind == "category"
    assert column("'01296", "'80331", "'00694")[0].kind == "category"
    assert column('="12"', '="7"')[1] == [12, 7]


def test_a_missing_number_is_missing_with_its_unit_too() -> None:
    frame = pd.DataFrame({"x": ["5 kg", "-999 kg", "7 kg"] * 9, "y": range(27)})
    options = ReadOptions(missing=("-999",))
    assert read_table(frame, options).frame["x"].isna().sum() == 9
    words = pd.DataFrame({"x": ["5 Main St East", "7 Elm Road North"] * 9, "y": range(18)})
    control = read_table(words, ReadOptions(missing=("5",)))
    assert control.frame["x"].notna().all()


@pytest.mark.parametrize(
    "pattern",
    [
        "{:,.2f} zł",
        "{:.0f} Kč",
        "{:.0f}円",
        "RM{:,.0f}",
        "usd {:.2f}",
        "US $ {:.2f}",
        "{:.0f}.-",
    ],
)
def test_a_target_of_money_of_any_country_is_a_number(pattern: str) -> None:
    prices = np.arange(100, 700, 10)
    frame = pd.DataFrame({"x": prices / 7, "y": [pattern.format(price) for price in prices]})
    schema = infer_schema(read_table(frame), "y", SchemaOptions(), SplitOptions())
    assert schema.task == "regression"


def test_a_run_on_followers_predicts_alike_from_magnitudes_and_from_plain_numbers() -> None:
    followers = np.geomspace(1e3, 9e6, 60).round(-3)
    written = [f"{x / 1e6:.6g}m" if x >= 1e6 else f"{x / 1e3:.6g}k" for x in followers]
    frame = pd.DataFrame({"x": written, "y": np.log10(followers)})
    run = tenfold.train(frame, folds=3, training=TrainOptions(epochs=2), out=None, audit="off")
    plain = run.predict(pd.DataFrame({"x": followers}))
    assert run.predict(frame[["x"]]).equals(plain)
    assert run.predict(frame[["x"]].tail(3)).equals(plain.tail(3))


@pytest.mark.parametrize(
    "bands", [("<=50K", ">50K"), ("< 5", "\u2265 5"), ("<30 kg", "\u226530 kg", "40 kg")]
)
def test_bands_on_both_sides_of_a_number_are_categories(bands: tuple[str, ...]) -> None:
    """As numbers they would be the same, and a column of incomes would say nothing."""
    assert find_kind("x", pd.Series(bands * 30)).kind == "category"


def test_values_beyond_what_can_be_measured_are_numbers() -> None:
    cells = pd.Series(["<5", "5", "7", "8", ">10"] * 20)
    assert find_kind("x", cells).kind == "number"
