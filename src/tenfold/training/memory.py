"""Batches that do not fit into memory, learnt from piece by piece.

Shape letters in this file:
    F  networks side by side    B  rows in a batch    Q  columns of categories
"""

import gc

import torch
from torch import Tensor

from tenfold.errors import NetworkError
from tenfold.nn.network import TrainedNetwork
from tenfold.nn.targets import FoldTarget

Batch = tuple[Tensor, Tensor, Tensor, Tensor]
"""``x``, codes (F, B, Q), targets (F, B) and weights (F, B)."""


def in_pieces(
    network: TrainedNetwork, target: FoldTarget, batch: Batch, pieces: int
) -> tuple[Tensor, int]:
    """Find the gradients of a batch, in twice as many pieces as long as memory runs out.

    The gradients of the pieces are added, so that the step is the one of the whole batch;
    only a batch norm sees a piece at a time.

    Returns
    -------
    loss_F : Tensor
        Of each network.
    pieces : int
        In how many it was done.

    Raises
    ------
    NetworkError
        N08, if not even one row at a time fits.
    """
    rows = batch[2].shape[1]
    while True:
        try:
            return _gradients(network, target, batch, pieces), pieces
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            if pieces >= rows:
                raise NetworkError(
                    "N08",
                    "the memory ran out",
                    fix=["use a smaller network or a larger device"],
                ) from error
        # Outside of the handler: while it runs, its traceback holds what has to be freed.
        pieces = min(2 * pieces, rows)
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that memory ran out, on a GPU or on the processor."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return "can't allocate memory" in str(error) or "out of memory" in str(error)


def _gradients(
    network: TrainedNetwork, target: FoldTarget, batch: Batch, pieces: int
) -> Tensor:
    if pieces == 1:
        return _learn(network, target, batch)
    parameters = [p for group in network.groups() for p in group.parameters]
    sums: list[Tensor] = []
    total_F = torch.zeros(())
    cut = zip(*(tensor.tensor_split(pieces, dim=1) for tensor in batch), strict=True)
    for x, codes_FBQ, seen_FB, weights_FB in cut:
        loss_F = _learn(network, target, (x, codes_FBQ, seen_FB, weights_FB))
        total_F = loss_F + total_F.to(loss_F.device)
        gradients = [p.grad for p in parameters if p.grad is not None]
        if sums:
            for whole, gradient in zip(sums, gradients, strict=True):
                whole.add_(gradient)
        else:
            sums = [gradient.clone() for gradient in gradients]
    for whole, gradient in zip(sums, gradients, strict=True):
        gradient.copy_(whole)
    return total_F


def _learn(network: TrainedNetwork, target: FoldTarget, batch: Batch) -> Tensor:
    x, codes_FBQ, seen_FB, weights_FB = batch
    outputs_FBO = network.train_forward(x, codes_FBQ)
    loss_F, gradient_FBO = target.loss(outputs_FBO, seen_FB, weights_FB)
    network.train_backward(gradient_FBO)
    return loss_F
