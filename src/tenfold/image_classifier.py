"""The study of pictures behind scikit-learn's contract."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted, column_or_1d

from tenfold.config import AuditMode, AuditOptions, Quality, RunOptions
from tenfold.data.folds.split import Splitter
from tenfold.data.new_rows.admit import warn_of_doubts
from tenfold.data.pictures.framing import Framing
from tenfold.data.pictures.pictures import Pictures, pictures_of, read_unlabelled
from tenfold.errors import PictureError
from tenfold.evaluate.coverage import sets_of
from tenfold.following import Callbacks, following, only_callbacks
from tenfold.kinds.images.networks.registry import choose_framing
from tenfold.kinds.images.picture_model import PictureModel
from tenfold.kinds.registry import IMAGES
from tenfold.nn.own_modules import MakeModule
from tenfold.read_options import PictureOptions
from tenfold.study.study import run_study
from tenfold.study_estimator import (
    StudyEstimator,
    in_its_words,
    known_classes,
    require_classes,
    require_difference,
)

Images = Sequence[Any] | NDArray[Any]
"""Files, PIL images, arrays of single pictures, or one array (N, H, W) or (N, H, W, 3)."""


class ImageClassifier(ClassifierMixin, StudyEstimator):  # type: ignore[misc]
    """Tell pictures apart by networks that were trained and scored in all folds at once.

    Parameters
    ----------
    folds : "auto", int, splitter or iterable
        ``"auto"`` makes 10 for heads on a pretrained network, fewer where each fold costs a
        network of its own. A splitter of scikit-learn, or pairs of positions (learn,
        test), are taken as they are.
    network : str or callable
        ``"auto"``, ``"pretrained"``, ``"scratch"``, ``"tutorial"``, ``"FILE.py:FUNCTION"``,
        or a function that takes the shape (3, height, width) and the number of classes
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
    classes_ : ndarray of shape (C,)
        Sorted, as in ``y``.
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

    model_: PictureModel

    def __init__(  # noqa: PLR0913 - scikit-learn wants each parameter by its name
        self,
        *,
        folds: "int | str | Splitter | Iterable[Any]" = "auto",
        network: str | MakeModule = "auto",
        weights: str | None = None,
        quality: Quality = "medium",
        audit: AuditMode = "off",
        epochs: int | None = None,
        batch_size: int | None = None,
        lr: float | None = None,
        img_size: int | None = None,
        mirror: bool | None = None,
        device: str = "auto",
        time_limit: float | None = None,
        random_state: int | np.random.RandomState | np.random.Generator | None = 0,
        callbacks: Callbacks = None,
        verbose: bool = False,
    ) -> None:
        self.folds = folds
        self.network = network
        self.weights = weights
        self.quality = quality
        self.audit = audit
        self.epochs = epochs
        self.batch_size = batch_size
        self.lr = lr
        self.img_size = img_size
        self.mirror = mirror
        self.device = device
        self.time_limit = time_limit
        self.random_state = random_state
        self.callbacks = callbacks
        self.verbose = verbose

    @in_its_words
    def fit(
        self,
        X: Images,
        y: ArrayLike,
        *,
        test: tuple[Images, ArrayLike] | None = None,
    ) -> Self:
        """Train and score the networks of all folds.

        Parameters
        ----------
        X : sequence or array of N pictures
            Files, PIL images, arrays, or one array (N, H, W), (N, H, W, 1), (N, H, W, 3)
            or (N, H, W, 4).
        y : array of shape (N,)
        test : tuple of (X, y), optional
            Pictures that no choice touches, scored once at the end: ``test_scores_``.

        Raises
        ------
        InputError
            If the pictures cannot be read, learnt from or split; it is a ValueError too.
        """
        options = RunOptions(
            split=self._split_options(),
            audit=AuditOptions(audit=self.audit),
            train=self._train_options(),
        )
        labels = column_or_1d(y, warn=True)
        require_classes(labels)
        require_difference(labels)
        self.classes_ = np.unique(labels)
        framing = choose_framing(options.train)
        pictures = self._labelled(X, labels, framing)
        asked = None
        if test is not None:
            answers = known_classes(self.classes_, column_or_1d(test[1], warn=True))
            asked = self._labelled(test[0], answers, framing)
        members = only_callbacks(self.callbacks)
        with following(members, verbose=bool(self.verbose)) as watch:
            objects = replace(self._objects(), watch=watch)
            study = run_study(IMAGES, pictures, options, test=asked, objects=objects)
        self._remember(study, options.train)
        self.out_of_fold_ = study.out_of_fold()
        return self

    def _labelled(self, X: Images, y: NDArray[Any], framing: Framing) -> Pictures:
        # Classes by their place: so whatever they are, numbers or words, they come back.
        names = [f"{place:06}" for place in np.searchsorted(self.classes_, y)]
        pictures = pictures_of(X, names, framing, PictureOptions())
        _refuse_unread(pictures)
        return pictures

    @in_its_words
    def predict_proba(self, X: Images) -> NDArray[np.float64]:
        """Return the probability of each of ``classes_``, shape (N, C)."""
        check_is_fitted(self)
        pictures = read_unlabelled(X, self.model_.schema.framing, PictureOptions())
        _refuse_unread(pictures)
        warn_of_doubts(pictures)
        return self.model_.answers(pictures)

    def predict(self, X: Images) -> NDArray[Any]:
        """Return the most probable class of each picture, shape (N,)."""
        chosen = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[chosen])

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
            P07, if so few pictures were held out that so much cannot be promised.
        """
        return sets_of(self.model_.conformal, self.predict_proba(X), coverage)


def _refuse_unread(pictures: Pictures) -> None:
    """Refuse pictures some of which cannot be read: each must get its row.

    Raises
    ------
    PictureError
        I04.
    """
    if not pictures.rejected:
        return
    first = pictures.rejected[0]
    raise PictureError(
        "I04",
        f"{len(pictures.rejected):,} of the images cannot be read, but an estimator has to "
        "predict all of them",
        place={"image": f"{first.file}: {first.reason}"},
        fix=[
            "leave them out",
            ("use tenfold.train(FOLDER), which leaves them out and reports it"),
        ],
    )
