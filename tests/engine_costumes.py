"""One table, made up, in all the costumes that tables come in.

A table is a list of columns of plain Python cells. A costume turns it into a source that
``read_table`` takes, and says what has to be told about it: nothing but the separator and
the decimal sign of text whose cells may be too few to show them.
"""

import csv
import datetime
import gzip
import importlib
import importlib.util
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import strategies as some

from tenfold.read_options import ReadOptions

Columns = dict[str, list[Any]]

# Words that tell costumes apart if any could: odd spaces, Unicode, what looks like a number, a
# code, a version, a truth value, a date or an empty cell.
WORDS: Final = (
    *("red", " red", "red ", "\u00a0red\u2009", "Red", "dark  blue", "dark\u00a0blue"),
    *(
        "Z\u00fcrich",
        "Zu\u0308rich",
        "\u200bzero",
        "\u4e2d\u6587",
        "a,b",
        "a;b",
        'say "x"',
        "it's",
    ),
    *(
        "None",
        "none",
        "n/a",
        "-",
        "1",
        "1.0",
        "+1",
        "01",
        "01296",
        "1296",
        "1.10",
        "1.1",
        "1e3",
    ),
    *("1000", "true", "True", "yes", "no", "2024-01-05", "12:30", "inf", "x"),
)
REMARKS: Final = "the flat is very bright, near a l\u00e4rmige road; no lift and 2 stairs."
EMPTY: Final = (None, None, "", "  ", "\u00a0", "NA", "nan", "?", " NULL ")

_DAY = datetime.date(1969, 12, 30)


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """A table, and the columns that the user declares to be categories."""

    columns: Columns
    categories: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))


def gappy(cells: Any, rows: int, empty: Any = None) -> Any:
    """Return lists of cells, of which some are empty in every second column or so."""
    holes = some.none() if empty is None else empty
    mixed = some.one_of(cells, cells, cells, cells, holes)
    return some.lists(cells, min_size=rows, max_size=rows) | some.lists(
        mixed, min_size=rows, max_size=rows
    )


def column(rows: int) -> Any:
    """Return columns of every kind."""
    few = some.integers(-3, 3)
    # Excel keeps fifteen digits: with more, its file would be of another table.
    floats = some.floats(-1e6, 1e6).map(lambda number: float(f"{number:.15g}"))
    seconds = some.integers(-200_000, 400_000)
    day = some.integers(0, 40_000).map(lambda d: _DAY + datetime.timedelta(days=d))
    kinds = {
        "float": floats | few.map(float) | some.sampled_from([0.1, 1e-7, 1e22]),
        "round": some.integers(-9_999, 9_999).map(lambda n: n / 100),
        "int": some.integers(-1_000, 1_000),
        "few": few,
        "large": some.integers(-(2**53), 2**53),
        "bool": some.booleans(),
        "day": day,
        "moment": some.datetimes(pd.Timestamp("1950-01-01"), pd.Timestamp("2100-01-01")).map(
            lambda moment: moment.replace(microsecond=moment.microsecond % 2 * 500_000)
        ),
        "duration": seconds.map(lambda s: datetime.timedelta(seconds=s)),
        "clock": some.times().map(lambda clock: clock.replace(microsecond=0)),
        "code": some.integers(0, 4) | some.just(2**53 + 1),
        "float code": some.sampled_from([0.5, 1.251, -2.0, 10.0, 1e-7, 2.5e-05, 1e16]),
        "text code": some.sampled_from(["5", "5.0", "+5", "6", "1e1", "2.5"]),
        "mixed": few | some.sampled_from([0.5, 2.0, True, False, "x", " 2", "2.0"]),
    }
    typed = some.sampled_from(sorted(kinds)).flatmap(
        lambda kind: some.tuples(some.just(kind), gappy(kinds[kind], rows))
    )
    some_words = some.lists(some.sampled_from(WORDS), min_size=1, max_size=6).flatmap(
        lambda words: gappy(some.sampled_from(words), rows, some.sampled_from(EMPTY))
    )
    return typed | some_words.map(lambda cells: ("words", cells))


@some.composite
def tables(draw: Any, least: int = 1) -> Made:
    """Draw tables of one column to five, and a target ``y``."""
    rows = draw(some.integers(6, 26))
    drawn = draw(some.lists(column(rows), min_size=least, max_size=5))
    columns = {f"{kind} {at}": cells for at, (kind, cells) in enumerate(drawn)}
    target = draw(
        some.sampled_from(
            [
                [at / 4 for at in range(rows)],
                [at % 3 for at in range(rows)],
                [float(at % 3) for at in range(rows)],
                ["None" if at % 3 else " b" for at in range(rows)],
                [at % 2 == 0 for at in range(rows)],
            ]
        )
    )
    declared = tuple(name for name in columns if "code" in name)
    return Made(columns=columns | {"y": target}, categories=declared)


def houses(rows: int, seed: int = 0) -> Made:
    """Return a table with a column of every kind, whose target can be learnt."""
    rng = np.random.default_rng([seed, rows])
    start = datetime.datetime(2020, 1, 1, 6)  # noqa: DTZ001 - as tables mostly have them

    def holes(cells: list[Any]) -> list[Any]:
        empty = rng.random(rows) < 0.1
        return [None if hole else cell for cell, hole in zip(cells, empty, strict=True)]

    size = rng.normal(80, 20, rows).round(2).tolist()
    zone = rng.integers(1, 5, rows).tolist()
    words = ["None", " red", "red", "Z\u00fcrich", "Zu\u0308rich", "NA", "  ", "2.0", "2", "01"]
    minutes = rng.integers(0, 1_440, rows).tolist()
    days = rng.integers(0, 900, rows).tolist()
    some_words = np.resize([1, 2, 3, 4], rows).tolist()
    columns = {
        "size": holes(size),
        "rooms": holes(rng.integers(1, 9, rows).tolist()),
        "lift": holes((rng.random(rows) < 0.5).tolist()),
        "zone code": holes(zone),
        "word": [words[at] for at in rng.integers(0, len(words), rows)],
        "built": holes([start.date() + datetime.timedelta(days=day) for day in days]),
        "sold": holes([start + datetime.timedelta(minutes=m) for m in minutes]),
        "drive": holes([datetime.timedelta(minutes=m) for m in minutes]),
        "tags": holes([";".join(rng.permutation(list("ABCDE"))[:n]) for n in some_words]),
        "remark": holes([" ".join(rng.choice(REMARKS.split(), n + 3)) for n in some_words]),
        "opens": holes([(start + datetime.timedelta(minutes=m)).time() for m in minutes]),
    }
    worth = 3 * np.array(size) + 40 * np.array(zone) + rng.normal(0, 5, rows)
    return Made(columns=columns | {"y": worth.round(3).tolist()}, categories=("zone code",))


def text_of(cell: Any) -> str | None:
    """Return a cell as pandas writes it to a CSV file."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, datetime.timedelta):
        return str(pd.Timedelta(cell))
    return repr(cell) if isinstance(cell, float) else str(cell)


def _typed(made: Made) -> pd.DataFrame:
    """Return a table as pandas holds it if nobody says how, as long as that rounds nothing."""
    return pd.DataFrame({name: _series(cells) for name, cells in made.columns.items()})


def _series(cells: list[Any]) -> "pd.Series[Any]":
    if None in cells and any(isinstance(cell, int) and cell > 2**53 for cell in cells):
        return pd.Series(cells, dtype="Int64")
    return pd.Series(cells)


def _of_one_type(made: Made) -> Made:
    """Return a table for those who know no columns of several types, which become text."""
    columns = {
        name: [*map(text_of, cells)] if name.startswith("mixed") else cells
        for name, cells in made.columns.items()
    }
    return Made(columns=columns, categories=made.categories)


def _objects(made: Made) -> pd.DataFrame:
    return pd.DataFrame(
        {name: pd.Series(cells, dtype=object) for name, cells in made.columns.items()}
    )


def _texts(made: Made, dtype: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: pd.Series([text_of(cell) for cell in cells], dtype=dtype)
            for name, cells in made.columns.items()
        }
    )


def _separated(made: Made, path: Path, separator: str, decimal: str = ".") -> Path:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=separator)
        writer.writerow(made.columns)
        for row in zip(*made.columns.values(), strict=True):
            texts = [text_of(cell) for cell in row]
            if decimal != ".":
                texts = [
                    text.replace(".", decimal) if isinstance(cell, float) and text else text
                    for cell, text in zip(row, texts, strict=True)
                ]
            if texts in ([None], [""]):
                file.write('""\r\n')  # or the line would be blank
            else:
                writer.writerow(texts)
    return path


def _excel(made: Made, path: Path) -> Path:
    book = importlib.import_module("openpyxl").Workbook()
    sheet = book.active
    sheet.append(list(made.columns))
    for row in zip(*made.columns.values(), strict=True):
        # A number of more than fifteen digits only stands in a sheet as text.
        sheet.append([str(c) if isinstance(c, int) and c > 2**53 else c for c in row])
    book.save(path)
    return path


def _parquet(made: Made, path: Path) -> Path:
    _typed(_of_one_type(made)).to_parquet(path, index=False)
    return path


def _categories(made: Made) -> pd.DataFrame:
    """Return words as declared categories, as long as that says nothing new."""
    frame = _objects(made)
    for name, cells in made.columns.items():
        filled = [cell for cell in cells if cell is not None]
        if name in made.categories or (name.startswith("words") and not _plain(filled)):
            frame[name] = frame[name].astype("category")
    return frame


def _plain(cells: list[str]) -> bool:
    """Tell whether words may be numbers, truth values, dates or clock times to a reader."""
    return all(any(c.isdigit() for c in cell) or len(cell.strip()) < 5 for cell in cells)


def records(made: Made) -> list[dict[str, Any]]:
    """Return rows as JSON brings them: what JSON has no word for is text."""
    rows = [
        {
            name: cell if isinstance(cell, str | float | int | None) else text_of(cell)
            for name, cell in zip(made.columns, row, strict=True)
        }
        for row in zip(*made.columns.values(), strict=True)
    ]
    found: list[dict[str, Any]] = json.loads(json.dumps(rows))
    return found


def _of_json(made: Made) -> pd.DataFrame:
    return pd.DataFrame(records(made), columns=list(made.columns), dtype=object)


def _arrow(made: Made) -> Any:
    return pa.table(_of_one_type(made).columns)


def _polars(made: Made) -> Any:
    return importlib.import_module("polars").DataFrame(_of_one_type(made).columns)


Costume = Callable[[Made, Path], Any]
COSTUMES: Final[dict[str, Costume]] = {
    "CSV": lambda made, home: _separated(made, home / "t.csv", ","),
    "CSV with commas": lambda made, home: _separated(made, home / "c.csv", ";", ","),
    "TSV": lambda made, home: _separated(made, home / "t.tsv", "\t"),
    "CSV in gzip": lambda made, home: _separated(made, home / "t.csv.gz", ","),
    "Excel": lambda made, home: _excel(made, home / "t.xlsx"),
    "Parquet": lambda made, home: _parquet(made, home / "t.parquet"),
    "frame": lambda made, home: _typed(made),
    "objects": lambda made, home: _objects(made),
    "strings": lambda made, home: _texts(made, "string"),
    "nullable": lambda made, home: _typed(made).convert_dtypes(),
    "Arrow dtypes": lambda made, home: _arrow(made).to_pandas(types_mapper=pd.ArrowDtype),
    "Arrow table": lambda made, home: _arrow(made),
    "categories": lambda made, home: _categories(made),
    "JSON": lambda made, home: _of_json(made),
}
if importlib.util.find_spec("polars"):
    COSTUMES["polars"] = lambda made, home: _polars(made)

SEPARATORS: Final = {"CSV with commas": ";", "TSV": "\t", "CSV": ",", "CSV in gzip": ","}


def options_for(costume: str) -> ReadOptions:
    """Return what a user has to say of a costume whose cells may be too few to show it."""
    separator = SEPARATORS.get(costume)
    if separator is None:
        return ReadOptions(missing=None)
    decimal = "," if costume == "CSV with commas" else "."
    return ReadOptions(missing=None, separator=separator, header=True, decimal=decimal)


def dressed(made: Made, home: Path) -> Iterator[tuple[str, Any, ReadOptions]]:
    """Yield each costume of a table: its name, the source, and what is told about it."""
    for name, costume in COSTUMES.items():
        yield name, costume(made, home), options_for(name)
