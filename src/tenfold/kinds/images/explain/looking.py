"""What networks for pictures look at: layers, filters, maps, and where an answer comes from.

Shape letters in this file:
    B  pictures in a batch    C  channels    H, W  height and width    S  side of a picture
    O  outputs, one a class
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from tenfold.kinds.images.explain.ladder import Ladder, Rung, climbing, ladders_of
from tenfold.kinds.images.picture_model import PictureModel
from tenfold.nn.efficientnet import summed_to
from tenfold.nn.pixels import plain

Numbers = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """A layer of a network: what it returns for a picture, and what it has learnt.

    Attributes
    ----------
    name, kind : str
    width, height, depth : int
        Of what it returns.
    parameters : int
    """

    name: str
    kind: str
    width: int
    height: int
    depth: int
    parameters: int


def picture_of(pixels_SS3: NDArray[np.uint8], model: PictureModel) -> Tensor:
    """Return a square as the model's networks see it, shape (1, 3, S, S)."""
    seen_13SS = plain(torch.from_numpy(np.array(pixels_SS3))[None], size=model.encoder.size)
    return seen_13SS.contiguous().to(model.device)


def layers_of(model: PictureModel) -> tuple[Layer, ...]:
    """Return every layer of one fold's network with its width x height x depth.

    Examples
    --------
    The layers of the tutorial's network are those that the tutorial names:
    62 x 62 x 32, 31 x 31 x 32, ... (tests/explain/test_pictures.py).
    """
    size = model.encoder.size
    black = torch.zeros(1, 3, size, size, device=model.device)
    first_of_kind: dict[str, nn.Module] = {}
    for ladder, _, of in ladders_of(model):
        first_of_kind.setdefault(of, ladder)
    layers: list[Layer] = []
    for of, ladder in first_of_kind.items():
        with torch.no_grad(), climbing(ladder) as climb:
            ladder(black)
        layers += [_layer(rung, of and f"{of}: ") for rung in climb.rungs]
    return tuple(layers)


def _layer(rung: Rung, of: str) -> Layer:
    shape = (*rung.out.shape[1:], 1, 1)
    return Layer(
        name=of + rung.name,
        kind=type(rung.module).__name__,
        depth=int(shape[0]),
        height=int(shape[1]),
        width=int(shape[2]),
        parameters=sum(p.numel() for p in rung.module.parameters()),
    )


def filters_of(model: PictureModel) -> Numbers:
    """Return the filters of the first convolution, shape (C, H, W, 3), as colours from 0 to 1.

    Grey is 0; the largest number of each filter, of either sign, is black or white.
    """
    for module in next(ladders_of(model)).ladder.modules():
        if isinstance(module, nn.Conv2d) and module.in_channels == 3:
            weight = module.weight.detach().float().cpu()
            largest = weight.abs().amax(dim=(1, 2, 3), keepdim=True).clamp_min(1e-12)
            return np.asarray((weight / largest / 2 + 0.5).permute(0, 2, 3, 1).numpy())
    return np.zeros((0, 1, 1, 3), np.float32)


def maps_of(model: PictureModel, pixels_SS3: NDArray[np.uint8]) -> dict[str, Numbers]:
    """Return what the layers of each size return last for a picture.

    Returns
    -------
    dict of str to ndarray of shape (C, H, W)
        By the name of the layer; from the largest maps to the smallest.
    """
    ladder = next(ladders_of(model)).ladder
    with torch.no_grad(), climbing(ladder) as climb:
        ladder(picture_of(pixels_SS3, model))
    last = {rung.out.shape[2:]: rung for rung in climb.rungs if _seen(rung)}
    return {rung.name: np.asarray(rung.out[0].float().cpu().numpy()) for rung in last.values()}


def _seen(rung: Rung) -> bool:
    """Tell whether a layer returns maps of what it found, and not the picture once more."""
    return rung.is_map and rung.out.shape[1] != 3


def heatmap_of(model: PictureModel, pixels_SS3: NDArray[np.uint8], output: int) -> Numbers:
    """Return which places of a picture speak for a class: Grad-CAM (arXiv 1610.02391).

    What speaks for a class is what tells it from the others; a label stands alone. Or for a
    larger number, where a number is predicted: of what places add to it, the mean is taken away
    first, as a number has no other that it could be told from.

    The last maps are summed, each weighed by the mean gradient of the class's output at it, and
    what is below 0 is cut. Maps of middle layers that heads use as well are added, each place
    by its own gradient. Of networks that learnt by themselves it is the mean over all folds,
    each brought to a largest value of 1; heads and the networks beside them weigh as
    much as in the answer.

    Parameters
    ----------
    model : PictureModel
    pixels_SS3 : ndarray of shape (S, S, 3), uint8
    output : int
        Which class or label.

    Returns
    -------
    ndarray of shape (H, W), float32
        From 0 to 1; as small as the last maps. All 0 where nothing speaks for the class.
    """
    x_B3SS = picture_of(pixels_SS3, model)
    compared = model.schema.task == "classification"
    found = [
        (_heatmap(ladder, x_B3SS, output, compared=compared), share)
        for ladder, share, _ in ladders_of(model)
    ]
    places = list(found[0][0].shape)
    parts = [
        share * functional.interpolate(heatmap[None, None], places, mode="bilinear")[0, 0]
        for heatmap, share in found
    ]
    return np.asarray(torch.stack(parts).sum(dim=0).cpu().numpy())


def _heatmap(ladder: nn.Module, x_B3SS: Tensor, output: int, *, compared: bool) -> Tensor:
    with torch.enable_grad(), climbing(ladder) as climb:
        outputs_BO = ladder(x_B3SS.requires_grad_())
        gradient_at = outputs_BO[0, output] - (outputs_BO[0].mean() if compared else 0.0)
        last = [rung.out for rung in climb.rungs if _seen(rung)][-1]
        middle = list(ladder.maps) if isinstance(ladder, Ladder) else []
        gradient_BCHW, *gradients = torch.autograd.grad(gradient_at, [last, *middle])
    weight_BC11 = gradient_BCHW.mean(dim=(2, 3), keepdim=True)
    heatmap_1HW = (weight_BC11 * last).sum(dim=1)
    for maps, gradient in zip(middle, gradients, strict=True):
        heatmap_1HW = heatmap_1HW + summed_to((gradient * maps).sum(dim=1), heatmap_1HW.shape)
    usual = heatmap_1HW.mean() if outputs_BO.shape[1] == 1 else 0.0
    heatmap_HW = (heatmap_1HW[0] - usual).clamp_min(0).detach().float()
    return heatmap_HW / heatmap_HW.max().clamp_min(1e-12)


def classes_of_interest(answers: Sequence[float]) -> list[int]:
    """Return the two most probable classes, the first one first.

    Examples
    --------
    >>> classes_of_interest([0.1, 0.7, 0.2])
    [1, 2]
    """
    return [int(at) for at in np.argsort(-np.asarray(answers), kind="stable")[:2]]
