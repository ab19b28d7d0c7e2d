"""Who competes: what each is called, what kind it is, and how it is made."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from tenfold.config import Quality
from tenfold.contest.cost import Cost
from tenfold.contest.problem import Problem

ContenderKind = Literal["deep", "classical", "constant"]
MakeEstimator = Callable[[Problem], Any]
RowWise = Callable[[Any], Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Contender:
    """One way to predict.

    Attributes
    ----------
    name : str
        As it stands in the table of results.
    kind : {"deep", "classical", "constant"}
    make : callable or None
        Takes a ``Problem`` and returns an unfitted estimator of scikit-learn.
    network : str or None
        In place of ``make``: a network of Tenfold's, all of whose folds train at once.
    quality : str
        Of such a network.
    features : callable or None
        Turns rows into features one by one; it learns nothing, so it is called once
        for all folds.
    before : tuple of str
        What is done before the estimator sees a row.
    most_folds : int or None
        How many folds it runs at most, because each costs a network of its own.
    favourite : bool
        Whether it is so surely the best of its kind that what the best one runs after the
        race is run in the same process, where features have been computed already.
    likely : bool
        Whether it may turn out to be the best of its kind, so that a forecast counts what
        the best one runs.
    linear : bool
        Whether it is the linear model that the network's last layer is compared with.
    cost : Cost or None
        None, if it was never measured.
    """

    name: str
    kind: ContenderKind = "classical"
    make: MakeEstimator | None = None
    network: str | None = None
    quality: Quality = "medium"
    features: RowWise | None = None
    before: tuple[str, ...] = ()
    most_folds: int | None = None
    favourite: bool = False
    likely: bool = False
    linear: bool = False
    cost: Cost | None = None

    def estimator(self, problem: Problem) -> Any:
        """Return the unfitted estimator of a contender that has one.

        Raises
        ------
        ValueError
            If it is one of Tenfold's networks.
        """
        if self.make is None:
            raise ValueError(f"{self.name} is a network: all of its folds train at once")
        return self.make(problem)
