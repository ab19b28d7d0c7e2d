"""Heads are logistic regression; features and penalties are chosen on the fold's own rows."""

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from tenfold.training import heads
from tenfold.training.heads import PENALTIES, USUAL, Solved, as_truth, solve_head

ROWS, FEATURES, CLASSES = 90, 6, 3


def problem(
    features: int = FEATURES, noise: float = 1.0, rows: int = ROWS
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return standardised rows, and classes that the first three features tell apart."""
    rng = np.random.default_rng(0)
    target = np.arange(rows) % CLASSES
    x = noise * rng.normal(size=(rows, features))
    x[np.arange(rows), target] += 2
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    return torch.from_numpy(x).float(), torch.from_numpy(target)


def solved(x: torch.Tensor, target: torch.Tensor, **options: object) -> Solved:
    blocks = [torch.arange(len(x)) % 5 == block for block in range(2)]
    chosen = {"widths": [x.shape[1]], "blocks": blocks, "generator": torch.Generator()}
    truth = as_truth(target, CLASSES)
    return solve_head(x, truth, "classification", **(chosen | options))


def share(x: torch.Tensor, found: Solved) -> np.ndarray:
    said = x[:, : found.columns] @ found.weight_DO + found.bias_O
    return np.asarray(said.softmax(dim=1).numpy())


@pytest.mark.parametrize("penalty", [1.0, 0.1, 0.01])
@pytest.mark.parametrize("features", [FEATURES, 200])
def test_many_steps_end_where_scikit_learn_does(
    penalty: float, features: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With more features than rows, too, where axes come from the products of rows."""
    monkeypatch.setattr(heads, "PENALTIES", (penalty,))
    x, target = problem(features)
    theirs = LogisticRegression(C=1 / (penalty * ROWS), tol=1e-8, max_iter=5_000)
    theirs.fit(x.numpy(), target.numpy())
    found = solved(x, target, steps=3_000)
    assert found.penalties == (penalty,)
    np.testing.assert_allclose(share(x, found), theirs.predict_proba(x.numpy()), atol=2e-3)


def test_labels_are_each_a_logistic_regression_with_a_penalty_of_its_own() -> None:
    """One is told by a feature, and the other is a coin that a strong penalty holds back."""
    x, _ = problem(features=30, rows=150)
    rng = torch.Generator().manual_seed(0)
    clear = (x[:, 0] + 0.1 * torch.randn(150, generator=rng) > 0).float()
    coin = (torch.rand(150, generator=rng) > 0.6).float()
    truth = torch.stack([clear, coin], dim=1)
    blocks = [torch.arange(150) % 5 == block for block in range(2)]
    given: dict[str, Any] = {"widths": [30], "blocks": blocks, "generator": rng}
    found = solve_head(x, truth, "multilabel", steps=4_000, **given)
    assert found.penalties[0] < found.penalties[1] == max(PENALTIES)
    said = torch.sigmoid(x @ found.weight_DO + found.bias_O).numpy()
    for at, penalty in enumerate(found.penalties):
        theirs = LogisticRegression(C=1 / (penalty * 150), tol=1e-8, max_iter=5_000)
        theirs.fit(x.numpy(), truth[:, at].numpy())
        wanted = theirs.predict_proba(x.numpy())[:, 1]
        np.testing.assert_allclose(said[:, at], wanted, atol=2e-3)


def test_a_label_is_solved_alike_whatever_others_there_are() -> None:
    x, target = problem()
    truth = as_truth(target, CLASSES)
    blocks = [torch.arange(ROWS) % 5 == 0]

    def weights(some: list[int]) -> torch.Tensor:
        given: dict[str, Any] = {"widths": [FEATURES], "blocks": blocks}
        generator = torch.Generator().manual_seed(0)
        return solve_head(
            x, truth[:, some], "multilabel", generator=generator, **given
        ).weight_DO

    together = weights([0, 1, 2])
    for at in range(3):
        torch.testing.assert_close(weights([at])[:, 0], together[:, at], atol=1e-5, rtol=1e-4)


def test_a_strong_penalty_is_chosen_where_there_is_little_to_learn() -> None:
    clear = solved(*problem(noise=0.3))
    x, target = problem(200)
    noisy = solved(x, target[torch.randperm(ROWS, generator=torch.Generator().manual_seed(0))])
    assert clear.penalties < noisy.penalties == (max(PENALTIES),)


@pytest.mark.parametrize("useful", [3, 10])
def test_later_features_are_used_where_they_help(useful: int) -> None:
    x, target = problem(10)
    if useful == 10:  # the three that tell are the last
        x = x.flip(1)
    else:
        x[:, 3:] *= 30
    assert solved(x, target, widths=[3, 10]).columns == useful


def test_loss_falls_from_that_of_the_shares_of_classes() -> None:
    found = solved(*problem())
    assert len(found.loss) == heads.STEPS
    assert found.loss[0] == pytest.approx(np.log(CLASSES), rel=1e-3)
    assert found.loss[-1] < 0.5 * found.loss[0]


def test_in_haste_nothing_is_chosen_and_one_step_taken() -> None:
    x, target = problem(noise=0.5)
    found = solved(x, target, in_haste=lambda: True)
    assert (len(found.loss), found.penalties) == (1, (USUAL,))
    assert (share(x, found).argmax(axis=1) == target.numpy()).mean() > 0.9


def test_rows_that_cannot_be_parted_are_learnt_with_the_usual_penalty() -> None:
    """Such as copies of one picture, which stay together."""
    x, target = problem(noise=0.5)
    found = solved(x, target, blocks=[], widths=[3, FEATURES])
    assert (found.penalties, found.columns, len(found.loss)) == ((USUAL,), 3, heads.STEPS)


KINDS = ("constant", "twice the same", "one class", "ten rows", "many")


@pytest.mark.parametrize("kind", KINDS)
def test_odd_rows_are_learnt_without_a_number_that_is_not_finite(kind: str) -> None:
    rows = {"ten rows": 10, "many": 2_100}.get(kind, ROWS)
    x, target = problem(rows=rows)
    if kind == "constant":
        x = torch.zeros_like(x)
    elif kind == "twice the same":
        x = torch.cat([x, x], dim=1)
    elif kind == "one class":
        target = torch.zeros_like(target)
    found = solved(x, target)
    assert np.isfinite(share(x, found)).all()
    if kind == "many":  # axes are drawn through some of the rows
        assert (share(x, found).argmax(axis=1) == target.numpy()).mean() > 0.8


def test_what_rows_left_out_cost_is_told() -> None:
    """Nearly nothing where classes are clear, as much as a guess where they are noise."""
    clear = solved(*problem(noise=0.1)).validation_loss
    x, target = problem()
    noise = solved(x, target[torch.randperm(ROWS, generator=torch.Generator().manual_seed(0))])
    assert clear is not None
    assert noise.validation_loss is not None
    assert clear < 0.05
    assert noise.validation_loss == pytest.approx(np.log(CLASSES), abs=0.15)
    assert solved(x, target, blocks=[]).validation_loss is None
