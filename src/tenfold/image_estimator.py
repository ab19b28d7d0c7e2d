"""What the estimators for pictures share, behind scikit-learn's contract."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted, column_or_1d

from tenfold.audit_options import AuditMode, AuditOptions
from tenfold.config import Quality, RunOptions
from tenfold.data.folds.split import Splitter
from tenfold.data.new_rows.admit import warn_of_doubts
from tenfold.data.pictures.framing import Framing
from tenfold.data.pictures.pictures import Pictures, pictures_of, read_unlabelled
from tenfold.errors import PictureError
from tenfold.following import Callbacks, following, only_callbacks
from tenfold.kinds.images.networks.registry import choose_framing
from tenfold.kinds.images.picture_model import PictureModel
from tenfold.kinds.registry import IMAGES
from tenfold.nn.own_modules import MakeModule
from tenfold.read_options import PictureOptions
from tenfold.study.study import run_study
from tenfold.study_estimator import StudyEstimator, in_its_words, require_difference

Images = Sequence[Any] | NDArray[Any]
"""Files, PIL images, arrays of single pictures, or one array (N, H, W) or (N, H, W, 3)."""


class ImageEstimator(StudyEstimator, ABC):
    """What the estimators for pictures share: everything but the task."""

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
        y : array of shape (N,), or for a classifier (N, L)
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
        given = self._given(y)
        labels = self._labels(given)
        if given.ndim == 1:
            require_difference(given, classes=is_classifier(self))
        framing = choose_framing(options.train)
        pictures = _labelled(X, labels, framing)
        asked = None
        if test is not None:
            answers = self._test_labels(self._given(test[1]))
            asked = _labelled(test[0], answers, framing)
        members = only_callbacks(self.callbacks)
        with following(members, verbose=bool(self.verbose)) as watch:
            objects = replace(self._objects(), watch=watch)
            study = run_study(IMAGES, pictures, options, test=asked, objects=objects)
        self._remember(study, options.train)
        self._keep(study.out_of_fold())
        return self

    def _given(self, y: ArrayLike) -> NDArray[Any]:
        """Return the answers as an array, (N,)."""
        return np.asarray(column_or_1d(y, warn=True))

    @abstractmethod
    def _labels(self, y: NDArray[Any]) -> NDArray[Any]:
        """Check the answers and return them as they are to be learnt."""

    @abstractmethod
    def _test_labels(self, y: NDArray[Any]) -> NDArray[Any]:
        """Check the answers of test pictures and return them as they are to be scored."""

    @abstractmethod
    def _keep(self, answers: NDArray[np.float64]) -> None:
        """Keep what networks that never saw a picture say of it, (N, O)."""

    def _pictures(self, X: Images) -> Pictures:
        """Return pictures to be answered, each of which must get its row."""
        check_is_fitted(self)
        pictures = read_unlabelled(X, self.model_.schema.framing, PictureOptions())
        _refuse_unread(pictures)
        warn_of_doubts(pictures)
        return pictures

    def _answers(self, X: Images) -> NDArray[np.float64]:
        """Return what the ensemble says of pictures, (N, O)."""
        pictures = self._pictures(X)
        return self.model_.answers(pictures)


def _labelled(X: Images, labels: NDArray[Any], framing: Framing) -> Pictures:
    pictures = pictures_of(X, labels, framing, PictureOptions())
    _refuse_unread(pictures)
    return pictures


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
