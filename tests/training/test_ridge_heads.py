"""Heads of numbers are ridge regression, whose penalty is chosen on rows left out."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.linear_model import Ridge, RidgeCV

from tenfold.training import ridge_heads
from tenfold.training.principal_axes import Axes
from tenfold.training.ridge_heads import PENALTIES, USUAL, left_out_errors, solve_ridge

Floats = NDArray[np.float64]


def problem(rows: int = 60, features: int = 90, seed: int = 0) -> tuple[Floats, Floats]:
    """Return standardised features and a standardised number that the first tells."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, features))
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    y = x[:, 0] + rng.normal(size=rows)
    return x, (y - y.mean()) / y.std()


def tensors(*arrays: Floats) -> list[torch.Tensor]:
    return [torch.from_numpy(array).float() for array in arrays]


def solved(x: Floats, y: Floats, units: Any = None, **options: Any) -> Any:
    given: dict[str, Any] = {"widths": [x.shape[1]], "generator": torch.Generator()}
    units_N = torch.arange(len(x)) if units is None else torch.as_tensor(units)
    return solve_ridge(*tensors(x, y), units_N=units_N, **(given | options))


@pytest.mark.parametrize("features", [20, 90])
def test_heads_are_ridge_regression(features: int) -> None:
    x, y = problem(features=features)
    found = solved(x, y)
    (penalty,) = found.penalties
    assert penalty in PENALTIES
    theirs = Ridge(alpha=60 * penalty).fit(x, y)
    np.testing.assert_allclose(found.weight_DO[:, 0], theirs.coef_, atol=1e-4)
    np.testing.assert_allclose(found.bias_O[0], theirs.intercept_, atol=1e-4)
    assert found.validation_loss is not None
    assert 0.2 < found.validation_loss < 1.3


@pytest.mark.parametrize("size", [1, 2, 7, 30])
@pytest.mark.parametrize("features", [20, 90])
def test_errors_of_rows_left_out_are_those_of_learning_from_the_others(
    size: int, features: int
) -> None:
    x, y = problem(features=features)
    units = np.random.default_rng(1).permutation(60) // size
    axes = Axes.of(tensors(x)[0], torch.Generator())
    penalties = torch.tensor([1.0, 0.1, 0.01])
    found = left_out_errors(axes, tensors(y)[0], penalties, torch.from_numpy(units))
    for at, penalty in enumerate(penalties.tolist()):
        for unit in np.unique(units)[:4]:
            out = units == unit
            # The mean squared error of fewer rows: the same weight for each squared weight.
            model = Ridge(alpha=60 * penalty).fit(x[~out], y[~out])
            wanted = y[out] - model.predict(x[out])
            np.testing.assert_allclose(found[out, at], wanted, atol=2e-3)


def test_the_penalty_is_that_of_scikit_learns_leave_one_out() -> None:
    for seed in range(5):
        x, y = problem(80, 120, seed)
        alphas = [80 * penalty for penalty in PENALTIES]
        theirs = RidgeCV(alphas=alphas).fit(x, y)
        assert solved(x, y).penalties[0] == pytest.approx(theirs.alpha_ / 80)


def test_copies_are_left_out_together() -> None:
    """Or the weakest penalty were best: each row would know its target from its copy."""
    x, y = problem(60, 90)
    coin = np.random.default_rng(3).permutation(y)
    twice = np.repeat(x, 2, axis=0), np.repeat(coin, 2)
    apart = solved(*twice)
    together = solved(*twice, units=np.repeat(np.arange(60), 2))
    assert apart.penalties[0] < together.penalties[0]
    assert apart.validation_loss < 0.5 < together.validation_loss


def test_without_a_choice_the_penalty_is_the_usual_one() -> None:
    x, y = problem()
    assert solved(x, y, units=np.zeros(60, int)).penalties == (USUAL,)
    assert solved(x, y, in_haste=lambda: True).penalties == (USUAL,)
    assert solved(x, y, in_haste=lambda: True).validation_loss is None


def test_later_features_are_used_where_they_help(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = problem(features=40)
    assert solved(x, y, widths=[20, 40]).columns == 20
    assert solved(x[:, ::-1].copy(), y, widths=[20, 40]).columns == 40
    monkeypatch.setattr(ridge_heads, "PENALTIES", (1e-8,))
    assert np.isfinite(solved(x, y).weight_DO.numpy()).all()
