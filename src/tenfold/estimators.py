"""The same study as the command's, behind scikit-learn's contract."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.validation import (
    _check_sample_weight,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from tenfold.config import (
    AuditOptions,
    Quality,
    RunOptions,
    SchemaOptions,
    SplitOptions,
    Task,
    TrainOptions,
)
from tenfold.data.arrow import as_frame
from tenfold.data.cells import to_words
from tenfold.data.encode import read_groups
from tenfold.data.read import check_names, read_table
from tenfold.data.split import Splitter, made_by
from tenfold.data.table import Table
from tenfold.evaluate.coverage import sets_of
from tenfold.kinds.registry import TABLES
from tenfold.nn.own import MakeModule
from tenfold.study.study import Study, run_study
from tenfold.study_estimator import (
    StudyEstimator,
    in_its_words,
    numbers_of,
    require_classes,
    require_difference,
)
from tenfold.table_model import TableModel

TARGET: Final = "target"
WEIGHT: Final = "weight"
GROUP: Final = "group"
LEAST: Final = 2  # rows that can be learnt from


class _Tabular(StudyEstimator, ABC):
    """What both estimators share: everything but the task."""

    _task: Task
    model_: TableModel

    def __init__(  # noqa: PLR0913 - scikit-learn wants each parameter by its name
        self,
        *,
        folds: "int | Literal['auto'] | Splitter | Iterable[Any]" = "auto",
        network: str | MakeModule = "auto",
        quality: Quality = "medium",
        standardize: bool = False,
        epochs: int | None = None,
        batch_size: int | None = None,
        lr: float | None = None,
        device: str = "auto",
        time_limit: float | None = None,
        random_state: int | np.random.RandomState | np.random.Generator | None = 0,
    ) -> None:
        self.folds = folds
        self.network = network
        self.quality = quality
        self.standardize = standardize
        self.epochs = epochs
        self.batch_size = batch_size
        self.lr = lr
        self.device = device
        self.time_limit = time_limit
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags

    @in_its_words
    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Self:
        """Train and score the networks of all folds.

        Parameters
        ----------
        X : DataFrame or array of shape (N, columns)
            Numbers, words, truth values or dates; cells may be missing.
        y : array of shape (N,)
        sample_weight : array of shape (N,), optional
        groups : array of shape (N,), optional
            Rows of a group stay in one fold.

        Raises
        ------
        InputError
            If the rows cannot be learnt from or split; it is a ValueError too.
        """
        # Wrong parameters are told before anything is done with the rows.
        train, split = self._train_options(), self._split_options(lenient=True)
        inputs, y = self._inputs(X, y, reset=True)
        target = self._target(column_or_1d(y, warn=True))
        check_consistent_length(inputs, target)
        require_difference(target)
        self._learn(inputs, target, sample_weight, groups, train, split)
        return self

    @abstractmethod
    def _target(self, y: NDArray[Any]) -> NDArray[Any]:
        """Check the answers and return them as they are to be learnt."""

    def _labelled(self, table: Table, name: str, y: NDArray[Any]) -> Table:  # noqa: ARG002
        """Return a table whose target, of this name, holds the answers as they are given."""
        return table

    @abstractmethod
    def _keep(self, study: Study, answers: NDArray[np.float64]) -> None:
        """Set what a study gives beyond what both estimators share."""

    def _learn(
        self,
        inputs: pd.DataFrame,
        target: NDArray[Any],
        sample_weight: ArrayLike | None,
        groups: ArrayLike | None,
        train: TrainOptions,
        split: SplitOptions,
    ) -> None:
        """Run the study on the rows that have a weight; splits name positions in all."""
        weights = _check_sample_weight(sample_weight, inputs, ensure_non_negative=True)
        frame = inputs.copy(deep=False)
        names = {name: _free(name, inputs) for name in (TARGET, WEIGHT, GROUP)}
        frame[names[WEIGHT]] = weights
        if groups is not None:
            check_consistent_length(inputs, groups)
            frame[names[GROUP]] = np.asarray(groups)
        frame[names[TARGET]] = target
        given = self._given()
        if isinstance(given.splitter, Splitter):
            of_group = None if groups is None else _groups(frame, names[GROUP])
            pairs = made_by(given.splitter, inputs, target, of_group)
            given = replace(given, splitter=pairs)
        weighty = weights > 0
        table = read_table(frame[weighty])
        lines = np.arange(1, len(frame) + 1)
        table = replace(table, lines=lines[weighty], every=lines)
        options = RunOptions(
            schema=SchemaOptions(
                target=names[TARGET],
                task=self._task,
                weight_column=names[WEIGHT],
                keep_counters=True,
            ),
            # A pipeline cannot stop and ask, so few rows get few folds here.
            split=replace(split, group_column=None if groups is None else names[GROUP]),
            audit=AuditOptions(audit="off"),
            train=train,
        )
        table = self._labelled(table, names[TARGET], target[weighty])
        study = run_study(TABLES, table, options, given=given)
        self._remember(study, options.train)
        answers = np.full((len(inputs), study.model.target.outputs), np.nan)
        answers[weighty] = study.out_of_fold()
        self._keep(study, answers)

    def _inputs(self, X: Any, y: Any = None, *, reset: bool) -> tuple[pd.DataFrame, Any]:
        """Check rows as scikit-learn asks, and return them as a DataFrame."""
        if type(X).__name__ == "Series":  # one of polars knows no number of dimensions
            X = np.asarray(X)
        X = as_frame(X)
        whole = isinstance(X, pd.DataFrame)
        if whole:
            check_names(list(map(str, X.columns)), "X")
        if whole and reset and len(X) < LEAST:
            told = f"Found array with {len(X)} sample(s) (shape={X.shape})"
            raise ValueError(f"{told} while a minimum of {LEAST} is required.")
        checks: dict[str, Any] = {"reset": reset, "skip_check_array": whole}
        if not whole:
            checks |= {"dtype": None, "ensure_all_finite": "allow-nan"}
            checks["ensure_min_samples"] = LEAST if reset else 1
        checked = (
            validate_data(self, X, y, **checks) if reset else validate_data(self, X, **checks)
        )
        if not whole:
            X, y = checked if reset else (checked, y)
        if reset:
            width = len(str(X.shape[1] - 1))
            plain_names = [f"x{i:0{width}}" for i in range(X.shape[1])]
            self._names = list(map(str, X.columns)) if whole else plain_names
        # scikit-learn warns where only one of the two tables has names: places count then.
        if whole:
            return X.set_axis(self._names, axis=1), y
        return pd.DataFrame(X, columns=self._names).infer_objects(), y

    @in_its_words
    def _answers(self, X: Any) -> NDArray[np.float64]:
        check_is_fitted(self)
        inputs, _ = self._inputs(X, reset=False)
        return self.model_.answers(inputs)


class TabularRegressor(RegressorMixin, _Tabular):  # type: ignore[misc]
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
    standardize : bool
        True gives the tutorial's network standardised columns.
    epochs, batch_size, lr : optional
        Passes over the rows at most, rows in a step, largest step size.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``.
    time_limit : float, optional
        Seconds of training, after which the best state is kept.
    random_state : int, RandomState, Generator or None
        The same number gives the same model; None draws a new one.

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


class TabularClassifier(ClassifierMixin, _Tabular):  # type: ignore[misc]
    """Predict a class by networks that were trained and scored in all folds at once.

    Parameters are those of ``TabularRegressor``; the tutorial's network predicts
    no classes.

    Attributes
    ----------
    classes_ : ndarray of shape (C,)
        Sorted, as in ``y``.
    n_features_in_, feature_names_in_, fold_scores_, decisions_, model_
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

    def _words(self) -> list[str]:
        """Return a word for each of ``classes_``."""
        names: list[str] = to_words(pd.Series(self.classes_)).tolist()
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


def _groups(frame: pd.DataFrame, name: str) -> NDArray[np.int64]:
    return read_groups(read_table(frame[[name]]), name)


def _free(name: str, frame: pd.DataFrame) -> str:
    """Return ``name``, with as many underscores as it takes to be no column's."""
    while name in frame.columns:
        name += "_"
    return name
