"""What outputs mean: the loss of training, and the way back to the target's units.

Shape letters in this file:
    F  networks side by side    G  folds                N  rows of the table
    B  rows in a batch
    O  outputs: 1 in regression, one a class or a label otherwise
"""

import copy
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from tenfold.config import Task
from tenfold.data.columns.encode import Encoded
from tenfold.nn.bounds import bounds_of


@final
class FoldTarget(nn.Module):
    """The target as a network sees it, and its outputs as a user sees them.

    In regression each network learns the target with mean 0 and deviation 1 over
    its own rows, and its answers stay within the range of those rows, or as ``widen`` says.
    Otherwise outputs are logarithms of odds, each network's divided by its temperature and
    moved by its biases: of classes, whose probabilities are 1 together, or of labels, of which
    a row may have several.

    Parameters
    ----------
    networks : int
        F.
    task : {"regression", "classification", "multilabel"}
    outputs : int
        O.
    smoothing : float
        Share of each row's class that training gives to all classes alike
        (arXiv 1512.00567, section 7).
    """

    mean_F: Tensor
    scale_F: Tensor
    low_F: Tensor
    high_F: Tensor
    temperature_F: Tensor
    bias_FO: Tensor

    def __init__(
        self, networks: int, task: Task, outputs: int, *, smoothing: float = 0.0
    ) -> None:
        super().__init__()
        self._smoothing = smoothing
        self.task: Task = task
        self.outputs = outputs
        start = {"mean_F": 0.0, "scale_F": 1.0, "low_F": -np.inf, "high_F": np.inf}
        start["temperature_F"] = 1.0
        for name, value in start.items():
            self.register_buffer(name, torch.full((networks,), value, dtype=torch.float64))
        self.register_buffer("bias_FO", torch.zeros((networks, outputs), dtype=torch.float64))

    def estimate(self, rows: Encoded, learn_GN: NDArray[np.bool_]) -> None:
        """Set mean, deviation and range of each fold's target from the rows it may learn from.

        Without a call the networks learn a regression target in its own units, and
        their answers are not limited.

        Parameters
        ----------
        rows : Encoded
        learn_GN : ndarray of shape (G, N), bool
            No other row of a fold is read. The networks of a fold, F / G of them,
            share its statistics.
        """
        if self.task != "regression":
            return
        found = []
        for learn_N in learn_GN:
            target, weights = rows.target[learn_N], rows.weights[learn_N]
            mean = np.average(target, weights=weights)
            scale = np.sqrt(np.average((target - mean) ** 2, weights=weights)) or 1.0
            if not np.isfinite(scale):  # a square was too large for a number
                most = np.abs(target - mean).max()
                scale = most * np.sqrt(
                    np.average(((target - mean) / most) ** 2, weights=weights)
                )
            found.append((mean, scale, target.min(), target.max()))
        each = len(self.mean_F) // len(learn_GN)
        buffers = (self.mean_F, self.scale_F, self.low_F, self.high_F)
        for buffer, values_G in zip(buffers, np.array(found).T, strict=True):
            buffer.copy_(torch.from_numpy(np.repeat(values_G, each)))

    def widen(self, target_N: NDArray[Any], learn_FN: NDArray[np.bool_]) -> None:
        """Let answers leave the range of a regression's targets, where nothing shows an end.

        They may go as far beyond as the range is wide; an end is one that ``bounds_of`` finds.

        Parameters
        ----------
        target_N : ndarray of shape (N,), float64
        learn_FN : ndarray of shape (F, N), bool
            No other row of a network is read.
        """
        width_F = self.high_F - self.low_F
        ends = [bounds_of(target_N[learn_N]) for learn_N in learn_FN]
        low_F, high_F = self.low_F.new_tensor(ends).unbind(dim=1)
        # A validating member has fewer rows than its fold, which may end elsewhere.
        self.low_F.copy_(torch.minimum(self.low_F, (self.low_F - width_F).maximum(low_F)))
        self.high_F.copy_(torch.maximum(self.high_F, (self.high_F + width_F).minimum(high_F)))

    def seen(self, target_FB: Tensor) -> Tensor:
        """Return targets as the networks learn them.

        Returns
        -------
        Tensor of shape (F, B)
            Numbers of float32, or class numbers.
        Tensor of shape (F, B, O), float32
            Where rows may have several labels: 1 or 0 for each.
        """
        if self.task == "classification":
            return target_FB
        if self.task == "multilabel":
            return target_FB.float()
        return ((target_FB - self.mean_F[:, None]) / self.scale_F[:, None]).float()

    def loss(
        self, outputs_FBO: Tensor, seen_FB: Tensor, weights_FB: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the summed loss of each network and its gradient at the outputs.

        Squared error in regression, cross-entropy in nats in classification, of labels that
        of each, summed. Autograd's gradient of the first takes 5.6 times as long, that of the
        second 0.87 times, with other last bits (benchmarks/by_hand).

        Parameters
        ----------
        outputs_FBO : Tensor of shape (F, B, O), float32
        seen_FB : Tensor of shape (F, B) or (F, B, O)
            What ``seen`` returned.
        weights_FB : Tensor of shape (F, B), float32
            Each row's share of the loss; 0 for a row that only fills the batch.

        Returns
        -------
        loss_F : Tensor of shape (F,)
        gradient_FBO : Tensor of shape (F, B, O)
        """
        if self.task == "regression":
            error_FB = outputs_FBO.squeeze(-1) - seen_FB
            gradient_FB = error_FB * weights_FB
            return (gradient_FB * error_FB).sum(dim=1), (gradient_FB + gradient_FB)[..., None]
        if self.task == "multilabel":
            return self._loss_of_labels(outputs_FBO, seen_FB, weights_FB)
        logs_FBO = torch.log_softmax(outputs_FBO, dim=-1)
        at_FB1 = seen_FB[..., None]
        share = self._smoothing
        own_FB = logs_FBO.gather(-1, at_FB1)[..., 0]
        if share:
            own_FB = own_FB.lerp(logs_FBO.mean(dim=-1), share)
        loss_F = -(own_FB * weights_FB).sum(dim=1)
        gradient_FBO = logs_FBO.exp()
        if share:
            gradient_FBO -= share / self.outputs
        taken = torch.full_like(at_FB1, share - 1, dtype=gradient_FBO.dtype)
        gradient_FBO.scatter_add_(-1, at_FB1, taken)
        return loss_F, gradient_FBO * weights_FB[..., None]

    def _loss_of_labels(
        self, outputs_FBO: Tensor, seen_FBO: Tensor, weights_FB: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the cross-entropy of each label, summed, and its gradient.

        Smoothing draws what is wanted of a label towards a half, as it does that of classes
        towards all alike.
        """
        wanted_FBO = seen_FBO.lerp(torch.full_like(seen_FBO, 0.5), self._smoothing)
        loss_FBO = functional.softplus(outputs_FBO) - wanted_FBO * outputs_FBO
        loss_F = (loss_FBO.sum(dim=-1) * weights_FB).sum(dim=1)
        return loss_F, (torch.sigmoid(outputs_FBO) - wanted_FBO) * weights_FB[..., None]

    def answers(self, outputs_FBO: Tensor) -> Tensor:
        """Return what each network says in the user's terms.

        Returns
        -------
        Tensor of shape (F, B, 1), float64
            Regression: values in the target's units.
        Tensor of shape (F, B, O), float64
            Probabilities of classes, or of each label.
        """
        if self.task != "regression":
            wide_FBO = outputs_FBO.to(self.mean_F.dtype)
            calibrated_FBO = (
                wide_FBO / self.temperature_F[:, None, None] + self.bias_FO[:, None]
            )
            if self.task == "multilabel":
                return torch.sigmoid(calibrated_FBO)
            return torch.softmax(calibrated_FBO, dim=-1)
        values_FBO = (
            outputs_FBO.to(self.mean_F.dtype) * self.scale_F[:, None, None]
            + self.mean_F[:, None, None]
        )
        low, high = self.low_F[:, None, None], self.high_F[:, None, None]
        return torch.minimum(torch.maximum(values_FBO, low), high)

    def calibrated(
        self, temperature_G: NDArray[np.float64], bias_GO: NDArray[np.float64]
    ) -> "FoldTarget":
        """Return a target whose outputs are calibrated so (evaluate/temperature.py).

        Parameters
        ----------
        temperature_G : ndarray of shape (G,)
        bias_GO : ndarray of shape (G, O)
        """
        made = copy.deepcopy(self)
        each = len(self.temperature_F) // len(temperature_G)
        made.temperature_F.copy_(torch.from_numpy(np.repeat(temperature_G, each)))
        made.bias_FO.copy_(torch.from_numpy(np.repeat(bias_GO, each, axis=0)))
        return made

    def only(self, at_F: NDArray[np.int64]) -> "FoldTarget":
        """Return the target as some of the networks see it."""
        made = copy.deepcopy(self)
        for name, buffer in self.named_buffers():
            setattr(made, name, buffer[torch.from_numpy(at_F).to(buffer.device)])
        return made

    def fill(self, at_F: NDArray[np.int64], part: "FoldTarget") -> None:
        """Take over what some of the networks see, by position."""
        for name, buffer in self.named_buffers():
            buffer[torch.from_numpy(at_F).to(buffer.device)] = getattr(part, name).to(buffer)

    def plain(self) -> "FoldTarget":
        """Return a target whose probabilities are those that the networks learnt to give."""
        return self.calibrated(np.ones(1), np.zeros((1, self.outputs)))

    def squared_error(self, answers_FBO: Tensor, target_FB: Tensor) -> Tensor:
        """Return the squared error of each answer, shape (F, B), float64.

        In regression in units of each network's target variance; in classification
        summed over the classes' probabilities (the Brier score), or over the labels'.
        """
        if self.task == "multilabel":
            return (answers_FBO - target_FB).square().sum(dim=-1)
        if self.task == "regression":
            error_FB = (answers_FBO[..., 0] - target_FB) / self.scale_F[:, None]
            return error_FB.square()
        truth_FBO = nn.functional.one_hot(target_FB, self.outputs)
        return (answers_FBO - truth_FBO).square().sum(dim=-1)
