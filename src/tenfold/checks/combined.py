"""Columns that give the target together: sums, products, and text that spells it."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tenfold.checks.column_readings import FEWEST, Reading, spread, step_of
from tenfold.checks.finding import Finding
from tenfold.config import Task
from tenfold.data.cells.parse import to_categories, to_spelling
from tenfold.data.columns.schema import Schema
from tenfold.data.tables.table import Table

ROWS: Final = 2_000  # that are looked at
EXACT: Final = 1e-9  # share of the variance that rounding leaves
WHOLE: Final = 1e-3  # how near a factor of a sum is to plus or minus one
NEARLY_WHOLE: Final = 0.1  # the same of rounded numbers
SEEN: Final = 0.02  # of the target's spread, that a part of rounded numbers makes at least
ROUNDED: Final = 1.01  # times half a step, that a rounded number is off at most
ROUGH: Final = 0.1  # of the target's spread, that rounding may hide
SPELT: Final = 0.5  # rows of a text that hold some target
RIGHT: Final = 0.98  # of these, those that hold theirs

Numbers = NDArray[np.float64]
_NUMBERS: Final = re.compile(r"\d+(?:\.\d+)?")


def check_sums(
    columns: Sequence[Reading], target: NDArray[np.float64], name: str
) -> Iterator[Finding]:
    """Yield whether numbers add up to the target, or multiply to it: A04."""
    numbers = [c for c in columns if not c.categorical and not c.mark]
    full = [c for c in numbers if c.filled.all() and np.ptp(c.values) > 0]
    if len(full) < 2 or len(target) < 5 * len(full) + FEWEST:
        return
    pick = spread(len(target), ROWS)
    x_NP = np.stack([c.values for c in full], axis=1)[pick]
    y_N = target[pick]
    if not y_N.std():
        return
    parts, sign, how = _sum_of(x_NP, y_N), " + ", "add up to"
    if not parts:
        positive = np.asarray((x_NP > 0).all(axis=0))
        if positive.sum() < 2 or not (y_N > 0).all():
            return
        full = [c for c, good in zip(full, positive, strict=True) if good]
        parts, sign = _product_of(x_NP[:, positive], y_N), " * "
        how = "multiply or divide to"
    if len(parts) < 2:
        return
    yield Finding(
        code="A04",
        severity="error",
        fact=f"{len(parts)} columns {how} the target {name!r}, in every row",
        place={
            "columns": sign.join(repr(full[i].name) for i in parts),
            "rows": f"{len(pick):,} checked",
        },
        fix=(
            f"leave one of them out: --kind {full[parts[0]].name!r}=constant",
            "use the formula instead, if its parts are known beforehand",
        ),
    )


def _sum_of(x_NP: Numbers, y_N: Numbers) -> list[int]:
    """Return the columns whose sum, each with plus or minus, is the target but for rounding."""
    factor_P, exact = _factors(x_NP, y_N)
    part = np.flatnonzero(factor_P)
    if exact or len(part) < 2:
        return part.tolist()
    left = y_N - x_NP @ factor_P
    left -= (left.max() + left.min()) / 2
    steps = [np.full(len(y_N), step_of(x_NP[:, i])) for i in part]
    return part.tolist() if _is_rounding(left, steps, y_N) else []


def _product_of(x_NP: Numbers, y_N: Numbers) -> list[int]:
    """Return the columns that multiply or divide to the target but for rounding."""
    factor_P, exact = _factors(np.log(x_NP), np.log(y_N))
    part = np.flatnonzero(factor_P)
    if exact or len(part) < 2:
        return part.tolist()
    product_N = np.exp(np.log(x_NP) @ factor_P)
    product_N *= float(np.median(y_N / product_N))
    steps = [product_N * step_of(x_NP[:, i]) / x_NP[:, i] for i in part]
    return part.tolist() if _is_rounding(y_N - product_N, steps, y_N) else []


def _is_rounding(left_N: Numbers, steps: Sequence[Numbers], y_N: Numbers) -> bool:
    """Tell whether what is left of a target is not more than rounding explains.

    Parameters
    ----------
    left_N : ndarray of shape (N,)
    steps : sequence of ndarray of shape (N,)
        What a step of each part makes of the target. Parts in which it makes much, such as
        counts of items, have to be exact.
    y_N : ndarray of shape (N,)
    """
    most = 2 * ROUGH * y_N.std() / ROUNDED
    steps_N = np.full(len(y_N), step_of(y_N))
    for one in sorted(steps, key=np.max):
        if (steps_N + one).max() <= most:
            steps_N += one
    return bool(steps_N.max() <= most and (np.abs(left_N) <= ROUNDED * steps_N / 2).all())


def _factors(x_NP: Numbers, y_N: Numbers) -> tuple[Numbers, bool]:
    """Return 1 or -1 for columns that are parts of the target, 0 for others; none if none are.

    Returns
    -------
    factor_P : ndarray of shape (P,)
    exact : bool
        Whether nothing is left that has to be rounding.
    """
    shift, scale = x_NP.mean(axis=0), x_NP.std(axis=0)
    used = scale > 0
    scaled = (x_NP - shift) / np.where(used, scale, 1)
    y = y_N - y_N.mean()
    if not used.any() or not y.std():
        return np.zeros(x_NP.shape[1]), False
    factor, *_ = np.linalg.lstsq(scaled, y / y.std(), rcond=1e-10)
    left = y / y.std() - scaled @ factor
    exact = bool((left**2).mean() <= EXACT)
    plain = factor * y.std() / np.where(used, scale, 1)
    part = np.abs(factor) > (1e-4 if exact else SEEN)
    one = np.abs(np.abs(plain) - 1) < (WHOLE if exact else NEARLY_WHOLE)
    if (part & ~one).any() or (left**2).mean() > ROUGH**2:
        return np.zeros(x_NP.shape[1]), False
    return np.where(part, np.sign(plain), 0.0), exact


def check_texts(
    table: Table, schema: Schema, target: NDArray[Any], task: Task
) -> Iterator[Finding]:
    """Yield columns of categories whose cells spell the target out: A01."""
    pick = spread(len(table), ROWS)
    truth = to_spelling(table.frame[schema.target].iloc[pick], schema.classes, table.decimal)
    for column in schema.columns:
        if column.kind not in {"category", "date", "text", "list"}:
            continue
        cells = to_categories(table.frame[column.name].iloc[pick], table.decimal)
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
            severity="error",
            fact=f"column {column.name!r} contains the target {schema.target!r} as text",
            place={
                "column": column.name,
                "evidence": f"{right:,} of {len(pick):,} cells contain it, as in {example!r}",
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
