"""What is found of columns and cells, with its types; ``explain.json`` holds it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Importance:
    """How much larger the error gets when a column's cells are dealt out anew.

    Attributes
    ----------
    column : str
    mean, low, high : float
        On rows that their network never saw, over folds or of all rows together, with a 95 %
        interval, as scores are (``FoldScore``): RMSE in regression, log-loss for classes.
    per_fold : tuple of float
    """

    column: str
    mean: float
    low: float
    high: float
    per_fold: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Dependence:
    """What the networks say on average if a column held a value in every row.

    Attributes
    ----------
    column : str
    cells : tuple of str
        The values, as cells of the table; the numbers of ``values`` in their order.
    values : tuple of float or None
        The same as numbers, days since 1970 of dates; None for categories.
    mean, low, high : tuple of float
        Over the networks of all folds: mean, lowest, highest.
    """

    column: str
    cells: tuple[str, ...]
    values: tuple[float, ...] | None
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """What one cell adds to an answer, with the 95 % interval of its sampling."""

    column: str
    cell: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Contributions:
    """How an answer to a row comes about: from the mean answer, cell by cell.

    Attributes
    ----------
    row : str
        Which row it is.
    of : str
        What is answered: the target, or the class whose probability it is.
    base, answer : float
        The mean answer to other rows, and the answer to this one. The shares sum to their
        difference.
    shares : tuple of Share
        Largest first.
    """

    row: str
    of: str
    base: float
    answer: float
    shares: tuple[Share, ...]
