"""FoldTarget against torch's own losses and plain NumPy."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from tenfold.data.columns.encode import Encoded
from tenfold.nn.targets import FoldTarget

FOLDS, ROWS, CLASSES = 3, 20, 4
LEARN = np.stack([np.arange(ROWS) % FOLDS != f for f in range(FOLDS)])


def make_rows(task: str) -> Encoded:
    rng = np.random.default_rng(0)
    target = (
        rng.normal(1e4, 300, ROWS) if task == "regression" else rng.integers(0, CLASSES, ROWS)
    )
    return Encoded(
        numbers=np.zeros((ROWS, 1)),
        codes=np.zeros((ROWS, 0), dtype=np.int64),
        levels=(),
        target=target,
        weights=rng.uniform(0.5, 2.0, ROWS),
        groups=None,
        times=None,
        rows=np.arange(ROWS),
    )


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(
        *shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    )


def test_the_loss_of_regression_and_its_gradient_are_torchs() -> None:
    target = FoldTarget(FOLDS, "regression", 1)
    outputs = normal(FOLDS, ROWS, 1).requires_grad_()
    seen, weights = normal(FOLDS, ROWS, seed=1), normal(FOLDS, ROWS, seed=2).abs()
    loss, gradient = target.loss(outputs.detach(), seen, weights)
    each = functional.mse_loss(outputs[..., 0], seen, reduction="none")
    expected = (each * weights).sum(dim=1)
    torch.testing.assert_close(loss, expected.detach())
    torch.testing.assert_close(gradient, torch.autograd.grad(expected.sum(), outputs)[0])
    assert not torch.allclose(loss, each.sum(dim=1))


@pytest.mark.parametrize("classes", [2, CLASSES])
def test_the_loss_of_classification_and_its_gradient_are_torchs(classes: int) -> None:
    target = FoldTarget(FOLDS, "classification", classes)
    outputs = (5 * normal(FOLDS, ROWS, classes)).requires_grad_()
    seen = torch.arange(FOLDS * ROWS).view(FOLDS, ROWS) % classes
    weights = normal(FOLDS, ROWS).abs()
    loss, gradient = target.loss(outputs.detach(), seen, weights)
    each = functional.cross_entropy(outputs.mT, seen, reduction="none")
    expected = (each * weights).sum(dim=1)
    torch.testing.assert_close(loss, expected.detach())
    torch.testing.assert_close(gradient, torch.autograd.grad(expected.sum(), outputs)[0])
    assert not torch.allclose(loss, each.sum(dim=1))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_of_labels_and_its_gradient_are_torchs(smoothing: float) -> None:
    target = FoldTarget(FOLDS, "multilabel", CLASSES, smoothing=smoothing)
    outputs = (5 * normal(FOLDS, ROWS, CLASSES)).requires_grad_()
    marks = torch.arange(FOLDS * ROWS * CLASSES).view(FOLDS, ROWS, CLASSES) % 3 % 2
    seen, weights = target.seen(marks).double(), normal(FOLDS, ROWS).abs()
    loss, gradient = target.loss(outputs.detach(), seen, weights)
    wanted = seen * (1 - smoothing) + smoothing / 2
    each = functional.binary_cross_entropy_with_logits(outputs, wanted, reduction="none")
    expected = (each.sum(dim=2) * weights).sum(dim=1)
    torch.testing.assert_close(loss, expected.detach())
    torch.testing.assert_close(gradient, torch.autograd.grad(expected.sum(), outputs)[0])


def test_answers_of_labels_do_not_exclude_each_other() -> None:
    target = FoldTarget(FOLDS, "multilabel", CLASSES)
    outputs = normal(FOLDS, ROWS, CLASSES)
    torch.testing.assert_close(target.answers(outputs), outputs.sigmoid())
    other = outputs.clone()
    other[..., 1] += 3
    same = [0, 2, 3]
    assert torch.equal(target.answers(other)[..., same], target.answers(outputs)[..., same])
    marks = torch.ones(FOLDS, ROWS, CLASSES, dtype=torch.int64)
    error = target.squared_error(target.answers(outputs), marks)
    torch.testing.assert_close(error, (1 - outputs.sigmoid()).square().sum(dim=2))


def test_a_row_of_weight_zero_adds_nothing_to_loss_and_gradient() -> None:
    for task, outputs in (("regression", 1), ("classification", CLASSES)):
        target = FoldTarget(1, task, outputs)
        said = normal(1, 6, outputs)
        truth = torch.arange(6)[None] % CLASSES
        seen = target.seen(truth)
        weights = torch.tensor([[1.0, 1.0, 1.0, 0.0, 0.0, 0.0]], dtype=torch.float64)
        loss, gradient = target.loss(said, seen, weights)
        short, _ = target.loss(said[:, :3], seen[:, :3], weights[:, :3])
        torch.testing.assert_close(loss, short)
        assert (gradient[:, 3:] == 0).all()
        assert (gradient[:, :3] != 0).any()


def test_each_fold_scales_its_target_by_its_own_rows_and_their_weights() -> None:
    rows = make_rows("regression")
    target = FoldTarget(FOLDS, "regression", 1)
    target.estimate(rows, LEARN)
    for f, learn in enumerate(LEARN):
        own, weights = rows.target[learn], rows.weights[learn]
        mean = np.average(own, weights=weights)
        deviation = np.sqrt(np.average((own - mean) ** 2, weights=weights))
        assert float(target.mean_F[f]) == pytest.approx(mean, rel=1e-12)
        assert float(target.scale_F[f]) == pytest.approx(deviation, rel=1e-12)
        assert float(target.low_F[f]) == own.min()
        assert float(target.high_F[f]) == own.max()
    assert len(set(target.mean_F.tolist())) == FOLDS
    seen = target.seen(torch.from_numpy(rows.target).expand(FOLDS, -1))
    assert seen.dtype == torch.float32
    for f, learn in enumerate(LEARN):
        own = seen[f, learn].double().numpy()
        weights = rows.weights[learn]
        assert np.average(own, weights=weights) == pytest.approx(0, abs=1e-6)
        assert np.average(own**2, weights=weights) == pytest.approx(1, rel=1e-5)


def test_answers_undo_the_scale_and_stay_within_the_range_of_the_fold() -> None:
    rows = make_rows("regression")
    target = FoldTarget(FOLDS, "regression", 1)
    target.estimate(rows, LEARN)
    truth = torch.from_numpy(rows.target).expand(FOLDS, -1)
    back = target.answers(target.seen(truth)[..., None])[..., 0]
    clipped = truth.clamp(min=target.low_F[:, None], max=target.high_F[:, None])
    torch.testing.assert_close(back, clipped, rtol=1e-6, atol=1e-3)
    wild = target.answers(torch.tensor([[[1e9], [-1e9]]]).expand(FOLDS, -1, -1))[..., 0]
    assert torch.equal(wild, torch.stack([target.high_F, target.low_F], dim=1))


def test_a_target_that_was_not_estimated_is_learnt_in_its_own_units_without_limits() -> None:
    """The tutorial's network learns raw prices."""
    target = FoldTarget(1, "regression", 1)
    truth = torch.tensor([[24.0, 50.0, 1e6]], dtype=torch.float64)
    assert torch.equal(target.seen(truth).double(), truth)
    assert torch.equal(target.answers(truth[..., None].float())[..., 0], truth)


def test_answers_of_classification_are_probabilities() -> None:
    target = FoldTarget(FOLDS, "classification", CLASSES)
    outputs = 5 * normal(FOLDS, ROWS, CLASSES)
    found = target.answers(outputs.float())
    assert found.dtype == torch.float64
    torch.testing.assert_close(found, torch.softmax(outputs.float().double(), dim=-1))
    torch.testing.assert_close(found.sum(dim=-1), torch.ones(FOLDS, ROWS, dtype=torch.float64))


def test_the_squared_error_is_the_brier_score_or_a_share_of_the_variance() -> None:
    rows = make_rows("regression")
    target = FoldTarget(FOLDS, "regression", 1)
    target.estimate(rows, LEARN)
    truth = torch.from_numpy(rows.target).expand(FOLDS, -1)
    answers = truth[..., None] + 50 * normal(FOLDS, ROWS, 1)
    expected = (answers[..., 0] - truth) ** 2 / target.scale_F[:, None] ** 2
    torch.testing.assert_close(target.squared_error(answers, truth), expected)

    target = FoldTarget(FOLDS, "classification", CLASSES)
    classes = torch.arange(FOLDS * ROWS).view(FOLDS, ROWS) % CLASSES
    answers = target.answers(normal(FOLDS, ROWS, CLASSES))
    found = target.squared_error(answers, classes).numpy()
    onehot = np.eye(CLASSES)[classes.numpy()]
    np.testing.assert_allclose(found, ((answers.numpy() - onehot) ** 2).sum(axis=-1))


def test_a_fold_whose_target_does_not_vary_is_not_divided_by_zero() -> None:
    rows = make_rows("regression")
    rows.target[:] = 5.0
    rows.weights[:] = 1.0
    target = FoldTarget(FOLDS, "regression", 1)
    target.estimate(rows, LEARN)
    assert target.scale_F.tolist() == [1.0] * FOLDS
