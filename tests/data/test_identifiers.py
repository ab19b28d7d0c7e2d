"""What only names or counts rows is left out; what measures something is not."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tenfold.config import SchemaOptions, SplitOptions
from tenfold.data.columns.column_kind import find_kind
from tenfold.data.columns.schema import infer_schema
from tenfold.data.files.read import read_table

SCATTERED = [(7 * n * n) % 9_973 for n in range(1, 61)]


def kind_of(name: str, cells: Any) -> tuple[str, str]:
    found = find_kind(name, pd.Series(list(cells)))
    return found.kind, found.why


@pytest.mark.parametrize(
    "name",
    [
        *(
            "id",
            "ID",
            "Id",
            "customerId",
            "CustomerID",
            "userid",
            "user_id",
            "order_id",
            "rownames",
        ),
        *(
            "row_names",
            "row.names",
            "Unnamed: 0",
            "index",
            "PassengerId",
            "patientnr",
            "level_0",
        ),
    ],
)
def test_a_name_for_an_identifier_is_believed_if_hardly_a_value_occurs_twice(name: str) -> None:
    assert len(set(SCATTERED)) == len(SCATTERED)
    why = "its name says so and no value occurs twice"
    assert kind_of(name, SCATTERED) == ("identifier", why)
    assert kind_of(name, map(str, SCATTERED)) == ("identifier", why)
    why = "its name says so and 60 of 61 values are different"
    assert kind_of(name, [*SCATTERED, SCATTERED[0]]) == ("identifier", why)
    assert kind_of(name, [*SCATTERED, *SCATTERED[:5]])[0] == "number"  # they name a group


def test_a_first_column_without_a_name_is_an_index_if_no_value_occurs_twice(
    tmp_path: Path,
) -> None:
    def kinds(header: str, numbers: list[int]) -> dict[str, str]:
        rows = "".join(f"{n},{n % 7},{n % 11 / 7}\n" for n in numbers)
        (tmp_path / "t.csv").write_text(header + rows)
        table = read_table(tmp_path / "t.csv")
        target = list(table.frame.columns)[-1]
        schema = infer_schema(table, target, SchemaOptions(), SplitOptions())
        return {column.name: column.kind for column in schema.columns}

    sampled = [n * 10 + 5 for n in SCATTERED]  # so that they are no counter with gaps
    assert kinds(",a,y\n", sampled)["column 1"] == "identifier"
    assert kinds(",a,y\n", [*sampled, sampled[0]])["column 1"] == "number"
    assert kinds("b,a,y\n", sampled)["b"] == "number"
    assert kinds("", sampled)["column 1"] == "number"  # no column has a name


@pytest.mark.parametrize(
    "name",
    [
        *("OBJECTID", "objectid", "subjid", "USUBJID", "hhid", "pk", "seqn", "persnr", "kdnr"),
        *("Kundennummer", "Artikelnummer", "Matrikelnummer", "serial", "ISBN", "EAN", "uuid"),
        *(
            "\u2116",
            "n\u00b0",
            "N\u00b0 client",
            "No.",
            "Nr",
            "S.No",
            "Sl No",
            "Sr. No.",
            "ID#",
        ),
        *("lfd. Nr.", "ID_Kunde", "PatID", "Order #", "row number", "EmployeeNumber", "DR_NO"),
        *(
            "n\u00famero de cliente",
            "Serial Number",
            "customer key",
            "Unique Key",
            "_id",
            "id.1",
        ),
        *("Customer ID (internal)", "case", "Respondent", "klantnummer", "loan_nr", "idx"),
    ],
)
def test_identifiers_are_known_by_their_names_in_many_tables(name: str) -> None:
    assert kind_of(name, SCATTERED)[0] == "identifier"


@pytest.mark.parametrize(
    "name",
    [
        *("No. of users", "price_index", "NO (ppb)", "Body Mass Index", "nr_employed", "NO"),
        *("no_of_visits", "key_rate", "store_number_sold", "index_of_price", "num_rooms"),
        *("number of orders", "# users", "No. employees", "heat index", "Nr. of beds", "rank"),
        *("id_count", "number", "num_item", "customer count", "order value", "phone_minutes"),
        *(
            "N\u00famero de pedidos",
            "key performance",
            "code lines",
            "row spacing",
            "userscore",
        ),
        *("monkey", "casino", "grid", "domino", "covid", "lipid", "candidates", "student debt"),
        *(
            "No (ppb)",
            "Index (1990 = 100)",
            "NO2",
            "no2",
            "O3",
            "PM10",
            "Nr_Zimmer_gesamt",
            "test score",
            "unit price",
        ),
    ],
)
def test_what_measures_is_learnt_from_though_its_name_holds_a_word_for_a_number(
    name: str,
) -> None:
    assert kind_of(name, SCATTERED)[0] == "number"


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("price", range(1, 500)),
        ("population", np.delete(np.arange(3_000, 3_350), range(3, 300, 7))),
        ("temperature", range(50, 350)),
        ("co2", range(315, 615)),
        ("Verkaufspreis", range(1, 500)),
        ("dist_km", range(0, 5_000, 10)),
        ("sales (USD)", range(1, 500)),
        ("income", np.random.default_rng(3).permutation(400) + 1),
        # Of names that no list holds:
        ("chromaticity", range(50, 350)),
        ("chromaticity", np.delete(np.arange(1, 500), range(3, 400, 7))),
    ],
)
def test_a_measure_is_no_counter_though_its_values_all_differ(name: str, cells: Any) -> None:
    assert kind_of(name, cells)[0] == "number"
    assert kind_of("n", cells)[0] == "identifier"  # the control


@pytest.mark.parametrize("step", [5, 10, 100])
@pytest.mark.parametrize("name", ["x", "folder", "column 1"])
def test_a_counter_may_leave_room_between_its_numbers(name: str, step: int) -> None:
    why = f"it counts the rows in steps of {step}"
    cells = np.random.default_rng(3).permutation(300) * step
    assert kind_of(name, cells) == ("identifier", why)
    assert kind_of(name, cells + step) == ("identifier", why)
    assert kind_of(name, cells + 17 * step)[0] == "number"  # levels that someone set
    assert kind_of("dose", cells)[0] == "number"


@pytest.mark.parametrize("name", ["paid", "humid", "acid", "area", "liquid", "width", "casino"])
def test_other_names_are_none(name: str) -> None:
    assert kind_of(name, SCATTERED)[0] == "number"


@pytest.mark.parametrize("first", [0, 1, 3, 10_001])
@pytest.mark.parametrize("share", [0.0, 0.05, 0.4])
def test_a_counter_is_left_out_with_and_without_gaps_in_any_order(
    first: int, share: float
) -> None:
    generator = np.random.default_rng(5)
    numbers = np.arange(first, first + 500)
    gone = generator.choice(numbers[1:-1], int(share * 500), replace=False)
    left = np.setdiff1d(numbers, gone)
    for cells in (left, left[::-1], generator.permutation(left)):
        kind, why = kind_of("n", cells)
        assert kind == "identifier", (share, why)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("year", range(1950, 2020)),
        ("built", range(1950, 2020)),  # years by their values
        ("day", range(60)),
        ("x", [n * n for n in range(60)]),  # rises from 0, but is thin
        ("x", np.cumsum([1, 4, 2, 5, 3] * 12)),  # a sorted measure
        ("x", [*range(60), 5]),  # one comes back
        ("time", np.arange(0, 60, 1)),
        # Few values that all differ may do so by chance.
        ("x", [n for n in range(40, 80) if n % 2 or n == 40]),
        ("x", np.arange(1_000, 1_600, 10)),  # levels that someone set
    ],
)
def test_a_year_a_day_and_a_sorted_measure_are_numbers(name: str, cells: Any) -> None:
    assert kind_of(name, cells)[0] == "number"


def test_addresses_and_telephone_numbers_are_left_out_even_if_they_come_back() -> None:
    addresses = [f"10.{n % 200}.{n % 7}.{n % 251}" for n in range(60)]
    phones = [f"({200 + n}) 555-{5_000 + n}" for n in range(60)]
    for cells, what in (
        (addresses, "network addresses"),
        (phones, "telephone numbers"),
        ([f"+49 171 {100_000 + n}" for n in range(60)], "telephone numbers"),
        ([f"320-555-{5_000 + n}" for n in range(60)], "telephone numbers"),
    ):
        assert kind_of("x", cells * 2) == ("identifier", f"its cells are {what}")
        assert kind_of("x", cells[:5] * 20)[0] == "category"  # five servers are five words
    assert kind_of("phone", range(3_205_550_000, 3_205_590_000, 661))[0] == "identifier"
    assert kind_of("x", range(3_205_550_000, 3_205_590_000, 661))[0] == "number"


def test_addresses_show_no_decimal_comma() -> None:
    rows = [(f"10.{100 + n}.160.114", n) for n in range(30)]
    assert read_table(pd.DataFrame(rows, columns=["ip", "y"])).decimal == "."
    parted = pd.DataFrame({"a": ["1.234.567", "2.000.000"] * 9, "y": range(18)})
    assert read_table(parted).decimal == ","  # the control


def test_codes_with_a_zero_before_them_are_words() -> None:
    found = kind_of("zip", [f"{n:05}" for n in range(694, 694 + 40)] * 2)
    assert found[0] == "category"
