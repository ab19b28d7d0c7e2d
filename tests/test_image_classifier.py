"""Pictures behind scikit-learn's contract."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import KFold, cross_val_score

from tenfold import ImageClassifier
from tenfold.errors import PictureError, SchemaError, UsageError
from tests.engine_pictures import small_module, stripes, write_folder

QUICK: dict[str, Any] = {"folds": 3, "img_size": 32}


def test_arrays_in_and_classes_out() -> None:
    X, y = stripes(30, classes=3)
    names = np.array(["ash", "fir", "elm"])[y]
    model = ImageClassifier(**QUICK).fit(X, names)
    assert model.classes_.tolist() == ["ash", "elm", "fir"]
    assert model.out_of_fold_.shape == (30, 3)
    assert model.fold_scores_["accuracy"].shape == (3,)
    chances = model.predict_proba(X)
    np.testing.assert_allclose(chances.sum(axis=1), 1)
    assert np.array_equal(model.predict(X), model.classes_[chances.argmax(axis=1)])
    assert model.score(X, names) > 0.8


def test_numbers_as_classes_keep_their_order_and_type() -> None:
    X, y = stripes(24)
    model = ImageClassifier(**QUICK).fit(X, np.where(y == 0, 10, 9))
    assert model.classes_.tolist() == [9, 10]
    assert model.predict(X).dtype == model.classes_.dtype


def test_paths_give_what_their_arrays_give(tmp_path: Path) -> None:
    X, y = stripes(20)
    folder = write_folder(tmp_path, 20)
    files = [folder / ("flat", "steep")[label] / f"{i:03}.png" for i, label in enumerate(y)]
    one, other = (ImageClassifier(**QUICK).fit(given, y) for given in (X, files))
    assert np.array_equal(one.out_of_fold_, other.out_of_fold_)
    assert np.array_equal(one.predict_proba(files[:3]), one.predict_proba(X[:3]))


def test_it_is_a_clone_of_its_parameters_and_works_in_cross_val_score() -> None:
    X, y = stripes(24)
    model = ImageClassifier(**QUICK, random_state=3)
    twin = clone(model)
    assert twin.get_params() == model.get_params()
    scores = cross_val_score(twin, X, y, cv=KFold(2, shuffle=True, random_state=0))
    assert scores.shape == (2,)
    with pytest.raises(NotFittedError):
        model.predict(X)


def test_a_splitter_and_a_network_of_ones_own_are_taken() -> None:
    X, y = stripes(24)
    model = ImageClassifier(
        folds=KFold(2), network=small_module, epochs=2, img_size=32, batch_size=8
    ).fit(X, y)
    assert model.fold_scores_["log_loss"].shape == (2,)
    assert model.model_.own


def test_the_same_seed_gives_the_same_model() -> None:
    X, y = stripes(20)
    one, other, third = (
        ImageClassifier(**QUICK, random_state=seed).fit(X, y).out_of_fold_ for seed in (1, 1, 2)
    )
    assert np.array_equal(one, other)
    assert not np.array_equal(one, third)


def test_wrong_input_is_refused_with_a_code(tmp_path: Path) -> None:
    X, y = stripes(20)
    with pytest.raises(SchemaError, match=r"^S06"):
        ImageClassifier().fit(X, np.zeros(20))
    with pytest.raises(UsageError, match=r"^U01: quality"):
        ImageClassifier(quality="great").fit(X, y)
    with pytest.raises(PictureError, match=r"^I05"):
        ImageClassifier().fit(X[:, :, 0, 0], y)
    (tmp_path / "a.png").write_text("nothing")
    model = ImageClassifier(**QUICK).fit(X, y)
    with pytest.raises(PictureError, match=r"^I04: 1 of the images"):
        model.predict([tmp_path / "a.png"])
