"""Small tables and pictures with one fault each, as the tests of the audit plant them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from PIL import Image

ROWS: Final = 240
# Codes of findings that end no run; tests/checks plants each.
WARNED: Final = frozenset({"A02", "A05", "A08", "A09", "A10", "A11", "A12", "A13", "A14"})


def houses(rows: int = ROWS) -> pd.DataFrame:
    """Return a clean table: a price that size, age and town tell in part."""
    draw = np.random.default_rng(1)
    size, age = draw.normal(100, 30, rows).round(1), draw.uniform(0, 80, rows).round(1)
    garden = draw.gamma(2, 150, rows).round(1)
    town = draw.integers(0, 3, rows)
    price = 3 * size - age + 40 * town + draw.normal(0, 25, rows)
    names = np.array(["Ulm", "Bonn", "Kiel"])[town]
    return pd.DataFrame(
        {"size": size, "age": age, "garden": garden, "town": names, "price": price.round(1)}
    )


def pets(rows: int = ROWS) -> pd.DataFrame:
    """Return a clean table of two classes, which weight tells in nine cases of ten."""
    table = houses(rows)
    high = (
        table["price"] + np.random.default_rng(2).normal(0, 25, rows) > table["price"].median()
    )
    return table.drop(columns="price").assign(pet=np.where(high, "dog", "cat"))


def before(table: pd.DataFrame, **more: Any) -> pd.DataFrame:
    """Return a table with more columns, the target last."""
    last = table.columns[-1]
    return table.drop(columns=last).assign(**more).assign(**{last: table[last]})


def copied() -> pd.DataFrame:
    return before(houses(), in_pounds=(houses()["price"] * 0.87).round(1))


def telling() -> pd.DataFrame:
    noise = np.random.default_rng(3).normal(0, 4, ROWS)
    return before(houses(), estimate=houses()["price"] + noise)


def filled() -> pd.DataFrame:
    score = np.random.default_rng(4).normal(0, 1, ROWS).round(2)
    return before(pets(), bark=np.where(pets()["pet"] == "dog", score, np.nan))


def summed() -> pd.DataFrame:
    land = (houses()["price"] * np.random.default_rng(5).uniform(0.2, 0.8, ROWS)).round(1)
    return before(houses(), land=land, building=houses()["price"] - land)


def counted() -> pd.DataFrame:
    return before(houses(), passed=np.random.default_rng(6).integers(1, 9, ROWS).cumsum())


def oversampled() -> pd.DataFrame:
    twice = pd.concat([pets(), pets().head(60)], ignore_index=True)
    other = pets().tail(1).assign(pet=["dog" if pets()["pet"].iloc[-1] == "cat" else "cat"])
    return pd.concat([twice, other], ignore_index=True)


def jittered() -> pd.DataFrame:
    again = houses().head(80).copy()
    noise = np.random.default_rng(7).normal(0, 0.1, (80, 3))
    again[["size", "age", "garden"]] += noise
    return pd.concat([houses(), again], ignore_index=True)


def with_test(share: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a table, and test rows of which a share stands in the table too."""
    test = houses().tail(60)
    kept = test.head(round(60 * share))
    return pd.concat([houses().head(180), kept], ignore_index=True), test


def unlike() -> tuple[pd.DataFrame, pd.DataFrame]:
    order = houses().sort_values("size", ignore_index=True)
    return order.head(180), order.tail(60)


def grouped() -> pd.DataFrame:
    draw = np.random.default_rng(8)
    person = np.arange(30).repeat(8)
    height, pulse, mood = (draw.normal(0, 1, 30)[person] for _ in range(3))
    return pd.DataFrame(
        {
            "patient": [f"p{number}" for number in person],
            "height": height + draw.normal(0, 0.05, ROWS),
            "pulse": pulse + draw.normal(0, 0.05, ROWS),
            "risk": mood + draw.normal(0, 0.1, ROWS),
        }
    )


def dated() -> pd.DataFrame:
    draw = np.random.default_rng(9)
    day = np.sort(draw.integers(0, 900, ROWS))
    level = 60 * np.sin(day / 60) + 0.2 * day
    table = before(houses(), sold=pd.Timestamp("2020-01-01") + pd.to_timedelta(day, unit="D"))
    return table.assign(price=table["price"] / 10 + level)


def rare() -> pd.DataFrame:
    table = pets()
    table.loc[table.index % 60 == 7, "pet"] = "ferret"
    return table


def mislabelled() -> pd.DataFrame:
    draw = np.random.default_rng(10)
    x = draw.normal(0, 1, (400, 3))
    pet = np.where(x[:, 0] > 0.2, "dog", "cat")
    other = draw.random(400) < 0.06
    pet[other] = np.where(pet[other] == "dog", "cat", "dog")
    return pd.DataFrame({"ears": x[:, 0], "tail": x[:, 1], "fur": x[:, 2], "pet": pet})


def write_pets(home: Path, paint: Callable[..., Image.Image], count: int = 30) -> Path:
    """Write a folder of cats and dogs, each as ``paint(generator, kind, number)`` shows it."""
    draw = np.random.default_rng(11)
    for kind in ("cats", "dogs"):
        (home / kind).mkdir(parents=True)
        for number in range(count):
            paint(draw, kind, number).save(home / kind / f"{kind}{number}.png")
    return home


def scene(draw: np.random.Generator, _kind: str, _number: int, side: int = 32) -> Image.Image:
    """Return a picture of blocks, which is like no other."""
    blocks = draw.integers(0, 255, (4, 4, 3), dtype=np.uint8)
    return Image.fromarray(blocks).resize((side, side), Image.Resampling.NEAREST)
