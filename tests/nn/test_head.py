"""Heads of all folds on shared features are linear maps of standardised rows, apart."""

import numpy as np
import torch
from torch import nn

from tenfold.nn.head import FoldHead

NETWORKS, ROWS, INPUTS, OUTPUTS = 4, 30, 6, 3
NO_CODES = torch.zeros(1, ROWS, 0)


def some_head() -> tuple[FoldHead, torch.Tensor, np.ndarray]:
    rng = np.random.default_rng(0)
    numbers = rng.normal(3, 5, (ROWS, INPUTS)).astype(np.float32)
    numbers[:, 2] = 7.0  # a constant
    learn = rng.random((2, ROWS)) < 0.7
    head = FoldHead(networks=NETWORKS, inputs=INPUTS, outputs=OUTPUTS)
    head.estimate(numbers, learn)
    generator = torch.Generator().manual_seed(0)
    for parameter in head.parameters():
        nn.init.normal_(parameter, generator=generator)
    return head, torch.from_numpy(numbers), learn


def test_outputs_are_those_of_standardised_rows() -> None:
    head, x, learn = some_head()
    shared = head.train_forward(x[None], NO_CODES)
    own = head(x.expand(NETWORKS, -1, -1), NO_CODES)
    torch.testing.assert_close(shared, own, rtol=1e-4, atol=1e-4)
    for f in range(NETWORKS):
        mine = x[torch.from_numpy(learn[f // 2])]
        spread = mine.std(dim=0, correction=0)
        z = torch.where(spread > 1e-6, (x - mine.mean(dim=0)) / spread.clamp_min(1e-6), 0.0)
        expected = z @ head.weight_FDO[f] + head.bias_FO[f]
        torch.testing.assert_close(own[f], expected, rtol=1e-4, atol=1e-4)


def test_gradients_are_those_of_autograd() -> None:
    head, x, _ = some_head()
    gradient = torch.randn(NETWORKS, ROWS, OUTPUTS, generator=torch.Generator().manual_seed(1))
    own = head(x.expand(NETWORKS, -1, -1), NO_CODES)
    expected = torch.autograd.grad(own, [head.weight_FDO, head.bias_FO], gradient)
    head.train_forward(x[None], NO_CODES)
    head.train_backward(gradient.clone())
    for parameter, found in zip([head.weight_FDO, head.bias_FO], expected, strict=True):
        torch.testing.assert_close(parameter.grad, found, rtol=1e-3, atol=1e-3)


def test_a_row_of_gradient_zero_moves_no_bit() -> None:
    head, x, _ = some_head()
    gradient = torch.randn(NETWORKS, ROWS, OUTPUTS)
    gradient[:, 5] = 0
    grads = []
    for value in (1.0, 1e6):
        x[5] = value
        head.train_forward(x[None], NO_CODES)
        head.train_backward(gradient.clone())
        grads.append(head.weight_FDO.grad.clone())
    assert torch.equal(*grads)
