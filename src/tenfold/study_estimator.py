"""What the estimators for tables and for pictures share, behind scikit-learn's contract."""

import functools
import secrets
from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from typing import Any, Final, TypeVar, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets

from tenfold.config import SplitOptions, TrainOptions
from tenfold.data.folds.split import Splitter
from tenfold.errors import PredictError, SchemaError, speaking
from tenfold.learning import UserObjects
from tenfold.machine import peak_memory_bytes
from tenfold.nn.own_modules import MakeModule
from tenfold.option import check
from tenfold.report.summary import summarize
from tenfold.store.folder import history_table
from tenfold.study.study import Study
from tenfold.values import makes_folds, plain
from tenfold.wording import Words

AUTO: Final = "auto"
SHOWN: Final = 5  # rows that an error names
CLASSIFIER: Final = "TabularClassifier"
NETWORK: Final = "a name, FILE.py:FUNCTION, or a function that makes a module"
# What an estimator calls options that the command has by another name.
ESTIMATOR: Final = Words(
    python=True,
    names={"seed": "random_state", "group_column": "groups", "weight_column": "sample_weight"},
)

Method = TypeVar("Method", bound=Callable[..., Any])


def in_its_words(method: Method) -> Method:
    """Let the errors of an estimator's method name its own parameters."""

    @functools.wraps(method)
    def speaking_method(*given: Any, **named: Any) -> Any:
        with speaking(ESTIMATOR):
            return method(*given, **named)

    return cast("Method", speaking_method)


def numbers_of(y: NDArray[Any], classifier: str = CLASSIFIER) -> NDArray[np.float64]:
    """Return the answers of a regression as numbers.

    Raises
    ------
    SchemaError
        S02, if one is no finite number.
    """
    if y.dtype.kind in "mM":
        fact = f"y holds {'dates' if y.dtype.kind == 'M' else 'durations'}, not numbers"
        fix = ["count the days, or the seconds, from a moment that is known when predicting"]
        raise SchemaError("S02", fact, fix=fix)
    if y.dtype.kind == "c":
        raise ValueError("Complex data not supported: y has complex numbers")
    try:
        numbers = y.astype(np.float64)
    except (TypeError, ValueError) as error:
        column = pd.Series(y, dtype=object)
        odd = column[pd.to_numeric(column, errors="coerce").isna()]
        fact = f"y holds {odd.iloc[0]!r}, which is not a number"
        fix = [f"predict classes: {classifier}"]
        raise SchemaError("S02", fact, place=_rows(odd.index), fix=fix) from error
    bad = np.flatnonzero(~np.isfinite(numbers))
    if len(bad):
        # scikit-learn's own words for it come first: programs look for them.
        what = "NaN" if np.isnan(numbers[bad[0]]) else "infinity"
        fact = f"Input y contains {what}: {len(bad):,} of {len(y):,} targets are not finite"
        fix = ["leave these rows out"]
        raise SchemaError("S02", fact, place=_rows(bad), fix=fix)
    return numbers


def require_classes(y: NDArray[Any]) -> None:
    """Refuse answers that are no classes.

    Raises
    ------
    SchemaError
        S07, if one is missing; S06, if all are the same.
    ValueError
        scikit-learn's, if they are numbers that no class is.
    """
    bad = np.flatnonzero(pd.isna(y))
    if len(bad):
        fact = f"Input y contains NaN: {len(bad):,} of {len(y):,} targets are missing"
        fix = ["leave these rows out"]
        raise SchemaError("S07", fact, place=_rows(bad), fix=fix)
    kinds = sorted({type(value).__name__ for value in y.tolist()})
    if y.dtype.kind == "O" and len(kinds) > 1:
        fact = f"y holds classes of different types: {', '.join(kinds)}"
        raise SchemaError("S05", fact, fix=["convert all of them to text: y.astype(str)"])
    check_classification_targets(y)


def known_classes(classes: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    """Return the classes of test rows, if all were learnt.

    Raises
    ------
    PredictError
        P04.
    """
    unknown = y[~np.isin(y, classes)]
    if len(unknown):
        fact = f"the test rows hold the class {unknown.tolist()[0]!r}, which y does not hold"
        raise PredictError("P04", fact)
    return y


def require_difference(y: NDArray[Any], *, classes: bool) -> None:
    """Refuse answers that are all the same.

    Raises
    ------
    SchemaError
        S06.
    """
    if len(y) > 1 and bool((y == y[0]).all()):
        said = y[:1].tolist()[0]
        why = "there is only one class" if classes else "there is nothing to predict"
        raise SchemaError("S06", f"y is {said!r} in every row: {why}")


def _rows(places: Iterable[Any]) -> dict[str, str]:
    """Return the first of some rows, counted from 0, as the place of an error."""
    shown = [str(place) for place in places]
    more = f" and {len(shown) - SHOWN:,} more" if len(shown) > SHOWN else ""
    return {"rows": ", ".join(shown[:SHOWN]) + more}


def seed_of(random_state: Any) -> Any:
    """Return the seed that a ``random_state`` of scikit-learn's stands for."""
    seed = plain(random_state)
    if seed is None:
        return secrets.randbelow(2**32)
    if isinstance(seed, np.random.Generator):
        return int(seed.integers(2**31))
    if isinstance(seed, np.random.RandomState) or seed is np.random:
        return int(check_random_state(seed).randint(2**31))
    return seed  # a number, or nothing that can be one


class StudyEstimator(BaseEstimator):  # type: ignore[misc]
    """Turns an estimator's parameters into options of a study, and keeps what it gives.

    Parameters of ``__init__`` that ``TrainOptions`` has too mean the same there.
    """

    folds: "int | str | Splitter | Iterable[Any]"
    network: str | MakeModule
    random_state: int | np.random.RandomState | np.random.Generator | None
    model_: Any

    def _train_options(self) -> TrainOptions:
        """Return what the parameters say of training.

        Raises
        ------
        UsageError
            U01, if one is not what it may be.
        """
        given = {name: plain(value) for name, value in self.get_params(deep=False).items()}
        known = {
            field.name: given[field.name]
            for field in fields(TrainOptions)
            if field.name in given
        }
        own = callable(self.network)
        check(own or isinstance(self.network, str), "network", self.network, NETWORK)
        return TrainOptions(
            **known
            | {"network": "own" if own else self.network, "seed": seed_of(self.random_state)}
        )

    def _split_options(self, *, lenient: bool = False, **others: Any) -> SplitOptions:
        """Return what ``folds`` says; a splitter takes the place of the options.

        Raises
        ------
        UsageError
            U01, if it is nothing that makes folds.
        """
        folds = plain(self.folds)
        auto = isinstance(folds, str) and folds == AUTO
        number = None if auto or makes_folds(folds) else folds
        return SplitOptions(folds=number, lenient=lenient and auto, **others)

    def _objects(self) -> UserObjects:
        """Return what takes the place of options: a splitter, a function of the user's."""
        splitter: Any = self.folds if makes_folds(plain(self.folds)) else None
        return UserObjects(
            splitter=splitter, network=None if isinstance(self.network, str) else self.network
        )

    def _remember(self, study: Study, options: TrainOptions) -> None:
        """Set what every study gives."""
        self.model_ = study.model
        self.decisions_ = study.decisions
        self.fold_scores_ = {
            name: np.array(score.per_fold) for name, score in study.scores.items()
        }
        summary = summarize(
            study,
            network=options.network,
            seed=options.seed,
            seconds={"train": study.train_seconds},
            peak_memory_bytes=peak_memory_bytes(),
        )
        named = tuple(group for group in summary.groups if not group.by_truth)  # has no name
        self.test_scores_ = dict(study.test)
        self._summary = replace(summary, groups=named)
        self._history = history_table(study)

    def _repr_html_inner(self) -> str:
        """Return what a notebook shows: scikit-learn's diagram, and what training found."""
        return str(super()._repr_html_inner()) + self._shown()

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        """Return what a notebook shows, in all forms that it may ask for."""
        found = dict(super()._repr_mimebundle_(**kwargs))
        if "text/html" in found:
            found["text/html"] += self._shown()
        return found

    def _shown(self) -> str:
        """Return score, decisions and figures of a fitted estimator as a part of a page."""
        from tenfold.report.run_page import render_training  # noqa: PLC0415 - loads Matplotlib

        if not hasattr(self, "_summary"):
            return ""
        return render_training(type(self).__name__, self._summary, self._history)
