"""What estimators and runs say of tables whose folds hold out fewer than ten rows."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

import tenfold
from tenfold import TabularRegressor, TrainOptions


def measured(rows: int, seed: int = 0) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    x = pd.DataFrame(draw.normal(size=(rows, 3)), columns=list("abc"))
    return x.assign(y=2 * x["a"] - x["b"] + draw.normal(0, 2.0, rows))


@pytest.mark.parametrize("rows", [30, 60])
def test_a_run_of_a_tiny_table_says_the_r2_of_all_held_out_rows(rows: int) -> None:
    table = measured(rows)
    run = tenfold.train(
        table, folds=10, training=TrainOptions(epochs=3), quality="fast", out=None
    )
    assert run.study is not None
    said: Any = run.metrics["scores"]["r2"]
    pooled = sk.r2_score(table["y"], run.study.out_of_fold()[:, 0])
    assert said["mean"] == pytest.approx(pooled)
    assert abs(np.mean(said["per_fold"]) - pooled) > 0.1  # the control
    assert said["low"] <= said["mean"] <= said["high"] <= 1


def test_an_estimator_keeps_the_scores_of_folds_beside_the_pooled_one() -> None:
    table = measured(40)
    model = TabularRegressor(folds=8, quality="fast", epochs=3)
    model.fit(table[["a", "b", "c"]], table["y"])
    assert len(model.fold_scores_["r2"]) == 8
    assert np.isfinite(model.fold_scores_["rmse"]).all()
    assert np.min(model.fold_scores_["r2"]) < np.max(model.fold_scores_["r2"])
