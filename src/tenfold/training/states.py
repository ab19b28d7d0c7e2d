"""States of networks besides the one being trained: the running average and the best.

Shape letters in this file:
    F  networks side by side    G  folds
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


def moved_tensors(network: nn.Module) -> list[Tensor]:
    """Return what training moves: the parameters, and buffers such as running means.

    Each leads with F. The buffers of ``features`` are estimated once and left out.
    """
    buffers = network.named_buffers()
    moved = [buffer for name, buffer in buffers if not name.startswith("features.")]
    return [*network.parameters(), *moved]


class Average:
    """The running average of a network's parameters.

    The average reaches back over a fixed share of all steps so far: about
    ``1 / (power + 1)`` of them. So at any moment it is the average of recent
    states, whatever the length of training turns out to be (polynomial decay,
    arXiv 1212.1824).

    Parameters
    ----------
    parameters : sequence of Tensor
    power : float
        Larger forgets faster.

    Attributes
    ----------
    count : int
        States taken in so far.
    """

    def __init__(self, parameters: Sequence[Tensor], power: float) -> None:
        self._live = list(parameters)
        self._mean = [p.detach().clone() for p in self._live]
        self._power = power
        self.count = 0

    @property
    def tensors(self) -> list[Tensor]:
        """What it goes on from, besides ``count``."""
        return self._mean

    @torch.no_grad()
    def update(self) -> None:
        """Take the present parameters into the average."""
        share = (self._power + 1) / (self.count + self._power + 1)
        self.count += 1
        for mean, live in zip(self._mean, self._live, strict=True):
            mean.lerp_(live, share)

    @torch.no_grad()
    def swap(self) -> None:
        """Exchange the average and the present parameters; a second call undoes it."""
        for mean, live in zip(self._mean, self._live, strict=True):
            # Contents move, not memory: other tensors are views of it.
            kept = live.clone()
            live.copy_(mean)
            mean.copy_(kept)


class Best:
    """The best state of each fold so far, by the loss of its validation rows.

    A fold whose best epoch lies far back is closed: what it keeps must not depend
    on how long other folds go on training.

    Parameters
    ----------
    tensors : sequence of Tensor
        Each leads with F.
    fold_F : ndarray of shape (F,), int64
        Fold of each network, 0 to G - 1.
    patience : float
        A fold closes when this many times its best epoch has passed.
    least_epochs : int
        No fold closes before.

    Attributes
    ----------
    loss_G : ndarray of shape (G,), float64
    epoch_G : ndarray of shape (G,), int64
        The epoch of each fold's kept state.
    open_G : ndarray of shape (G,), bool
    """

    def __init__(
        self,
        tensors: Sequence[Tensor],
        fold_F: NDArray[np.int64],
        patience: float,
        least_epochs: int = 0,
    ) -> None:
        self._live = list(tensors)
        self._patience, self._least_epochs = patience, least_epochs
        self._kept = [p.detach().clone() for p in self._live]
        self._fold_F = fold_F
        folds = int(fold_F.max()) + 1
        self.loss_G = np.full(folds, np.inf)
        self.epoch_G = np.zeros(folds, dtype=np.int64)
        self.open_G = np.ones(folds, dtype=bool)

    @property
    def tensors(self) -> list[Tensor]:
        """What it goes on from, besides its attributes."""
        return self._kept

    @torch.no_grad()
    def offer(self, loss_G: NDArray[np.float64], epoch: int) -> None:
        """Keep the present state of the open folds whose loss is the lowest so far."""
        better_G = self.open_G & (loss_G < self.loss_G)
        self.loss_G[better_G] = loss_G[better_G]
        self.epoch_G[better_G] = epoch
        self.keep(better_G[self._fold_F])
        most_G = np.maximum(self._patience * (self.epoch_G + 1), self._least_epochs)
        self.open_G &= epoch <= most_G

    @torch.no_grad()
    def keep(self, which_F: NDArray[np.bool_]) -> None:
        """Keep the present state of the networks marked True."""
        at = torch.from_numpy(np.flatnonzero(which_F)).to(self._live[0].device)
        if len(at) == 0:
            return
        for kept, live in zip(self._kept, self._live, strict=True):
            kept.index_copy_(0, at, live.index_select(0, at))

    @torch.no_grad()
    def restore(self) -> None:
        """Put the kept states into the networks."""
        for kept, live in zip(self._kept, self._live, strict=True):
            live.copy_(kept)
