"""Heads are linear maps of rows that each fold standardises by its own."""

import torch
from torch import nn

from tenfold.nn.head import FoldHead

NETWORKS, ROWS, INPUTS, OUTPUTS = 3, 30, 6, 3


def some_head() -> tuple[FoldHead, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    x_ND = 3 + 5 * torch.randn(ROWS, INPUTS, generator=generator)
    x_ND[:, 2] = 7.0  # a constant
    learn_FN = torch.rand(NETWORKS, ROWS, generator=generator) < 0.7
    head = FoldHead(networks=NETWORKS, inputs=INPUTS, outputs=OUTPUTS)
    for parameter in head.parameters():
        nn.init.normal_(parameter, generator=generator)
    for f, learn_N in enumerate(learn_FN):
        head.scale(f, x_ND[learn_N])
    return head, x_ND, learn_FN


def said_by(head: FoldHead, x_ND: torch.Tensor) -> torch.Tensor:
    inputs_FND = x_ND.expand(len(head.center_FD), -1, -1)
    said: torch.Tensor = head(inputs_FND, torch.zeros((*inputs_FND.shape[:2], 0)))
    return said


def test_outputs_are_those_of_rows_that_are_standardised_by_the_folds_own() -> None:
    head, x_ND, learn_FN = some_head()
    own = said_by(head, x_ND)
    for f, learn_N in enumerate(learn_FN):
        mine = x_ND[learn_N]
        spread = mine.std(dim=0, correction=0)
        z = torch.where(spread > 1e-6, (x_ND - mine.mean(dim=0)) / spread.clamp_min(1e-6), 0.0)
        expected = z @ head.weight_FDO[f] + head.bias_FO[f]
        torch.testing.assert_close(own[f], expected, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(head.scale(f, mine), z[learn_N], rtol=1e-4, atol=1e-4)


def test_features_that_a_fold_does_not_use_change_nothing() -> None:
    head, x_ND, _ = some_head()
    head.fill(1, torch.ones(4, OUTPUTS), torch.arange(3.0))
    other_ND = x_ND.clone()
    other_ND[:, 4:] += 100
    assert torch.equal(said_by(head, x_ND)[1], said_by(head, other_ND)[1])
    assert not torch.equal(said_by(head, x_ND)[0], said_by(head, other_ND)[0])


def test_some_of_the_heads_answer_as_they_did_among_all() -> None:
    head, x_ND, _ = some_head()
    some = head.only(torch.tensor([2, 0]).numpy())
    torch.testing.assert_close(said_by(some, x_ND), said_by(head, x_ND)[[2, 0]])
