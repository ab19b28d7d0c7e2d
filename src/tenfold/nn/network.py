"""What the training loop knows of a network: F networks side by side.

Shape letters in this file:
    F  networks side by side    B  rows in a batch     Q  columns of categories
    D  features                 M  rows of a network   O  outputs
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tenfold.nn.features import FoldFeatures
from tenfold.nn.inputs import Inputs
from tenfold.nn.targets import FoldTarget
from tenfold.nn.threads import make_ready


@dataclass(frozen=True, kw_only=True, slots=True)
class ParameterGroup:
    """Parameters that share their learning rate and decay, as factors of the recipe's.

    ``orthogonal`` is the type in which ``Muon`` makes their steps orthogonal matrices;
    None takes plain steps.
    """

    parameters: Sequence[nn.Parameter]
    lr_factor: float = 1.0
    decay_factor: float = 1.0
    orthogonal: torch.dtype | None = None


class FoldNetwork(nn.Module, ABC):
    """F networks of one shape, side by side and never mixed.

    Every parameter leads with F. Row f of it belongs to network f alone, and no
    operation of a subclass may mix two rows. What enters is ``x``, the features of rows,
    (F, B, D), or their pictures, (F, B, 3, H, W), and the codes of categories, (F, B, Q).

    Attributes
    ----------
    features : FoldFeatures
        Of networks for tables only.
    precision : torch.dtype or None
        Type of products where it is not float32.
    """

    features: FoldFeatures
    precision: torch.dtype | None = None

    @abstractmethod
    def forward(self, x: Tensor, codes_FBQ: Tensor) -> Tensor:
        """Return the outputs, shape (F, B, O), for prediction."""

    @abstractmethod
    def only(self, at_F: NDArray[np.int64]) -> Self:
        """Return some of the networks, by position, as copies for prediction."""

    def count_parameters(self) -> int:
        """Return the number of trained parameters of all networks."""
        return sum(parameter.numel() for parameter in self.parameters())


class LearningNetwork(FoldNetwork):
    """F networks that learn in the same steps.

    Attributes
    ----------
    steps_taken : int
        In training; what a network draws at random depends on it.
    """

    steps_taken: int = 0

    def settle(self) -> None:
        """Let the tensors have the numbers of the networks, if these lie elsewhere."""

    def renew(self) -> None:
        """Let the networks have the numbers of the tensors, which were changed."""

    @abstractmethod
    def release(self) -> None:
        """Give back what only training needs."""


class DrivenNetwork(LearningNetwork):
    """F networks whose loss and steps are those of another library."""

    @abstractmethod
    def learn(
        self,
        inputs: Sequence[tuple[Tensor, Tensor]],
        seen_SFB: Tensor,
        weights_SFB: Tensor,
        go_SF: NDArray[np.bool_],
        factor: float,
    ) -> NDArray[np.float64]:
        """Take S steps.

        Parameters
        ----------
        inputs : sequence of S (Tensor, Tensor)
            ``x`` and the codes of categories of each step.
        seen_SFB : Tensor
            Targets, as ``FoldTarget.seen`` returns them.
        weights_SFB : Tensor
            Each row's share of the loss; 0 for a row that only fills the batch.
        go_SF : ndarray of bool
            Steps of networks that are done are not taken.
        factor : float
            Share of each step that is taken.

        Returns
        -------
        ndarray of shape (S, F), float64
            Loss of each step; NaN in the last if a number of the network is not finite.
        """


class TrainedNetwork(LearningNetwork):
    """F networks that Tenfold's own loss and optimizer move."""

    @abstractmethod
    def groups(self) -> list[ParameterGroup]:
        """Return all parameters, each in one group."""

    @abstractmethod
    def train_forward(self, x: Tensor, codes_FBQ: Tensor) -> Tensor:
        """Return the outputs like ``forward``, and keep what ``train_backward`` needs."""

    @abstractmethod
    def train_backward(self, gradient_FBO: Tensor) -> None:
        """Write ``grad`` of every parameter, given the loss's gradient at the last outputs.

        A ``grad`` that is there is written over, so that it may be a view of other memory;
        the gradient may be used up.
        """

    def release(self) -> None:
        """Give back what only training needs: gradients, and memory that parameters share."""
        for parameter in self.parameters():
            parameter.grad = None
            parameter.data = parameter.data.clone()


# Rows are predicted in blocks of exactly this many, the last one filled up. A matrix
# product may round differently for another number of rows, and then a row's answer
# would depend on the rows beside it.
BLOCK: Final = 64


@torch.no_grad()
def answer(
    network: FoldNetwork, target: FoldTarget, inputs: Inputs, rows_FM: Tensor
) -> Iterator[Tensor]:
    """Yield what each network says of its own rows, block after block.

    Parameters
    ----------
    network : FoldNetwork
    target : FoldTarget
    inputs : Inputs
    rows_FM : Tensor of shape (F, M), int64
        The M rows that each network is asked about.

    Yields
    ------
    Tensor of shape (F, up to BLOCK, O), float64
        Values in regression (O is 1), probabilities in classification.
    """
    make_ready()
    network.eval()
    for rows_FB in rows_FM.split(BLOCK, dim=1):
        folds, rows = rows_FB.shape
        filler = rows_FB[:, :1].expand(folds, BLOCK - rows if inputs.in_blocks else 0)
        at_FB = torch.cat([rows_FB, filler], dim=1)
        yield target.answers(network(*inputs.block(at_FB)))[:, :rows]
