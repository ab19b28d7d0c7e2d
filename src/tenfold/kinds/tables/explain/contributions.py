"""Shapley values: what each cell of a row adds to the answer.

Shape letters in this file:
    C  columns    K  walks from another row to the one that is explained
    P  columns of numbers    Q  columns of codes
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.data.columns.encode import Encoded, encode_inputs, places_of
from tenfold.data.tables.table import Table
from tenfold.kinds.tables.explain.parts import Contributions, Share
from tenfold.kinds.tables.table_model import TableModel, coded_rows
from tenfold.seeds import Streams

WALKS: Final = 512
MOST_ANSWERS: Final = 40_000  # that may be asked for; of many columns fewer walks are made
MOST_STARTS: Final = 2_000  # rows that starts are chosen among
WIDE: Final = 1.96  # standard errors of an interval of 95 %


@dataclass(frozen=True, slots=True, eq=False)
class Walks:
    """Ways from other rows to the one that is explained, the same for each.

    Attributes
    ----------
    numbers : ndarray of shape (K, P)
    codes : ndarray of shape (K, Q)
        The rows that walks start from.
    orders : ndarray of shape (K, C)
        In which order the columns take their values; two walks go opposite ways.
    """

    numbers: NDArray[np.float64]
    codes: NDArray[np.int64]
    orders: NDArray[np.int64]

    @classmethod
    def of(cls, model: TableModel, others: Encoded, streams: Streams) -> "Walks":
        """Draw walks from the stream ``contributions``."""
        columns = len(places_of(model.schema))
        walks = max(2, min(WALKS, MOST_ANSWERS // (columns + 1)) // 2 * 2)
        generator = streams.generator("contributions")
        starts = _spread_out(model, others, walks, generator)
        orders = _orders(columns, walks, generator)
        return cls(others.numbers[starts].astype(np.float64), others.codes[starts], orders)


def contributions_of(
    model: TableModel, table: Table, row: int, walks: Walks, output: int | None
) -> Contributions:
    """Return what each cell of a row adds to the answer of the ensemble.

    On a walk from another row to this one, cell after cell takes its value here, in an order
    drawn at random; what the answer moves by is the cell's share. The mean over walks is
    the Shapley value with the other rows as background (Strumbelj and Kononenko, 2014). Each
    order is walked backwards too, and walks start from rows whose answers are spread as those
    of all rows: both make the sampling's error small.

    Parameters
    ----------
    model : TableModel
    table : Table
        Holds the row.
    row : int
        Its position.
    walks : Walks
    output : int or None
        Which output is explained; by default that of the most probable class.
    """
    numbers, codes = encode_inputs(table.frame.iloc[[row]], model.schema, table.decimal)
    places = list(places_of(model.schema).items())
    asked_numbers, asked_codes = [], []
    for start, order in enumerate(walks.orders):
        at_numbers, at_codes = walks.numbers[start].copy(), walks.codes[start].copy()
        asked_numbers.append(at_numbers.copy())
        asked_codes.append(at_codes.copy())
        for column in order:
            own_numbers, own_codes = places[column][1]
            at_numbers[own_numbers] = numbers[0, own_numbers]
            at_codes[own_codes] = codes[0, own_codes]
            asked_numbers.append(at_numbers.copy())
            asked_codes.append(at_codes.copy())
    answers = model.answers_coded(
        coded_rows(model.network, np.stack(asked_numbers), np.stack(asked_codes))
    )
    if output is None:
        output = 0 if model.schema.task == "regression" else int(answers[len(places)].argmax())
    paths = answers[:, output].reshape(-1, len(places) + 1)
    shares_KC = np.empty(walks.orders.shape)
    np.put_along_axis(shares_KC, walks.orders, np.diff(paths, axis=1), axis=1)
    return Contributions(
        row=str(table.lines[row]),
        of=model.schema.classes[output] if model.schema.classes else model.schema.target,
        base=float(paths[:, 0].mean()),
        answer=float(paths[0, -1]),
        shares=_shares(shares_KC, [name for name, _ in places], _cells(table, row)),
    )


def _cells(table: Table, row: int) -> dict[str, str]:
    """Return the cells of a row as text, empty where there is nothing."""
    cells = table.frame.iloc[row]
    return {str(name): "" if pd.isna(cell) else str(cell) for name, cell in cells.items()}


def _spread_out(
    model: TableModel, others: Encoded, walks: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Return rows to start from, whose answers are spread as those of all rows."""
    drawn = generator.permutation(len(others))[:MOST_STARTS]
    numbers = others.numbers[drawn].astype(np.float64)
    said = model.answers_coded(coded_rows(model.network, numbers, others.codes[drawn]))
    ranked = drawn[np.argsort(said[:, -1], kind="stable")]
    at = (np.arange(walks) + 0.5) / walks * len(ranked)
    return generator.permutation(ranked[at.astype(np.int64)])


def _orders(columns: int, walks: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Return the order of columns of each walk; two walks go opposite ways."""
    half = [generator.permutation(columns) for _ in range(walks // 2)]
    return np.stack([order for one in half for order in (one, one[::-1])])


def _shares(
    shares_KC: NDArray[np.float64], names: list[str], cells: dict[str, str]
) -> tuple[Share, ...]:
    """Return the mean share of each column, largest first."""
    pairs = shares_KC.reshape(-1, 2, shares_KC.shape[1]).mean(axis=1)  # two ways are one draw
    means = pairs.mean(axis=0)
    spread = pairs.std(axis=0, ddof=1) if len(pairs) > 1 else np.zeros_like(means)
    half = WIDE * spread / np.sqrt(len(pairs))
    found = [
        Share(
            column=name,
            cell=cells[name],
            value=float(mean),
            low=float(mean - off),
            high=float(mean + off),
        )
        for name, mean, off in zip(names, means, half, strict=True)
    ]
    return tuple(sorted(found, key=lambda share: -abs(share.value)))
