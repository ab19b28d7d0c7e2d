"""What the estimators for tables share, behind scikit-learn's contract."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import (
    _check_sample_weight,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from tenfold.audit_options import AuditMode, AuditOptions
from tenfold.config import Kind, Quality, RunOptions, SchemaOptions, Task
from tenfold.data.columns.encode import read_groups
from tenfold.data.files.read import read_table
from tenfold.data.files.taken import check_names
from tenfold.data.folds.split import Splitter, made_by
from tenfold.data.tables.arrow import as_frame
from tenfold.data.tables.table import Table
from tenfold.following import Callbacks, following, only_callbacks
from tenfold.kinds.registry import TABLES
from tenfold.kinds.tables.table_model import TableModel
from tenfold.nn.own_modules import MakeModule
from tenfold.study.study import Study, run_study
from tenfold.study_estimator import (
    StudyEstimator,
    in_its_words,
    require_difference,
)

TARGET: Final = "target"
WEIGHT: Final = "weight"
GROUP: Final = "group"
LEAST: Final = 2  # rows that can be learnt from


class TableEstimator(StudyEstimator, ABC):
    """What the estimators for tables share: everything but the task."""

    _task: Task
    model_: TableModel

    def __init__(  # noqa: PLR0913 - scikit-learn wants each parameter by its name
        self,
        *,
        folds: "int | Literal['auto'] | Splitter | Iterable[Any]" = "auto",
        network: str | MakeModule = "auto",
        quality: Quality = "medium",
        time_column: str | None = None,
        kinds: Mapping[str, Kind | str] | None = None,
        audit: AuditMode = "off",
        standardize: bool = False,
        epochs: int | None = None,
        batch_size: int | None = None,
        lr: float | None = None,
        device: str = "auto",
        time_limit: float | None = None,
        random_state: int | np.random.RandomState | np.random.Generator | None = 0,
        callbacks: Callbacks = None,
        verbose: bool = False,
    ) -> None:
        self.folds = folds
        self.network = network
        self.quality = quality
        self.time_column = time_column
        self.kinds = kinds
        self.audit = audit
        self.standardize = standardize
        self.epochs = epochs
        self.batch_size = batch_size
        self.lr = lr
        self.device = device
        self.time_limit = time_limit
        self.random_state = random_state
        self.callbacks = callbacks
        self.verbose = verbose

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
        *,
        test: tuple[Any, ArrayLike] | None = None,
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
        test : tuple of (X, y), optional
            Rows that no choice touches, scored once at the end: ``test_scores_``.

        Raises
        ------
        InputError
            If the rows cannot be learnt from or split; it is a ValueError too.
        """
        # Wrong parameters are told before anything is done with the rows.
        train = self._train_options()
        split = self._split_options(lenient=True, time_column=self.time_column)
        audit = AuditOptions(audit=self.audit)
        inputs, y = self._inputs(X, y, reset=True)
        target = self._target(column_or_1d(y, warn=True))
        check_consistent_length(inputs, target)
        require_difference(target, classes=self._task == "classification")
        asked = None if test is None else self._test_rows(*test)
        options = RunOptions(split=split, audit=audit, train=train)
        self._learn(inputs, target, sample_weight, groups, asked, options)
        return self

    def _test_rows(self, X: Any, y: ArrayLike) -> tuple[pd.DataFrame, NDArray[Any]]:
        """Check test rows, and return them with their answers."""
        inputs, _ = self._inputs(X, reset=False)
        answers = self._test_target(column_or_1d(y, warn=True))
        check_consistent_length(inputs, answers)
        return inputs, answers

    @abstractmethod
    def _test_target(self, y: NDArray[Any]) -> NDArray[Any]:
        """Check the answers of test rows and return them as they are to be scored."""

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
        test: tuple[pd.DataFrame, NDArray[Any]] | None,
        options: RunOptions,
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
        objects = self._objects()
        if isinstance(objects.splitter, Splitter):
            of_group = None if groups is None else _groups(frame, names[GROUP])
            pairs = made_by(objects.splitter, inputs, target, of_group)
            objects = replace(objects, splitter=pairs)
        weighty = weights > 0
        table = read_table(frame[weighty])
        lines = np.arange(1, len(frame) + 1)
        table = replace(table, lines=lines[weighty], every=lines)
        schema = SchemaOptions(
            target=names[TARGET],
            task=self._task,
            kinds=dict(self.kinds or {}),
            weight_column=names[WEIGHT],
            keep_counters=True,
        )
        # A pipeline cannot stop and ask, so few rows get few folds here.
        grouped = replace(options.split, group_column=None if groups is None else names[GROUP])
        options = replace(options, schema=schema, split=grouped)
        asked = None if test is None else self._test_table(*test, names, table)
        members = only_callbacks(self.callbacks)
        with following(members, verbose=bool(self.verbose)) as watch:
            labelled = self._labelled(table, names[TARGET], target[weighty])
            objects = replace(objects, watch=watch)
            study = run_study(TABLES, labelled, options, test=asked, objects=objects)
        self._remember(study, options.train)
        answers = np.full((len(inputs), study.model.target.outputs), np.nan)
        answers[weighty] = study.out_of_fold()
        self._keep(study, answers)

    def _test_table(
        self, inputs: pd.DataFrame, y: NDArray[Any], names: Mapping[str, str], like: Table
    ) -> Table:
        """Return test rows as a table, read as the one that is learnt from."""
        rows = inputs.copy(deep=False)
        rows[names[WEIGHT]], rows[names[TARGET]] = 1.0, y
        return self._labelled(read_table(rows, like=like.known), names[TARGET], y)

    def _inputs(self, X: Any, y: Any = None, *, reset: bool) -> tuple[pd.DataFrame, Any]:
        """Check rows as scikit-learn asks, and return them as a DataFrame."""
        if type(X).__name__ == "Series":  # one of polars knows no number of dimensions
            X = np.asarray(X)
        X = as_frame(X)
        whole = isinstance(X, pd.DataFrame)
        if whole:
            check_names(list(map(str, X.columns)), "X")
        if whole and reset and len(X) < LEAST:
            fault = f"Found array with {len(X)} sample(s) (shape={X.shape})"
            raise ValueError(f"{fault} while a minimum of {LEAST} is required.")
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


def _groups(frame: pd.DataFrame, name: str) -> NDArray[np.int64]:
    return read_groups(read_table(frame[[name]]), name)


def _free(name: str, frame: pd.DataFrame) -> str:
    """Return ``name``, with as many underscores as it takes to be no column's."""
    while name in frame.columns:
        name += "_"
    return name
