"""Columns that give the target together: sums, products, and text that spells it."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tenfold.checks.columns import FEWEST, Reading, spread
from tenfold.checks.finding import Finding
from tenfold.config import Task
from tenfold.data.cells import to_words
from tenfold.data.schema import Schema
from tenfold.data.table import Table

ROWS: Final = 2_000  # that are looked at
EXACT: Final = 1e-9  # share of the variance that rounding leaves
WHOLE: Final = 1e-3  # how near a factor of a sum is to plus or minus one
SPELT: Final = 0.5  # rows of a text that hold some target
RIGHT: Final = 0.98  # of these, those that hold theirs

_NUMBERS: Final = re.compile(r"\d+(?:\.\d+)?")


def check_sums(
    columns: Sequence[Reading], target: NDArray[np.float64], name: str
) -> Iterator[Finding]:
    """Yield whether numbers add up to the target, or multiply to it: A04."""
    full = [c for c in columns if not c.words and c.filled.all() and np.ptp(c.values) > 0]
    if len(full) < 2 or len(target) < 5 * len(full) + FEWEST:
        return
    pick = spread(len(target), ROWS)
    x_NP = np.stack([c.values for c in full], axis=1)[pick]
    y_N = target[pick]
    parts, sign, how = _parts(x_NP, y_N), " + ", "add up to"
    if not parts:
        positive = np.asarray((x_NP > 0).all(axis=0))
        if positive.sum() < 2 or not (y_N > 0).all():
            return
        full = [c for c, good in zip(full, positive, strict=True) if good]
        parts, sign = _parts(np.log(x_NP[:, positive]), np.log(y_N)), " * "
        how = "multiply or divide to"
    if len(parts) < 2:
        return
    yield Finding(
        code="A04",
        severity="stops",
        fact=f"{len(parts)} columns {how} the target {name!r}, in every row",
        place={
            "columns": sign.join(repr(full[i].name) for i in parts),
            "rows": f"{len(pick):,} looked at",
        },
        fix=(
            f"leave one of them out: --kind {full[parts[0]].name!r}=constant",
            "use the formula, if its parts are known beforehand",
        ),
    )


def _parts(x_NP: NDArray[np.float64], y_N: NDArray[np.float64]) -> list[int]:
    """Return the columns whose sum, each with plus or minus, is exactly the target."""
    shift, scale = x_NP.mean(axis=0), x_NP.std(axis=0)
    used = scale > 0
    scaled = (x_NP - shift) / np.where(used, scale, 1)
    y = y_N - y_N.mean()
    factor, *_ = np.linalg.lstsq(scaled, y, rcond=1e-10)
    left = y - scaled @ factor
    if not used.any() or (left**2).mean() > EXACT * (y**2).mean():
        return []
    plain = factor / np.where(used, scale, 1)
    part = np.flatnonzero(np.abs(factor) > 1e-4 * y.std())
    return [int(i) for i in part] if (np.abs(np.abs(plain[part]) - 1) < WHOLE).all() else []


def check_texts(
    table: Table, schema: Schema, target: NDArray[Any], task: Task
) -> Iterator[Finding]:
    """Yield columns of words whose cells spell the target out: A01."""
    pick = spread(len(table), ROWS)
    truth = to_words(table.frame[schema.target].iloc[pick], table.decimal)
    for column in schema.columns:
        if column.kind not in {"category", "date"}:
            continue
        cells = to_words(table.frame[column.name].iloc[pick], table.decimal)
        if len(set(cells)) <= 2:
            continue
        some, right = (
            _numbers_in(cells, target[pick])
            if task == "regression"
            else _words_in(cells, truth, schema.classes)
        )
        if some < max(FEWEST, SPELT * len(pick)) or right < RIGHT * some:
            continue
        example = next(cell for cell in cells if cell is not None)
        yield Finding(
            code="A01",
            severity="stops",
            fact=f"column {column.name!r} spells out the target {schema.target!r}",
            place={
                "column": column.name,
                "shown by": f"{right:,} of {len(pick):,} cells hold it, as in {example!r}",
            },
            fix=(f"leave the column out: --kind {column.name!r}=constant",),
        )


def _numbers_in(cells: NDArray[np.object_], y: NDArray[np.float64]) -> tuple[int, int]:
    """Return in how many cells there is a number, and in how many it is the target."""
    if len(np.unique(y)) < FEWEST / 2:
        return 0, 0
    some = right = 0
    for cell, value in zip(cells, y, strict=True):
        found = [float(text) for text in _NUMBERS.findall(cell or "")]
        some += bool(found)
        right += any(abs(number - abs(value)) <= 1e-9 * abs(value) for number in found)
    return some, right


def _words_in(
    cells: NDArray[np.object_], truth: NDArray[np.object_], classes: Sequence[str]
) -> tuple[int, int]:
    """Return in how many cells there is a class's name, and in how many the right one alone."""
    # The longest first: "not spam" holds "spam".
    names = sorted((re.escape(name.lower()) for name in classes), key=len, reverse=True)
    whole = re.compile(rf"(?<![^\W_])(?:{'|'.join(names)})(?![^\W_])")
    some = right = 0
    for cell, label in zip(cells, truth, strict=True):
        found = set(whole.findall((cell or "").lower()))
        some += bool(found)
        right += found == {str(label).lower()}
    return some, right
