"""What heads minimise: the log-loss of classes that exclude each other, or of each label.

Shape letters in this file:
    N  rows    P  penalties    A  principal axes    O  classes or labels
    K  problems that are solved side by side: 1 of classes, O of labels
"""

from abc import ABC, abstractmethod
from typing import ClassVar, Final, final

import torch
from torch import Tensor
from torch.nn import functional

SEEN_ONCE: Final = 1e-3  # added to a share before its logarithm


class HeadLoss(ABC):
    """A log-loss of scores.

    Attributes
    ----------
    curvature : float
        What the second derivative by a score is at most.
    """

    curvature: ClassVar[float]

    @abstractmethod
    def start(self, truth_NO: Tensor) -> Tensor:
        """Return the scores that say how frequent each output is, (O,)."""

    @abstractmethod
    def look(self, score_NPO: Tensor, truth_NO: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss of all rows, (P, K), and by how much scores are too high, (N, P, O).

        The second is the gradient of the first by the scores.
        """

    @abstractmethod
    def by_problem(self, products_APO: Tensor) -> Tensor:
        """Return what products of weights sum to for each problem, (P, K)."""


@final
class ClassLoss(HeadLoss):
    """The log-loss of classes, of which each row has one.

    The bound on the curvature is Böhning's ("Multinomial logistic regression algorithm", 1992).
    """

    curvature: ClassVar[float] = 1 / 2

    def start(self, truth_NO: Tensor) -> Tensor:
        """Return logarithms of shares."""
        return (truth_NO.mean(dim=0) + SEEN_ONCE).log()

    def look(self, score_NPO: Tensor, truth_NO: Tensor) -> tuple[Tensor, Tensor]:
        """Return the cross-entropy, and probabilities minus truth."""
        log_NPO = score_NPO.log_softmax(dim=-1)
        loss_P = -(log_NPO * truth_NO[:, None]).sum(dim=(0, 2))
        return loss_P[:, None], log_NPO.exp_() - truth_NO[:, None]

    def by_problem(self, products_APO: Tensor) -> Tensor:
        """Return sums over axes and classes."""
        return products_APO.sum(dim=(0, 2))[:, None]


@final
class LabelLoss(HeadLoss):
    """The log-loss of labels, of which a row may have several: each is a problem of its own."""

    curvature: ClassVar[float] = 1 / 4

    def start(self, truth_NO: Tensor) -> Tensor:
        """Return logarithms of odds."""
        share_O = truth_NO.mean(dim=0)
        return ((share_O + SEEN_ONCE) / (1 - share_O + SEEN_ONCE)).log()

    def look(self, score_NPO: Tensor, truth_NO: Tensor) -> tuple[Tensor, Tensor]:
        """Return the cross-entropy of each label, and probabilities minus truth."""
        loss_NPO = functional.softplus(score_NPO) - score_NPO * truth_NO[:, None]
        return loss_NPO.sum(dim=0), torch.sigmoid(score_NPO) - truth_NO[:, None]

    def by_problem(self, products_APO: Tensor) -> Tensor:
        """Return sums over axes."""
        return products_APO.sum(dim=0)
