"""How far what a backbone says of a picture is from all that it said of those of training.

Features are put along the longest principal axes of the training pictures, each scaled to its
own spread; how much lies beside these axes counts as one axis more. There, the distance to the
nearest of a few centres, each the mean of many pictures, is taken: of no single picture
anything is kept (Lee et al. 2018, arXiv 1807.03888, measure so with one centre a class).

Shape letters in this file:
    B  pictures    D  features    A  axes    K  centres    Z  A + 1
"""

from typing import final

import torch
from torch import Tensor, nn


@final
class Novelty(nn.Module):
    """The distance of pictures to those of training, by their features.

    Parameters
    ----------
    features, axes, centres : int
        D, A and K. The numbers are found by ``training/fit_novelty.py``.

    Examples
    --------
    >>> novelty = Novelty(features=3, axes=1, centres=2)
    >>> novelty(torch.ones(4, 3)).shape
    torch.Size([4])
    """

    mean_D: Tensor
    axes_DA: Tensor
    scale_Z: Tensor
    centres_KZ: Tensor
    limit: Tensor

    def __init__(self, *, features: int, axes: int, centres: int) -> None:
        super().__init__()
        self.register_buffer("mean_D", torch.zeros(features))
        self.register_buffer("axes_DA", torch.zeros(features, axes))
        self.register_buffer("scale_Z", torch.ones(axes + 1))
        self.register_buffer("centres_KZ", torch.zeros(centres, axes + 1))
        self.register_buffer("limit", torch.tensor(1.0))

    def places(self, features_BD: Tensor) -> Tensor:
        """Return where pictures lie: along each axis, and beside all of them; (B, Z)."""
        from_mean_BD = features_BD - self.mean_D
        along_BA = from_mean_BD @ self.axes_DA
        rest_B1 = (from_mean_BD.square().sum(1) - along_BA.square().sum(1))[:, None]
        return torch.cat([along_BA, rest_B1.clamp_min(0).sqrt()], dim=1) * self.scale_Z

    def forward(self, features_BD: Tensor) -> Tensor:
        """Return distances, shape (B,).

        Above 1, a picture is farther than 99 % of the training pictures were when they had
        been held out.
        """
        places_BZ = self.places(features_BD.float())
        both_BK = places_BZ.square().sum(1)[:, None] + self.centres_KZ.square().sum(1)
        square_BK = both_BK - 2 * places_BZ @ self.centres_KZ.T
        return square_BK.amin(dim=1).clamp_min(0).sqrt() / self.limit
