"""The studies of pictures behind scikit-learn's contract: a class each, or a number each."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.base import ClassifierMixin, RegressorMixin

from tenfold.answers import not_of
from tenfold.errors import SchemaError
from tenfold.evaluate.coverage import sets_of
from tenfold.image_estimator import ImageEstimator, Images
from tenfold.study_estimator import in_its_words, known_classes, numbers_of, require_classes


class ImageRegressor(RegressorMixin, ImageEstimator):  # type: ignore[misc]
    """Predict a number from a picture by networks trained and scored in all folds at once.

    Parameters
    ----------
    folds : "auto", int, splitter or iterable
        ``"auto"`` makes 10 for heads on a pretrained network, fewer where each fold costs a
        network of its own. A splitter of scikit-learn, or pairs of positions (learn,
        test), are taken as they are.
    network : str or callable
        ``"auto"``, ``"pretrained"``, ``"scratch"``, ``"tutorial"``, ``"FILE.py:FUNCTION"``,
        or a function that takes the shape (3, height, width) and the number of outputs, 1,
        and returns a ``torch.nn.Module``.
    weights : str, optional
        Of a pretrained network: a file, or ``"timm:NAME"``.
    quality : {"fast", "medium", "best"}
        How much time to spend.
    audit : {"off", "warn", "stop"}
        Whether to look for what makes a score a lie, and to name it among the decisions or to
        refuse the pictures.
    epochs, batch_size, lr : optional
        Passes over the pictures, pictures in a step, largest learning rate.
    img_size : int, optional
        Side of the square that a picture becomes, in pixels.
    mirror : bool, optional
        Whether networks see mirror images as well, which letters and left hands are not.
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
    fold_scores_ : dict of str to ndarray of shape (folds,)
        By metric, each fold on the pictures that it held out.
    out_of_fold_ : ndarray of shape (N,)
        What networks that never saw a picture say of it, in the units of ``y``; NaN where no
        fold holds it out.
    test_scores_ : dict of str to TestScore
        By metric, of the pictures that ``fit`` was given as ``test``.
    decisions_ : tuple of Decision
        All that was decided from the data.
    model_ : PictureModel
        The ensemble of all folds.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> grey = np.linspace(20, 230, 40)
    >>> noise = rng.integers(-15, 15, (40, 16, 16, 3))
    >>> X = (grey[:, None, None, None] + noise).astype(np.uint8)
    >>> model = ImageRegressor(folds=4, img_size=32, network="pretrained").fit(X, grey)
    >>> model.predict(X[[0, -1]]).round(-2)
    array([  0., 200.])
    """

    def _labels(self, y: NDArray[Any]) -> NDArray[Any]:
        return numbers_of(y, ImageClassifier.__name__)

    def _test_labels(self, y: NDArray[Any]) -> NDArray[Any]:
        return numbers_of(y, ImageClassifier.__name__)

    def _keep(self, answers: NDArray[np.float64]) -> None:
        self.out_of_fold_ = answers[:, 0]

    @in_its_words
    def predict(self, X: Images) -> NDArray[np.float64]:
        """Return the number of each picture, shape (N,), in the units of ``y``."""
        return self._answers(X)[:, 0]

    @in_its_words
    def predict_interval(self, X: Images, coverage: float = 0.9) -> NDArray[np.float64]:
        """Return between what the truth of each picture is expected, shape (N, 2).

        Parameters
        ----------
        X : pictures
        coverage : float
            Share of pictures whose truth is to lie within.

        Raises
        ------
        PredictError
            P07, if so few pictures were held out that so much cannot be promised.
        """
        pictures = self._pictures(X)
        return self.model_.intervals(pictures, coverage)[:, 1:]


def _no_marks(fact: str) -> SchemaError:
    """Return S05: answers are neither classes nor labels."""
    return SchemaError(
        "S05",
        f"y {fact}",
        fix=[
            "give one class for each image",
            "give a column of 0 and 1 for each label: MultiLabelBinarizer().fit_transform(y)",
        ],
    )


def _name(place: int) -> str:
    """Return what the class or label at a place is called in a schema, in their order."""
    return f"{place:06}"


class ImageClassifier(ClassifierMixin, ImageEstimator):  # type: ignore[misc]
    """Tell pictures apart by networks that were trained and scored in all folds at once.

    Parameters are those of ``ImageRegressor``. Where pictures may have several labels, ``y``
    has a column of 0 and 1 for each, shape (N, L), as scikit-learn has them.

    Attributes
    ----------
    classes_ : ndarray of shape (C,)
        Sorted, as in ``y``; of labels the numbers of their columns.
    fold_scores_ : dict of str to ndarray of shape (folds,)
        By metric, each fold on the pictures that it held out.
    out_of_fold_ : ndarray of shape (N, C)
        Probabilities by networks that never saw the picture; NaN where no fold holds
        it out.
    test_scores_ : dict of str to TestScore
        By metric, of the pictures that ``fit`` was given as ``test``.
    decisions_ : tuple of Decision
        All that was decided from the data.
    model_ : PictureModel
        The ensemble of all folds.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> night, day = rng.integers([[0], [150]], [[90], [240]], (2, 12 * 16 * 16 * 3))
    >>> X = np.stack([night, day]).reshape(24, 16, 16, 3).astype(np.uint8)
    >>> y = ["night"] * 12 + ["day"] * 12
    >>> model = ImageClassifier(folds=3, img_size=32).fit(X, y)
    >>> model.classes_, model.predict(X[[0, -1]])
    (array(['day', 'night'], dtype='<U5'), array(['night', 'day'], dtype='<U5'))
    """

    classes_: NDArray[Any]

    def _given(self, y: Any) -> NDArray[Any]:
        try:
            marks = y.toarray() if issparse(y) else np.asarray(y)
        except ValueError as error:  # lists of different lengths
            raise _no_marks("holds lists of different lengths") from error
        if marks.ndim < 2 or marks.shape[1] == 1:
            return super()._given(marks)
        if marks.ndim > 2 or marks.dtype.kind not in "biuf" or not np.isin(marks, (0, 1)).all():
            raise _no_marks(f"has the shape {marks.shape} and other values than 0 and 1")
        return marks.astype(np.int64)

    def _labels(self, y: NDArray[Any]) -> NDArray[Any]:
        if y.ndim == 2:
            self.classes_ = np.arange(y.shape[1])
            return self._test_labels(y)
        require_classes(y)
        self.classes_ = np.unique(y)
        return self._test_labels(y)

    def _test_labels(self, y: NDArray[Any]) -> NDArray[Any]:
        # Classes by their place: so whatever they are, numbers or words, they come back.
        if y.ndim == 2:
            sets = [frozenset(map(_name, np.flatnonzero(row).tolist())) for row in y]
            return np.array(sets, dtype=object)
        places = np.searchsorted(self.classes_, known_classes(self.classes_, y))
        return np.array([_name(place) for place in places], dtype=object)

    def _keep(self, answers: NDArray[np.float64]) -> None:
        self.out_of_fold_ = self._of_all(answers)

    @in_its_words
    def predict_proba(self, X: Images) -> NDArray[np.float64]:
        """Return the probability of each of ``classes_``, shape (N, C)."""
        return self._of_all(self._answers(X))

    def predict(self, X: Images) -> NDArray[Any]:
        """Return the most probable class of each picture, shape (N,).

        Of labels 1 for those from their thresholds on and 0 for others, shape (N, L).
        """
        said = self.predict_proba(X)
        if limits := self.model_.schema.thresholds:
            return np.asarray(said >= self._of_all(np.array([limits]), 1.0)).astype(np.int64)
        return np.asarray(self.classes_[said.argmax(axis=1)])

    def _of_all(self, said: NDArray[np.float64], usual: float = 0.0) -> NDArray[np.float64]:
        """Return what was said of labels with a column for those that no picture had."""
        names = self.model_.schema.classes
        if len(names) == len(self.classes_):
            return said
        whole = np.full((len(said), len(self.classes_)), usual)
        whole[:, [int(name) for name in names]] = said
        return whole

    @in_its_words
    def predict_set(self, X: Images, coverage: float = 0.9) -> NDArray[np.bool_]:
        """Return which of ``classes_`` the truth is expected among, shape (N, C).

        Parameters
        ----------
        X : pictures
        coverage : float
            Share of pictures whose class is to be in the set.

        Raises
        ------
        PredictError
            P07, if so few pictures were held out that so much cannot be promised; P09, where
            pictures may have several labels.
        """
        if self.model_.schema.thresholds:
            raise not_of("sets of classes", "predicts several labels", "predict(X)")
        return sets_of(self.model_.conformal, self.predict_proba(X), coverage)
