"""What ``explain`` finds in a table's network, with its types; ``explain.json`` holds it."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

FORMAT: Final = 1


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
        The same as numbers, days since 1970 of dates; None for words.
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """What a table's network looks at.

    Attributes
    ----------
    target : str
    of : str
        What ``dependence`` tells of: the target, or the class whose probability it is.
    metric : str
        Of ``importance``.
    rows : int
        Held-out rows that importance was measured on.
    importance : tuple of Importance
        Of every column that is learnt from, largest first.
    dependence : tuple of Dependence
        Of the most important columns.
    contributions : tuple of Contributions
        Of the rows that were asked for.
    """

    target: str
    of: str
    metric: str
    rows: int
    importance: tuple[Importance, ...]
    dependence: tuple[Dependence, ...]
    contributions: tuple[Contributions, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as a JSON object; of a single fold there are no intervals, but null."""
        found: dict[str, Any] = {"format": FORMAT, "kind": "table"} | asdict(self)
        for one in found["importance"]:
            one |= {k: None for k in ("low", "high") if math.isnan(one[k])}
        return found

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Self:
        """Return what ``to_dict`` turned into a JSON object.

        Raises
        ------
        KeyError, TypeError
            If it is another one.
        """
        return cls(
            target=found["target"],
            of=found["of"],
            metric=found["metric"],
            rows=found["rows"],
            importance=tuple(_importance(one) for one in found["importance"]),
            dependence=tuple(Dependence(**_tuples(one)) for one in found["dependence"]),
            contributions=tuple(
                Contributions(**one | {"shares": tuple(Share(**s) for s in one["shares"])})
                for one in found["contributions"]
            ),
        )


def _importance(found: Mapping[str, Any]) -> Importance:
    ends = {k: math.nan for k in ("low", "high") if found[k] is None}
    return Importance(**_tuples(found) | ends)


def _tuples(found: Mapping[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in found.items()}
