"""A quick model's answers to rows that it did not learn from.

Shape letters in this file:
    N  rows    P  columns    O  outputs: 1 value, or the probability of each class
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tenfold.config import Task
from tenfold.data.columns.encode import EMPTY, Encoded

ROWS: Final = 3_000  # that are enough to see what a check asks for
FEWEST_ROWS: Final = 100
MOST_CLASSES: Final = 20  # each has trees of its own
FOLDS: Final = 5
COLUMNS: Final = 100  # that a tree chooses from


def inputs_of(rows: Encoded) -> tuple[NDArray[np.float64], list[int]]:
    """Return what trees learn from, shape (N, P), and which of the P are categorical."""
    codes = rows.codes.astype(np.float64)
    codes[codes == EMPTY] = np.nan
    numbers = rows.numbers.astype(np.float64)
    x_NP = np.concatenate([numbers, codes], axis=1)
    return x_NP, list(range(numbers.shape[1], x_NP.shape[1]))


def can_answer(target: NDArray[Any], task: Task) -> bool:
    """Tell whether rows and classes are of a number that trees learn from in a moment."""
    classes = 0 if task == "regression" else len(np.unique(target))
    return len(target) >= FEWEST_ROWS and classes <= min(MOST_CLASSES, len(target) / 10)


def trees_out_of_fold(
    x_NP: NDArray[np.float64],
    target: NDArray[Any],
    task: Task,
    fold_N: NDArray[np.int64],
    categorical: list[int],
) -> NDArray[np.float64]:
    """Return what boosted trees say of each row, learnt from the other folds.

    Parameters
    ----------
    x_NP, target, task, fold_N
        See ``out_of_fold``.
    categorical : list of int
        Which of the P columns are codes of categories.

    Returns
    -------
    ndarray of shape (N, O)
    """
    return out_of_fold(
        lambda: make_trees(task, x_NP.shape[1]),
        x_NP,
        target,
        task,
        fold_N,
        categorical_feature=categorical,
    )


def make_trees(task: Task, columns: int) -> Any:
    """Return boosted trees that have learnt nothing yet.

    Parameters
    ----------
    task : {"regression", "classification"}
    columns : int
        How many they will learn from.
    """
    import lightgbm  # noqa: PLC0415 - a second that only some checks wait for

    kind = lightgbm.LGBMRegressor if task == "regression" else lightgbm.LGBMClassifier
    return kind(
        n_estimators=60,
        num_leaves=15,
        learning_rate=0.1,
        min_child_samples=10,
        colsample_bytree=min(1.0, COLUMNS / columns),
        verbose=-1,
        n_jobs=1,
        random_state=0,
    )


def out_of_fold(
    make: Callable[[], Any],
    x_NP: NDArray[np.floating[Any]],
    target: NDArray[Any],
    task: Task,
    fold_N: NDArray[np.int64],
    **fitting: Any,
) -> NDArray[np.float64]:
    """Return what a model says of each row, learnt from the other folds.

    Parameters
    ----------
    make : callable
        Returns an unfitted estimator of scikit-learn's kind.
    x_NP : ndarray of shape (N, P)
    target : ndarray of shape (N,)
        Numbers, or class numbers from 0 on.
    task : {"regression", "classification"}
    fold_N : ndarray of shape (N,), int64
    **fitting
        What ``fit`` takes beside rows and targets.

    Returns
    -------
    ndarray of shape (N, O)
    """
    if task == "regression":
        scale = float(target.std()) or 1.0  # libraries count in float32
        shift = float(target.mean())
        target = (target - shift) / scale
    outputs = 1 if task == "regression" else int(target.max()) + 1
    answers = np.zeros((len(target), outputs))
    for fold in np.unique(fold_N):
        learn, ask = fold_N != fold, fold_N == fold
        known = np.unique(target[learn])
        if task == "classification" and len(known) < 2:
            answers[ask, known[0]] = 1
            continue
        model = make().fit(x_NP[learn], target[learn], **fitting)
        if task == "regression":
            answers[ask, 0] = shift + scale * model.predict(x_NP[ask])
        else:
            answers[np.ix_(ask, known)] = model.predict_proba(x_NP[ask])
    return answers


def errors_of(
    answers: NDArray[np.float64], target: NDArray[Any], task: Task
) -> NDArray[np.float64]:
    """Return each row's error: squared, or the probability kept from its class."""
    if task == "regression":
        return np.asarray((answers[:, 0] - target) ** 2)
    return np.asarray(1 - answers[np.arange(len(target)), target])


def guess_errors(target: NDArray[Any], task: Task) -> NDArray[np.float64]:
    """Return the errors of the guess that uses no column."""
    if task == "regression":
        return np.asarray((target - target.mean()) ** 2)
    share = np.bincount(target) / len(target)
    return np.asarray(1 - share[target])


def shuffled_folds(rows: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Return a fold for each row, at random."""
    return np.asarray(generator.permutation(np.arange(rows) % FOLDS))
