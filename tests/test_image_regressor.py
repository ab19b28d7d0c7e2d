"""Numbers from pictures, behind scikit-learn's contract and as files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import tenfold
from tenfold import ImageClassifier, ImageRegressor
from tenfold.errors import PredictError, SchemaError, UsageError
from tenfold.kinds.images.explain.looking import heatmap_of
from tests.engine_pictures import stripes

QUICK: dict[str, Any] = {"folds": 3, "img_size": 32, "network": "pretrained"}


def bright(count: int = 45) -> tuple[np.ndarray, np.ndarray]:
    """Return noisy pictures whose number is how much of them is bright, from 0 to 100."""
    rng = np.random.default_rng(count)
    share = rng.uniform(0.05, 0.95, count)
    x = rng.normal(60, 20, (count, 32, 32, 3))
    for picture, part in zip(x, share, strict=True):
        picture[:, : round(32 * part)] += 120
    return x.clip(0, 255).astype(np.uint8), 100 * share


def test_numbers_come_back_in_their_unit_with_intervals() -> None:
    X, y = bright()
    model = ImageRegressor(**QUICK).fit(X, y, test=(X[:9], y[:9]))
    assert model.out_of_fold_.shape == (45,)
    assert model.score(X, y) > 0.8
    assert np.corrcoef(model.out_of_fold_, y)[0, 1] > 0.8
    assert set(model.test_scores_) == {"mse", "rmse", "mae", "r2"}
    ends = model.predict_interval(X, 0.9)
    said = model.predict(X)
    assert ((ends[:, 0] <= said) & (said <= ends[:, 1])).all()
    assert ((ends[:, 0] <= y) & (y <= ends[:, 1])).mean() > 0.8
    with pytest.raises(PredictError, match="P07"):
        model.predict_interval(X, 0.999)


def test_a_unit_changes_answers_by_its_factor_alone() -> None:
    X, y = bright(30)
    one = ImageRegressor(**QUICK).fit(X, y)
    other = ImageRegressor(**QUICK).fit(X, 1e6 - 1e4 * y)
    np.testing.assert_allclose(other.out_of_fold_, 1e6 - 1e4 * one.out_of_fold_, rtol=1e-4)


def test_what_is_no_number_is_refused_before_training() -> None:
    X, y = bright(12)
    with pytest.raises(SchemaError, match="S02"):
        ImageRegressor(**QUICK).fit(X, [*["old"] * 6, *["new"] * 6])
    with pytest.raises(SchemaError, match="S02: Input y contains NaN"):
        ImageRegressor(**QUICK).fit(X, np.where(y > 50, np.nan, y))
    with pytest.raises(SchemaError, match="S02: y holds dates"):
        ImageRegressor(**QUICK).fit(X, np.datetime64("2020-01-01") + np.arange(12))
    with pytest.raises(SchemaError, match="S06"):
        ImageRegressor(**QUICK).fit(X, np.ones(12))
    with pytest.raises(NotFittedError):
        clone(ImageRegressor(**QUICK)).predict(X)
    with pytest.raises(UsageError, match="U01"):
        ImageRegressor(quality="great").fit(X, y)


def test_classes_of_numbers_stay_classes() -> None:
    X, label = stripes(24)
    model = ImageClassifier(**QUICK).fit(X, label.astype(np.float64))
    assert model.classes_.tolist() == [0.0, 1.0]


def test_a_heat_map_shows_what_makes_a_number_larger(tmp_path: Path) -> None:
    from PIL import Image  # noqa: PLC0415

    X, y = bright(60)
    for i, picture in enumerate(X):
        Image.fromarray(picture).save(tmp_path / f"{i}.png")
    lines = ["file,share", *(f"{i}.png,{number:.3f}" for i, number in enumerate(y))]
    (tmp_path / "list.csv").write_text("\n".join(lines), encoding="utf-8")
    training = tenfold.TrainOptions(network="pretrained", img_size=64)
    quiet: dict[str, Any] = {"verbose": False, "audit": "off", "folds": 3}
    run = tenfold.train(tmp_path / "list.csv", training=training, out=tmp_path, **quiet)
    assert run.metrics["task"] == "regression"
    assert run.model.schema.target == "share"
    said = run.predict(tmp_path / "3.png")
    assert list(said.columns) == ["prediction", "low", "high", "novelty"]
    asked = run.study.data
    heat = heatmap_of(run.model, asked.cache[asked.at[3]], 0)
    assert heat.max() == pytest.approx(1, abs=1e-5)
    assert run.folder is not None
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    assert "Largest errors" in page
    assert "true value" in page
    scores = run.evaluate(tmp_path / "list.csv")
    more = ["file,share,other", *(f"{line},{i}" for i, line in enumerate(lines[1:]))]
    (tmp_path / "more.csv").write_text("\n".join(more), encoding="utf-8")
    assert run.evaluate(tmp_path / "more.csv")["rmse"].value == scores["rmse"].value
