"""Heads on frozen features, and networks that see the same pictures for themselves, as one.

Their logarithms of odds are added, each weighed: a logarithmic opinion pool (Genest and Zidek
1986, "Combining probability distributions").

Shape letters in this file:
    F  networks side by side    M  networks that see pictures    B  pictures in a batch
    D  what heads take          S  side of a picture             O  outputs
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tenfold.nn.head import FoldHead
from tenfold.nn.inputs import BlendInputs, FeatureInputs, PictureInputs
from tenfold.nn.modules import ModuleNetwork
from tenfold.nn.network import FoldNetwork


@final
class Blend(FoldNetwork):
    """F heads, each with a network beside it; several may share one.

    What enters is the features of a picture and, behind them, its pixels; see ``BlendInputs``.
    Heads may be a blend themselves, whose networks were trained in another way.

    Parameters
    ----------
    heads : FoldHead or Blend
        F.
    seeing : ModuleNetwork
        M, that never saw what the folds hold out whose heads they stand beside.
    size : int
        S, at which they are asked.
    beside_F : sequence of F int
        Which of them stands beside each head.
    """

    weight_F2: Tensor

    def __init__(
        self,
        heads: "FoldHead | Blend",
        seeing: ModuleNetwork,
        size: int,
        beside_F: Sequence[int],
    ) -> None:
        super().__init__()
        self.heads, self.seeing, self.size = heads, seeing, size
        self.beside_F = tuple(beside_F)
        self.register_buffer("weight_F2", torch.ones(len(beside_F), 2))

    @property
    def steps(self) -> "tuple[Blend, ...]":
        """Return the blends within this one, the innermost first, and this one."""
        inner = self.heads.steps if isinstance(self.heads, Blend) else ()
        return (*inner, self)

    @property
    def shared(self) -> int:
        """How many networks stand beside the heads: M."""
        return max(self.beside_F) + 1

    @property
    def precision(self) -> torch.dtype | None:
        """Type of products where it is not float32."""
        return self.seeing.precision

    @precision.setter
    def precision(self, chosen: torch.dtype | None) -> None:
        self.heads.precision = self.seeing.precision = chosen

    @property
    def shares(self) -> tuple[float, ...]:
        """How much heads weigh in all answers, and the networks of each step; 1 together."""
        weight_W = self._weights().mean(dim=0)
        return tuple((weight_W / weight_W.sum().clamp_min(1e-12)).tolist())

    def _weights(self) -> Tensor:
        """Return the weights of heads and of each step's networks, shape (F, 1 + steps)."""
        first_F1, second_F1 = self.weight_F2.split(1, dim=1)
        if not isinstance(self.heads, Blend):
            return self.weight_F2
        return torch.cat([self.heads._weights() * first_F1, second_F1], dim=1)  # noqa: SLF001

    def count_parameters(self) -> int:
        """Return the number of trained parameters, those of a shared network for each fold."""
        alone = self.seeing.count_parameters() // self.shared
        return self.heads.count_parameters() + alone * len(self.beside_F)

    def only(self, at_F: NDArray[np.int64]) -> "Blend":
        """Return some of the networks, by position, as copies for prediction."""
        needed, beside = np.unique(np.array(self.beside_F)[at_F], return_inverse=True)
        seeing = self.seeing.only(needed)
        made = Blend(self.heads.only(at_F), seeing, self.size, beside.tolist())
        made.weight_F2 = self.weight_F2[torch.from_numpy(at_F)].clone()
        return made.to(self.weight_F2.device)

    def inputs(self, features: FeatureInputs, pictures: PictureInputs) -> BlendInputs:
        """Return pictures as this blend takes them, given what a backbone says of them."""
        within = self.heads
        seen = within.inputs(features, pictures) if isinstance(within, Blend) else features
        return BlendInputs(features=seen, pictures=replace(pictures, size=self.size))

    def forward(self, x: Tensor, codes_FBQ: Tensor) -> Tensor:
        """Return the outputs of features and pixels side by side, shape (F, B, O)."""
        pixels = 3 * self.size**2
        x_FBD, pixels_FBP = x.split([x.shape[-1] - pixels, pixels], dim=-1)
        x_FB3SS = pixels_FBP.unflatten(-1, (3, self.size, self.size))
        weight_F211 = self.weight_F2[..., None, None]
        headed_FBO: Tensor = self.heads(x_FBD, codes_FBQ)
        seen_FBO = self._seen(x_FB3SS, codes_FBQ)
        return headed_FBO * weight_F211[:, 0] + seen_FBO * weight_F211[:, 1]

    def _seen(self, x_FB3SS: Tensor, codes_FBQ: Tensor) -> Tensor:
        """Return what the network beside each head says, shape (F, B, O).

        Each is asked once for all its heads, unless these are asked about different pictures.
        """
        networks = range(self.shared)
        served = [[f for f, own in enumerate(self.beside_F) if own == m] for m in networks]
        alike = x_FB3SS.stride(0) == 0 or all(
            torch.equal(x_FB3SS[f], x_FB3SS[folds[0]]) for folds in served for f in folds[1:]
        )
        rounds = 1 if alike else max(map(len, served))
        said_FBO: list[Tensor] = [torch.empty(0)] * len(self.beside_F)
        for turn in range(rounds):
            at = [folds[min(turn, len(folds) - 1)] for folds in served]
            found_MBO = self.seeing(x_FB3SS[at], codes_FBQ[at])
            for folds, found_BO in zip(served, found_MBO, strict=True):
                for f in folds[turn:] if alike else folds[turn : turn + 1]:
                    said_FBO[f] = found_BO
        return torch.stack(said_FBO)
