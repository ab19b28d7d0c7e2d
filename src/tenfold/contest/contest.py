"""What a kind of data says of how its rows are compared: all that is special to it.

The defaults compare rows of numbers and categories. A kind overrides what is otherwise with its
data. Nothing here loads torch, and neither may the module of a kind's own contest: processes of
classical models read it, and would take twice as long to start.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import pandas as pd

from tenfold.config import Decision
from tenfold.contest.contender import Contender
from tenfold.contest.contenders import (
    BASELINE,
    EXTRA_TREES,
    classical_contenders,
    network_contender,
)
from tenfold.contest.cost import Cost
from tenfold.contest.problem import Problem
from tenfold.contest.round import Round
from tenfold.data.columns.encode import EMPTY, Encoded

MANY_ROWS: Final = 2_000  # of more, fewer folds and a part of the rows show what is to be shown
PART_OF_MANY: Final = 1 / 4


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Contest(Problem):
    """A problem, and how its contenders are compared.

    Attributes
    ----------
    data
        The rows as networks learn from them, as the kind's ``read`` returns them; None, if
        networks read ``source`` themselves.
    source : str
        What the user named, where networks read it themselves.
    limit_seconds : float
        That a contender may train on all folds, if the user does not say.
    unmeasured : Cost
        Of contenders whose cost is not known.
    engineered : frozenset of str
        The kinds of contenders that race with an expert's features.
    plain : str
        What all others race with.
    asked_at_once : int or None
        How many rows a network is asked for at once, to see how long they take; None for all
        of a fold.
    """

    limit_seconds: ClassVar[float] = 120.0
    unmeasured: ClassVar[Cost] = EXTRA_TREES
    engineered: ClassVar[frozenset[str]] = frozenset()
    plain: ClassVar[str] = "the columns"
    asked_at_once: ClassVar[int | None] = None

    data: Any = None
    source: str = ""

    def contenders(self) -> tuple[list[Contender], tuple[Decision, ...]]:
        """Return who competes, the network last; and who is left out, and why."""
        has_columns = self.numbers or self.categorical
        classical = classical_contenders(self) if has_columns else []
        return [BASELINE, *classical, network_contender(self)], ()

    def has_other_features(self, contender: Contender) -> bool:  # noqa: ARG002
        """Tell whether a contender can see other features than it races with."""
        return False

    def with_other_features(self, contender: Contender) -> tuple[Contender, "Contest"]:
        """Return a contender as it sees other features, and what it sees."""
        return contender, self

    @property
    def added_columns(self) -> int:
        """How many columns an expert adds, about."""
        return 0

    @property
    def timed_share(self) -> float:
        """The share of a fold's rows on which a single core is timed."""
        return 1.0 if len(self) <= MANY_ROWS else PART_OF_MANY

    def seconds(self, contender: Contender, this: Round, folds: int, learnt: float) -> float:
        """Return the seconds that a round is expected to take where costs were measured.

        Parameters
        ----------
        contender : Contender
        this : Round
        folds : int
        learnt : float
            Rows that each fold learns from.
        """
        cost = contender.cost or self.unmeasured
        columns = len(self.numbers) + len(self.categorical)
        categorical = len(self.categorical) / max(columns, 1)
        columns += self.added_columns if this.other_features else 0
        classes = len(self.classes)
        if contender.network is not None:
            return cost.seconds(learnt * folds, columns, classes, categorical)
        return folds * cost.seconds(learnt, columns, classes, categorical)

    def steps_of_network(self, network: str) -> tuple[str, ...]:  # noqa: ARG002
        """Return what a network does to rows, in the order in which it does it."""
        return ("the network: all folds at once",)


def columns_of(coded: Encoded) -> pd.DataFrame:
    """Return the numbers and codes of rows as columns of numbers and of categories."""
    numbers_NP = coded.numbers.astype(np.float64)
    numbers = {f"number {p + 1}": numbers_NP[:, p] for p in range(numbers_NP.shape[1])}
    categories = {
        f"word {q + 1}": pd.Series(codes.astype(str)).where(codes != EMPTY).astype("category")
        for q, codes in enumerate(coded.codes.T)
    }
    return pd.DataFrame(numbers | categories, index=range(len(coded)))
