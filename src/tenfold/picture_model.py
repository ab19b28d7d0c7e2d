"""A trained model for pictures: classes, backbone, networks, and what they say of new ones."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tenfold.config import Decision
from tenfold.data.picture_schema import PictureSchema
from tenfold.data.pictures import Pictures
from tenfold.nn.backbones import Backbone
from tenfold.nn.conformal import Conformal
from tenfold.nn.fused import BATCH
from tenfold.nn.inputs import FeatureInputs, Inputs, PictureInputs
from tenfold.nn.network import BLOCK, FoldNetwork, answer
from tenfold.nn.targets import FoldTarget
from tenfold.nn.threads import each_in_a_thread
from tenfold.training.choose_pictures import PictureNetwork

Progress = Callable[[int, int], None]
"""Takes the pictures done and all pictures."""

CACHE_SHARE: Final = 0.5  # of a GPU's free memory, that pictures may take


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PictureModel:
    """What answers new pictures: all folds' networks, or those that learnt from all pictures.

    Attributes
    ----------
    schema : PictureSchema
    network : FoldNetwork
        F networks: every member of every fold that answers new pictures.
    target : FoldTarget
    folds : int
    kind : PictureNetwork
        Which kind of network it is.
    backbone : Backbone or None
        What turns pictures into the features that the networks take.
    mirrored : bool
        Whether features are means over a picture and its mirror image.
    size : int
        Side in pixels at which networks without a backbone are asked.
    precision : torch.dtype or None
        Type of products where it is not float32; not part of the saved model.
    decisions : tuple of Decision
        All that was decided for the user on the way.
    conformal : Conformal or None
        How improbable true classes were; None if too few pictures were held out.
    """

    schema: PictureSchema
    network: FoldNetwork
    target: FoldTarget
    folds: int
    kind: PictureNetwork
    backbone: Backbone | None
    mirrored: bool
    size: int
    precision: torch.dtype | None = None
    decisions: tuple[Decision, ...] = field(default=())
    conformal: Conformal | None = None

    @property
    def parameters(self) -> int:
        """Number of trained parameters of one fold."""
        return self.network.count_parameters() // self.folds

    @property
    def own(self) -> bool:
        """Whether the network is a user's own, whose code no file holds."""
        return self.kind == "own"

    def answers(
        self, pictures: Pictures, *, progress: Progress | None = None
    ) -> NDArray[np.float64]:
        """Return what the ensemble says of pictures: the mean over all networks.

        Parameters
        ----------
        pictures : Pictures
            N of them, read with the frame of the schema.
        progress : callable, optional
            Called with the pictures done and all pictures, again and again.

        Returns
        -------
        ndarray of shape (N, O)
            Probabilities of the classes.
        """
        count = len(pictures)
        if count == 0:
            return np.zeros((0, self.target.outputs))
        device = self.target.mean_F.device
        inputs: Inputs = picture_inputs(pictures, self.size, device)
        if self.backbone is not None and isinstance(inputs, PictureInputs):
            inputs = FeatureInputs(
                numbers_ND=picture_features(
                    self.backbone,
                    inputs,
                    mirrored=self.mirrored,
                    precision=self.precision,
                    progress=progress,
                )
            )
            progress = None  # what remains takes no time
        return self._answered(inputs, count, progress)

    def _answered(
        self, inputs: Inputs, count: int, progress: Progress | None
    ) -> NDArray[np.float64]:
        device = self.target.mean_F.device
        whole = -(-count // BLOCK) * BLOCK if inputs.in_blocks else count
        rows_N = torch.arange(whole, device=device) % count
        rows_FN = rows_N.expand(len(self.target.mean_F), -1)
        means: list[Tensor] = []
        for block in answer(self.network, self.target, inputs, rows_FN):
            means.append(block.mean(dim=0))
            if progress is not None:
                progress(min(len(means) * BLOCK, count), count)
        return torch.cat(means)[:count].cpu().numpy()


def picture_inputs(pictures: Pictures, size: int, device: torch.device) -> PictureInputs:
    """Return pictures as networks take them, on the device if its memory holds them all."""
    pixels = torch.from_numpy(pictures.cache)
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        if pixels.numel() < CACHE_SHARE * free:
            pixels = pixels.to(device)
    return PictureInputs(
        pixels_MHW3=pixels, at_N=torch.from_numpy(pictures.at), size=size, device=device
    )


def picture_features(
    backbone: Backbone,
    inputs: PictureInputs,
    *,
    mirrored: bool,
    precision: torch.dtype | None,
    progress: Progress | None = None,
) -> Tensor:
    """Return what a backbone says of pictures, each computed once.

    Parameters
    ----------
    backbone : Backbone
    inputs : PictureInputs
        N pictures.
    mirrored : bool
        Whether to take the mean over a picture and its mirror image.
    precision : torch.dtype or None
    progress : callable, optional

    Returns
    -------
    Tensor of shape (N, D), float32
    """
    run = backbone.runner(inputs.device, precision)
    on_cpu = inputs.device.type == "cpu"
    parts = torch.arange(len(inputs.at_N)).split(BATCH if on_cpu else 8 * BATCH)

    def seen(rows: Tensor) -> Tensor:
        x_B3SS = inputs.block(rows[None])[0][0]
        found_BD = run(x_B3SS)
        return (found_BD + run(x_B3SS.flip(-1))) / 2 if mirrored else found_BD

    features_ND = torch.empty(len(inputs.at_N), backbone.width, device=inputs.device)
    found = each_in_a_thread(seen, parts) if on_cpu and len(parts) > 1 else map(seen, parts)
    for rows, found_BD in zip(parts, found, strict=True):
        features_ND[rows[0] : rows[-1] + 1] = found_BD
        if progress is not None:
            progress(int(rows[-1]) + 1, len(inputs.at_N))
    return features_ND
