"""A table of any length, made in blocks: ten numbers, three counts, five categories, dates."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

BLOCK: Final = 500_000
WORDS: Final = np.array([f"word{place}" for place in range(50)], dtype=object)


def block_of(rows: int, seed: int) -> pd.DataFrame:
    """Return rows of the table; the target is a sum of waves, steps and noise of 0.3."""
    draw = np.random.default_rng(seed)
    cells: dict[str, Any] = {f"n{j}": draw.normal(size=rows).round(4) for j in range(10)}
    cells |= {f"k{j}": draw.integers(0, 100, rows) for j in range(3)}
    places = [(draw.random(rows) ** 2 * len(WORDS)).astype(int) for _ in range(5)]
    cells |= {f"w{j}": WORDS[place] for j, place in enumerate(places)}
    days = pd.to_timedelta(draw.integers(0, 1_500, rows), unit="D")
    cells["day"] = pd.Timestamp("2020-01-01") + days
    target = cells["n0"] + np.sin(2 * cells["n1"]) + 0.02 * places[0]
    target += 0.5 * cells["n2"] * (cells["k0"] > 50) + draw.normal(size=rows) * 0.3
    return pd.DataFrame(cells | {"y": target.round(4)})


def blocks(rows: int) -> Iterator[pd.DataFrame]:
    """Yield the rows of a table in blocks."""
    for seed, begin in enumerate(range(0, rows, BLOCK), start=1):
        yield block_of(min(BLOCK, rows - begin), seed)


def write(path: Path, rows: int) -> None:
    """Write a table as Parquet or CSV, by the suffix."""
    if path.suffix == ".csv":
        for number, block in enumerate(blocks(rows)):
            block.to_csv(path, index=False, header=number == 0, mode="a" if number else "w")
        return
    parts = map(pa.Table.from_pandas, blocks(rows))
    first = next(parts)
    with pq.ParquetWriter(path, first.schema) as writer:
        writer.write_table(first)
        for part in parts:
            writer.write_table(part)


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
