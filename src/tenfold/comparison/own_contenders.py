"""Contenders of a user's own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sklearn.base import clone

from tenfold.contest.contender import Contender
from tenfold.contest.problem import Problem
from tenfold.errors import ContenderError
from tenfold.functions import FunctionError, find_function, names_function


def own_contenders(given: Iterable[Any]) -> list[Contender]:
    """Return a user's estimators as contenders.

    Parameters
    ----------
    given : iterable
        Unfitted estimators of scikit-learn, pairs (name, estimator), ``Contender`` objects,
        or texts ``FILE.py:FUNCTION`` of functions that return an estimator.

    Raises
    ------
    ContenderError
        C01, if one is none of these; C02, if a function fails or returns something else.

    Examples
    --------
    >>> from sklearn.linear_model import Lasso
    >>> [(c.name, c.kind) for c in own_contenders([Lasso(), ("mine", Lasso(0.1))])]
    [('Lasso', 'classical'), ('mine', 'classical')]
    """
    found: list[Contender] = []
    for item in given:
        if isinstance(item, Contender):
            found.append(item)
            continue
        name, estimator = _named(item)
        found.append(Contender(name=name, make=_Given(estimator)))
    return found


def with_own(field: Sequence[Contender], own: Sequence[Contender]) -> list[Contender]:
    """Return all contenders, each with a name of its own.

    Examples
    --------
    >>> one = Contender(name="SVR", kind="classical")
    >>> [contender.name for contender in with_own([one], [one, one])]
    ['SVR', 'SVR 2', 'SVR 3']
    """
    found: list[Contender] = []
    for contender in (*field, *own):
        names = {other.name for other in found}
        name, number = contender.name, 1
        while name in names:
            number += 1
            name = f"{contender.name} {number}"
        found.append(replace(contender, name=name))
    return found


def _named(item: Any) -> tuple[str, Any]:
    """Return an estimator and what it is called."""
    if isinstance(item, str):
        return item.rpartition(":")[2], _called(item)
    name, estimator = item if isinstance(item, tuple) and len(item) == 2 else ("", item)
    _check_estimator(estimator, "C01", {})
    return str(name) or type(estimator).__name__, estimator


def _called(source: str) -> Any:
    """Return what a function of a user's file returns."""
    place = {"contender": source}
    if not names_function(source):
        fact = f"{source!r} is not of the form FILE.py:FUNCTION"
        raise ContenderError("C01", fact, fix=["--with mine.py:make_model"])
    try:
        estimator = find_function(source)()
    except FunctionError as error:
        code = "C02" if error.ran else "C01"
        raise ContenderError(
            code, error.fact, place=place | error.place, fix=error.fix
        ) from error
    except Exception as error:
        fact = f"the function raised {type(error).__name__}: {error}"
        raise ContenderError("C02", fact, place=place) from error
    _check_estimator(estimator, "C02", place)
    return estimator


def _check_estimator(estimator: Any, code: str, place: dict[str, str]) -> None:
    wanted = ("fit", "predict", "get_params")
    if isinstance(estimator, type) or not all(hasattr(estimator, name) for name in wanted):
        what = f"the class {estimator.__name__}" if isinstance(estimator, type) else ""
        raise ContenderError(
            code,
            f"this is not an estimator: {what or repr(estimator)}",
            place=place,
            fix=["return an unfitted estimator, such as sklearn.svm.SVR()"],
        )


@dataclass(frozen=True, slots=True)
class _Given:
    """Makes an estimator by copying the one that was given."""

    estimator: Any

    def __call__(self, problem: Problem) -> Any:  # noqa: ARG002 - as all that make one
        return clone(self.estimator)
