"""``KerasRegressor`` and ``KerasClassifier``: a function that makes a model, as an estimator.

Shape letters in this file:
    G  folds    N  rows    C  classes
"""

import inspect
from abc import abstractmethod
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, Literal, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.model_selection import KFold, StratifiedKFold, check_cv
from sklearn.utils import compute_sample_weight
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from tenfold.data.folds.split import Splits, Splitter
from tenfold.errors import NetworkError
from tenfold.evaluate.metrics import METRICS
from tenfold.nn.inputs import ArrayInputs
from tenfold.nn.keras_models.making import KerasBody
from tenfold.nn.network import FoldNetwork, answer
from tenfold.nn.own_modules import load_function
from tenfold.nn.targets import FoldTarget
from tenfold.seeds import Streams
from tenfold.study_estimator import require_classes, seed_of
from tenfold.training.fit import FoldFits
from tenfold.training.fit_arrays import LabelledArrays, fit_arrays
from tenfold.training.recipe import Recipe
from tenfold.training.watch import Callback, Deadline, Supervision

LR: Final = 1e-3  # that no compiled model is told


class KerasEstimator(BaseEstimator):  # type: ignore[misc]
    """What the two estimators share: everything but what is learnt."""

    def __init__(  # noqa: PLR0913 - scikit-learn wants each parameter by its name
        self,
        model: Callable[..., Any] | str | None = None,
        *,
        build_fn: Callable[..., Any] | None = None,
        epochs: int = 1,
        batch_size: int = 32,
        folds: "int | Splitter | None" = 10,
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
        time_limit: float | None = None,
        random_state: int | np.random.RandomState | np.random.Generator | None = None,
        verbose: int = 0,
        **routed: Any,
    ) -> None:
        self.model = model
        self.build_fn = build_fn
        self.epochs = epochs
        self.batch_size = batch_size
        self.folds = folds
        self.class_weight = class_weight
        self.time_limit = time_limit
        self.random_state = random_state
        self.verbose = verbose
        self.__dict__.update(routed)

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002 - scikit-learn's
        """Return all parameters, those of the function too."""
        return {**super().get_params(deep=deep), **self._routed()}

    def set_params(self, **params: Any) -> Self:
        """Set parameters; those that the estimator does not have are the function's."""
        self.__dict__.update(params)
        return self

    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train one model on all rows, which predicts, and one for each fold, which are scored.

        Parameters
        ----------
        X : array-like of shape (N, ...)
            As it enters the model. The columns of a DataFrame enter inputs of their names.
        y : array-like of shape (N,)
        sample_weight : array-like of shape (N,), optional

        Raises
        ------
        NetworkError
            N02, N03, N05, N10 or N11, if the function or its model does not do what it must.
        """
        arrays = self.arrays_of(X, y, sample_weight)
        splits = self._splits(arrays)
        fits = self.train(arrays, splits)
        self._remember(fits, arrays, splits)
        network, target = fits.deployed
        return self.know(network, target, 0)

    def know(self, network: FoldNetwork, target: FoldTarget, at: int) -> Self:
        """Answer by one of several networks that were trained."""
        self._network, self._target, self._at = network, target, at
        return self

    def train(self, arrays: LabelledArrays, splits: Splits) -> FoldFits:
        """Train the models of all folds."""
        recipe = Recipe(epochs=self.epochs, batch_size=self.batch_size, cut="full", lr=LR)
        care = Supervision(_Epochs() if self.verbose else Callback(), Deadline(self.time_limit))
        streams = Streams(seed_of(self.random_state))
        return fit_arrays(
            KerasBody(make=self._function()), arrays, splits, recipe, streams, care
        )

    def arrays_of(
        self, X: Any, y: Any, sample_weight: ArrayLike | None = None
    ) -> LabelledArrays:
        """Check rows and targets as scikit-learn does, and return them as models learn them."""
        X, y = validate_data(
            self, X, y, allow_nd=True, dtype=np.float32, y_numeric=self._counts
        )
        weights = _check_sample_weight(
            sample_weight, X, dtype=np.float64, ensure_non_negative=True
        )
        if self.class_weight is not None:
            weights = weights * compute_sample_weight(self.class_weight, y)
        if not self._counts and len(np.unique(y[weights > 0])) < 2:
            raise ValueError(
                "the rows that have a weight are of 1 class, and a classifier needs two"
            )
        names = tuple(map(str, getattr(self, "feature_names_in_", ())))
        return LabelledArrays(
            x_GNX=X[None], y_N=self._learnt(y), weights_N=weights, names=names
        )

    @property
    @abstractmethod
    def _counts(self) -> bool:
        """Whether targets are numbers."""

    @abstractmethod
    def _learnt(self, y: NDArray[Any]) -> NDArray[Any]:
        """Return targets as they are learnt: numbers, or class numbers from 0."""

    def said_of(self, X: Any) -> NDArray[np.float64]:
        """Return what the network says of rows, (N, 1 or C)."""
        check_is_fitted(self, "_network")
        X = validate_data(self, X, allow_nd=True, dtype=np.float32, reset=False)
        inputs = ArrayInputs(x_ANX=torch.from_numpy(np.ascontiguousarray(X))[None])
        rows_FN = torch.arange(len(X)).expand(len(self._target.mean_F), -1)
        blocks = answer(self._network, self._target, inputs, rows_FN)
        return torch.cat([block[self._at] for block in blocks]).numpy()

    def _routed(self) -> dict[str, Any]:
        """Return the parameters that are the function's."""
        own = inspect.signature(KerasEstimator.__init__).parameters
        given = {k: v for k, v in vars(self).items() if k not in own}
        return {k: v for k, v in given.items() if not (k.endswith("_") or k.startswith("_"))}

    def _function(self) -> Callable[..., Any]:
        """Return the function, with the parameters that are its.

        Raises
        ------
        NetworkError
            N01 or N02, if there is none.
        """
        make = self.model if self.model is not None else self.build_fn
        if isinstance(make, str):
            make = load_function(make)
        if not callable(make):
            fact = f"the model is a {type(make).__name__}, not a function that makes one"
            raise NetworkError("N01", fact, fix=["KerasRegressor(model=my_function)"])
        routed = {k.removeprefix("model__"): v for k, v in self._routed().items()}
        return partial(make, **routed) if routed else make

    def _splits(self, arrays: LabelledArrays) -> Splits:
        """Return the folds, and a refit on all rows."""
        count = len(arrays.y_N)
        if self.folds is None or count < 4:
            every = np.ones((1, count), dtype=bool)
            return Splits(learn=every, held_out=~every, numbers=(0,))
        folds = self.folds
        if isinstance(folds, int):
            least = count if self._counts else int(np.bincount(arrays.y_N).min())
            folds = max(2, min(folds, count // 2, max(2, least)))
            seed = seed_of(self.random_state) % 2**32
            kind = KFold if self._counts else StratifiedKFold
            folds = kind(folds, shuffle=True, random_state=seed)
        dealt = check_cv(folds, arrays.y_N)
        return splits_by(list(dealt.split(arrays.x_GNX[0], arrays.y_N)), count, refit=True)

    def _remember(self, fits: FoldFits, arrays: LabelledArrays, splits: Splits) -> None:
        """Set what training found."""
        self.history_ = {"loss": [line.loss for line in fits.history.lines]}
        self.decisions_ = fits.decisions
        if not splits.held_out.any():
            return
        self.out_of_fold_ = np.full((len(arrays.y_N), fits.answers[0].shape[1]), np.nan)
        pairs = list(zip(splits.held_out, fits.answers, strict=True))
        for held_out, said in pairs:
            self.out_of_fold_[held_out] = said
        self.fold_scores_ = {
            metric.name: np.array(
                [metric(arrays.y_N[at], said, arrays.weights_N[at]) for at, said in pairs]
            )
            for metric in METRICS[arrays.task].values()
        }
        if self._counts:
            self.out_of_fold_ = self.out_of_fold_[:, 0]


class KerasRegressor(RegressorMixin, KerasEstimator):  # type: ignore[misc]
    """A function that makes a Keras model with one output, as a regressor of scikit-learn.

    Parameters
    ----------
    model : callable or str
        Makes the model, compiled or not; takes none, one or both of the number of features
        (or the shape of a row) and the number of outputs, and parameters of its own, which the
        estimator takes by their names, with or without ``model__`` before them. Or
        ``"FILE.py:FUNCTION"``.
    build_fn : callable, optional
        ``model`` by its older name.
    epochs, batch_size : int
    folds : int, splitter or None
        Folds that are scored beside the model of all rows, in the same training; None for none.
    class_weight : mapping or "balanced", optional
    time_limit : float, optional
        Seconds after which training ends.
    random_state : int, optional
    verbose : int
        Whether epochs are told.
    **routed
        Parameters of the function.

    Attributes
    ----------
    fold_scores_ : dict of str to ndarray of shape (G,)
        Each metric of each fold.
    out_of_fold_ : ndarray of shape (N,)
        What networks say of rows that they never saw; NaN for rows that no fold holds out.
    history_ : dict of str to list of float
        ``"loss"`` of each epoch, the mean over all networks.
    decisions_ : tuple of Decision
        How the networks were trained.

    Examples
    --------
    >>> import keras
    >>> from sklearn.datasets import make_regression
    >>> X, y = make_regression(80, 4, random_state=0)
    >>> def network(inputs, units=8):
    ...     model = keras.Sequential(
    ...         [
    ...             keras.Input((inputs,)),
    ...             keras.layers.Dense(units, "relu"),
    ...             keras.layers.Dense(1),
    ...         ]
    ...     )
    ...     model.compile(loss="mean_squared_error", optimizer="adam")
    ...     return model
    >>> estimator = KerasRegressor(network, units=16, epochs=3, folds=5, random_state=0)
    >>> estimator.fit(X, y).fold_scores_["rmse"].shape, estimator.predict(X[:2]).shape
    ((5,), (2,))
    """

    @property
    def _counts(self) -> bool:
        return True

    def _learnt(self, y: NDArray[Any]) -> NDArray[np.float64]:
        return np.asarray(y, dtype=np.float64)

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return a number for each row, (N,)."""
        return self.said_of(X)[:, 0]


class KerasClassifier(ClassifierMixin, KerasEstimator):  # type: ignore[misc]
    """A function that makes a Keras model, as a classifier of scikit-learn.

    The model has an output for each class, or a single one for two classes. Parameters and
    attributes are those of ``KerasRegressor``, with these besides.

    Attributes
    ----------
    classes_ : ndarray of shape (C,)
    out_of_fold_ : ndarray of shape (N, C)
        Probabilities by networks that never saw the row.

    Examples
    --------
    >>> import keras
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> def network(inputs, outputs):
    ...     layers = [keras.Input((inputs,)), keras.layers.Dense(outputs, "softmax")]
    ...     return keras.Sequential(layers)
    >>> estimator = KerasClassifier(network, epochs=3, random_state=0).fit(X, y)
    >>> estimator.predict_proba(X[:2]).shape, estimator.out_of_fold_.shape
    ((2, 3), (150, 3))
    """

    @property
    def _counts(self) -> bool:
        return False

    def _learnt(self, y: NDArray[Any]) -> NDArray[np.int64]:
        require_classes(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        return codes.astype(np.int64)

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probabilities of the classes, (N, C)."""
        return self.said_of(X)

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the class of each row, (N,)."""
        said_NC = self.said_of(X)
        found: NDArray[Any] = self.classes_[said_NC.argmax(axis=1)]
        return found


class _Epochs(Callback):
    """Prints each epoch."""

    def epoch(self, done: int, most: int) -> None:
        """Print how many epochs are done."""
        print(f"Epoch {done}/{most}")  # noqa: T201 - as Keras does


def splits_by(
    pairs: list[tuple[NDArray[np.int64], NDArray[np.int64]]], count: int, *, refit: bool
) -> Splits:
    """Return folds that learn from some positions and are tested on others."""
    learn = np.zeros((len(pairs), count), dtype=bool)
    held_out = learn.copy()
    for fold, (train, test) in enumerate(pairs):
        learn[fold, train] = held_out[fold, test] = True
    numbers = tuple(range(len(pairs)))
    return Splits(learn=learn, held_out=held_out, numbers=numbers, refit=refit)
