"""The same study as the command's, behind scikit-learn's contract."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from tenfold.data.cells.parse import to_categories
from tenfold.data.tables.table import Table
from tenfold.evaluate.coverage import sets_of
from tenfold.study.study import Study
from tenfold.study_estimator import in_its_words, known_classes, numbers_of, require_classes
from tenfold.table_estimator import TableEstimator


class TabularRegressor(RegressorMixin, TableEstimator):  # type: ignore[misc]
    """Predict a number by networks that were trained and scored in all folds at once.

    Parameters
    ----------
    folds : "auto", int, splitter or iterable
        ``"auto"`` makes 10, fewer on a large table or where rows, groups or the
        members of a class are fewer. A splitter of scikit-learn, or pairs of
        positions (learn, test) in ``X``, are taken as they are, without rows of no weight.
    network : str or callable
        ``"auto"``, ``"tutorial"``, ``"FILE.py:FUNCTION"``, or a function that takes
        the numbers of inputs and outputs and returns a ``torch.nn.Module``.
    quality : {"fast", "medium", "best"}
        How much time to spend.
    time_column : str, optional
        Column of ``X``: folds learn from earlier rows and are tested on later ones.
    kinds : mapping of str to str, optional
        Columns whose kind is not to be detected: ``{"zip": "category"}``.
    audit : {"off", "warn", "stop"}
        Whether to look for what makes a score a lie, and to name it among the decisions or to
        refuse the data.
    standardize : bool
        True gives the tutorial's network standardised columns.
    epochs, batch_size, lr : optional
        Passes over the rows at most, rows in a step, largest learning rate.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``.
    time_limit : float, optional
        Seconds of training, after which the best state is kept.
    random_state : int, RandomState, Generator or None
        The same number gives the same model; None draws a new one.
    callbacks : Callback or sequence of Callback, optional
        What follows training and may end it.
    verbose : bool
        True prints decisions and a progress bar on standard error.

    Attributes
    ----------
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        If ``X`` had names.
    fold_scores_ : dict of str to ndarray of shape (folds,)
        By metric, each fold on the rows that it held out.
    out_of_fold_ : ndarray of shape (N,)
        What networks that never saw a row say of it, in the units of ``y``; NaN
        where no fold holds the row out or its weight is 0.
    test_scores_ : dict of str to TestScore
        By metric, of the rows that ``fit`` was given as ``test``.
    decisions_ : tuple of Decision
        All that was decided from the data.
    model_ : Model
        The ensemble of all folds.

    Examples
    --------
    >>> x = np.linspace(0, 1, 80)[:, None]
    >>> model = TabularRegressor(folds=4, quality="fast").fit(x, 3 * x[:, 0])
    >>> model.fold_scores_["rmse"].shape, model.out_of_fold_.shape
    ((4,), (80,))
    >>> abs(model.predict([[0.5]])[0] - 1.5) < 0.2
    np.True_
    """

    _task = "regression"

    def _target(self, y: NDArray[Any]) -> NDArray[Any]:
        return numbers_of(y)

    def _test_target(self, y: NDArray[Any]) -> NDArray[Any]:
        return numbers_of(y)

    def _keep(self, study: Study, answers: NDArray[np.float64]) -> None:  # noqa: ARG002
        self.out_of_fold_ = answers[:, 0]

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return the ensemble's value for each row, shape (N,), in the units of ``y``."""
        return self._answers(X)[:, 0]

    @in_its_words
    def predict_interval(self, X: Any, coverage: float = 0.9) -> NDArray[np.float64]:
        """Return between what the truth of each row is expected, shape (N, 2).

        Parameters
        ----------
        X : DataFrame or array of N rows
        coverage : float
            Share of rows whose truth is to lie within.

        Raises
        ------
        PredictError
            P07, if so few rows were held out that so much cannot be promised.
        """
        check_is_fitted(self)
        inputs, _ = self._inputs(X, reset=False)
        return self.model_.intervals(inputs, coverage)[:, 1:]


class TabularClassifier(ClassifierMixin, TableEstimator):  # type: ignore[misc]
    """Predict a class by networks that were trained and scored in all folds at once.

    Parameters are those of ``TabularRegressor``; the tutorial's network predicts
    no classes.

    Attributes
    ----------
    classes_ : ndarray of shape (C,)
        Sorted, as in ``y``.
    n_features_in_, feature_names_in_, fold_scores_, test_scores_, decisions_, model_
        As for ``TabularRegressor``.
    out_of_fold_ : ndarray of shape (N, C)
        Probabilities of ``classes_`` by networks that never saw the row.

    Examples
    --------
    >>> x = np.linspace(0, 1, 80)[:, None]
    >>> y = np.where(x[:, 0] < 0.5, "low", "high")
    >>> model = TabularClassifier(folds=4, quality="fast").fit(x, y)
    >>> model.classes_, model.predict([[0.1], [0.9]])
    (array(['high', 'low'], dtype='<U4'), array(['low', 'high'], dtype='<U4'))
    """

    _task = "classification"

    def _target(self, y: NDArray[Any]) -> NDArray[Any]:
        require_classes(y)
        self.classes_ = np.unique(y)
        return y

    def _test_target(self, y: NDArray[Any]) -> NDArray[Any]:
        return known_classes(self.classes_, y)

    def _words(self) -> list[str]:
        """Return a word for each of ``classes_``."""
        names: list[str] = to_categories(pd.Series(self.classes_)).tolist()
        if len(set(names)) == len(names) and all(names):
            return names
        return [f"class {i}" for i in range(len(names))]  # such as "a" beside " a"

    def _labelled(self, table: Table, name: str, y: NDArray[Any]) -> Table:
        # Here y says what a class is, and no word of it means an empty cell.
        at = np.searchsorted(self.classes_, y)
        words = pd.Categorical.from_codes(at, pd.Index(self._words()))
        return replace(table, frame=table.frame.assign(**{name: words}))

    def _keep(self, study: Study, answers: NDArray[np.float64]) -> None:
        known = {name: i for i, name in enumerate(study.schema.classes)}
        # A class whose rows all weigh nothing is not known to the model.
        self._order = np.array([known.get(name, -1) for name in self._words()])
        self.out_of_fold_ = self._ordered(answers)

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probability of each of ``classes_``, shape (N, C)."""
        return self._ordered(self._answers(X))

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable class of each row, shape (N,)."""
        chosen = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[chosen])

    @in_its_words
    def predict_set(self, X: Any, coverage: float = 0.9) -> NDArray[np.bool_]:
        """Return which of ``classes_`` the truth is expected among, shape (N, C).

        Parameters
        ----------
        X : DataFrame or array of N rows
        coverage : float
            Share of rows whose class is to be in the set.

        Raises
        ------
        PredictError
            P07, if so few rows were held out that so much cannot be promised.
        """
        return sets_of(self.model_.conformal, self.predict_proba(X), coverage)

    def _ordered(self, answers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the model's probabilities in the order of ``classes_``."""
        return np.where(self._order >= 0, answers[:, self._order], 0.0)
