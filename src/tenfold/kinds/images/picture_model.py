"""How pictures become the inputs of networks."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tenfold.data.pictures.picture_schema import PictureSchema
from tenfold.data.pictures.pictures import Pictures
from tenfold.learning import Coded, Progress
from tenfold.model import Model
from tenfold.nn.backbones import Backbone
from tenfold.nn.blend import Blend
from tenfold.nn.fused import BATCH
from tenfold.nn.inputs import FeatureInputs, PictureInputs
from tenfold.nn.network import FoldNetwork
from tenfold.nn.novelty import Novelty
from tenfold.nn.threads import each_in_a_thread

CACHE_SHARE: Final = 0.5  # of a GPU's free memory, that pictures may take


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PictureEncoder:
    """Turns pictures into pixels, or into what a backbone says of them.

    Attributes
    ----------
    backbone : Backbone or None
        What turns pictures into the features that the networks take.
    mirrored : bool
        Whether features of a whole picture are means over it and its mirror image.
    size : int
        Side in pixels at which networks without a backbone are asked.
    precision : torch.dtype or None
        Type of products where it is not float32; not part of the saved model.
    novelty : Novelty or None
        How far pictures are from those of training; None if there is no backbone that tells,
        or there were too few pictures.
    """

    backbone: Backbone | None
    mirrored: bool
    size: int
    precision: torch.dtype | None = None
    novelty: Novelty | None = None

    def encode(
        self,
        data: Pictures,
        schema: PictureSchema,  # noqa: ARG002 - pictures were read with its frame
        network: FoldNetwork,
        device: torch.device,
        progress: Progress | None = None,
    ) -> Coded:
        """Return pictures as the networks take them."""
        count = len(data)
        pixels = picture_inputs(data, self.size, device)
        if self.backbone is None or count == 0:
            return Coded.of_inputs(pixels, count)
        features = picture_features(
            self.backbone,
            pixels,
            mirrored=self.mirrored,
            precision=self.precision,
            progress=progress,
        )
        seen = FeatureInputs(numbers_ND=features)
        if isinstance(network, Blend):
            coded = Coded.of_inputs(network.inputs(seen, pixels), count)
        else:
            coded = Coded.of_inputs(seen, count, nearly_done=True)
        return replace(coded, novelty=self._novelty_of(features))

    def _novelty_of(self, features_ND: Tensor) -> NDArray[np.float64] | None:
        if self.novelty is None or self.backbone is None:
            return None
        whole_ND = features_ND[:, : self.backbone.whole].cpu()
        found: NDArray[np.float64] = self.novelty(whole_ND).double().numpy()
        return found


PictureModel = Model[PictureSchema, PictureEncoder]


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
        Whether features of a whole picture are means over it and its mirror image. Those in a
        grid know left from right, as letters do.
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
        if not mirrored:
            return found_BD
        whole_BD = (found_BD + run(x_B3SS.flip(-1)))[:, : backbone.whole] / 2
        return torch.cat([whole_BD, found_BD[:, backbone.whole :]], dim=1)

    features_ND = torch.empty(len(inputs.at_N), backbone.width, device=inputs.device)
    found = each_in_a_thread(seen, parts) if on_cpu and len(parts) > 1 else map(seen, parts)
    for rows, found_BD in zip(parts, found, strict=True):
        features_ND[rows[0] : rows[-1] + 1] = found_BD
        if progress is not None:
            progress(int(rows[-1]) + 1, len(inputs.at_N))
    return features_ND
