"""A network for pictures as a ladder of layers, each of which can be looked at.

Shape letters in this file:
    F  networks side by side    B  pictures in a batch    C  channels    H, W  height and width
    S  side of a picture        D  features               O  outputs, one a class
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, NamedTuple, final

import torch
from torch import Tensor, nn
from torch.nn import functional

from tenfold.errors import UsageError
from tenfold.kinds.images.picture_model import PictureModel
from tenfold.nn.backbones import Backbone
from tenfold.nn.blend import Blend
from tenfold.nn.convnets import FineTuned
from tenfold.nn.efficientnet import (
    CENTER,
    SCALE,
    EfficientNetLite,
    SameConv,
    in_grid,
    normed,
)
from tenfold.nn.head import FoldHead
from tenfold.nn.keras_models.network import KerasNetwork
from tenfold.nn.modules import ModuleNetwork
from tenfold.nn.pixels import plain

# Layers that do not change what is seen are no rung of a ladder.
PASSING: Final = (nn.Dropout, nn.Identity)


@final
class Normed(nn.Module):
    """A convolution, its norm, and an activation clipped at 0 and 6."""

    def __init__(self, layer: SameConv, norm: nn.BatchNorm2d) -> None:
        super().__init__()
        self.layer, self.norm = layer, norm

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Return maps."""
        return functional.relu6(normed(self.layer, self.norm, x_BCHW))


@final
class Grey(nn.Module):
    """Scale pictures as an EfficientNet was trained with them."""

    def forward(self, x_B3SS: Tensor) -> Tensor:
        """Return pictures with values around 0."""
        return (x_B3SS - CENTER) * SCALE


@final
class MeanPool(nn.Module):
    """Take the mean over all places."""

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Return features, shape (B, C)."""
        return x_BCHW.mean(dim=(2, 3))


@final
class Heads(nn.Module):
    """The roots of features and those in grids, and the heads of all folds on them."""

    def __init__(self, heads: FoldHead) -> None:
        super().__init__()
        self.heads = heads

    def forward(self, x_BD: Tensor, grids: Sequence[Tensor] = ()) -> Tensor:
        """Return the mean outputs of all networks, shape (B, O)."""
        # A root has no gradient at 0, where the most features are.
        rooted_BD = x_BD.abs().clamp_min(1e-6).sqrt().copysign(x_BD)
        features_BD = torch.cat([rooted_BD, *grids], dim=1)
        inputs_FBD = features_BD.expand(len(self.heads.center_FD), *features_BD.shape)
        no_codes = torch.zeros((*inputs_FBD.shape[:2], 0), dtype=torch.int64)
        return self.heads(inputs_FBD, no_codes.to(x_BD.device)).mean(dim=0)  # type: ignore[no-any-return]


@final
class Ladder(nn.Sequential):
    """Layers that are looked at as wholes, with names of their own.

    Attributes
    ----------
    gridded : tuple of str
        Layers whose maps go to the last one as well, as means over the cells of a grid.
    maps : list of Tensor
        These maps of the last pictures, as they go to the last layer and nowhere else.
    """

    gridded: tuple[str, ...] = ()
    maps: list[Tensor]

    def forward(self, x_B3SS: Tensor) -> Tensor:
        """Return the outputs of pictures, shape (B, O)."""
        self.maps, out = [], x_B3SS
        for name, layer in self.named_children():
            if self.maps and isinstance(layer, Heads):
                out = layer(out, [in_grid(one) for one in self.maps])
            else:
                out = layer(out)
            if name in self.gridded:
                self.maps.append(out.clone())
        return out


@final
class Resized(nn.Module):
    """Show pictures at the side at which a network beside heads sees them."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x_B3SS: Tensor) -> Tensor:
        """Return pictures of the side, as networks see them, with gradients of a smooth map."""
        bytes_BSS3 = (x_B3SS.detach() * 255).round().to(torch.uint8).permute(0, 2, 3, 1)
        seen_B3SS = plain(bytes_BSS3, size=self.size)
        smooth_B3SS = functional.interpolate(x_B3SS, list(seen_B3SS.shape[2:]), mode="bilinear")
        return smooth_B3SS + (seen_B3SS - smooth_B3SS).detach()


class Looked(NamedTuple):
    """A network of a model, as a module from pictures to outputs.

    Attributes
    ----------
    ladder : Module
    share : float
        How much it weighs in the answer, 1 for all together.
    of : str
        What it is called, where a model has networks of several kinds.
    """

    ladder: nn.Module
    share: float
    of: str = ""


def ladders_of(model: PictureModel) -> Iterator[Looked]:
    """Yield the networks of a model.

    Heads on a frozen backbone are one: the backbone, and the mean of all heads. It comes first,
    networks beside it follow.

    Raises
    ------
    UsageError
        U02, if it is a Keras model.
    TypeError
        If the model's network is of another kind.
    """
    network, backbone = model.network, model.encoder.backbone
    networks = len(model.target.mean_F)
    if isinstance(network, FoldHead | Blend) and backbone is not None:
        for one in _blended(network, backbone):
            yield one._replace(ladder=one.ladder.to(model.device))
    elif isinstance(network, ModuleNetwork):
        for f in range(networks):
            yield Looked(_as_ladder(network.alone(f)).eval(), 1 / networks)
    elif isinstance(network, KerasNetwork):
        fact = "layers of images are shown for networks of torch, and this is a Keras model"
        raise UsageError("U02", fact, fix=["explain a network of another kind"])
    else:
        raise TypeError(f"{type(network).__name__} has no layers that can be explained")


def _blended(network: FoldHead | Blend, backbone: Backbone) -> Iterator[Looked]:
    """Yield heads, and the networks beside them."""
    steps = network.steps if isinstance(network, Blend) else ()
    heads = steps[0].heads if steps else network
    first, *others = network.shares if isinstance(network, Blend) else (1.0,)
    if isinstance(heads, FoldHead):
        yield Looked(_headed(backbone, heads), first)
    for step, share in zip(steps, others, strict=True):
        for m in range(step.shared):
            module = step.seeing.alone(m)
            tuned = isinstance(module, FineTuned)
            of = "fine-tuned network" if tuned else "small network"
            layers = _as_ladder(module).named_children() if tuned else [("body", module)]
            seeing = Ladder(OrderedDict([("resized", Resized(step.size)), *layers]))
            yield Looked(seeing.eval(), share / step.shared, of)


def _headed(backbone: Backbone, heads: FoldHead) -> nn.Module:
    """Return a backbone and the mean of all heads on it."""
    ladder = Ladder(OrderedDict([*_rungs(backbone.body), ("heads", Heads(heads))]))
    if backbone.in_grid and isinstance(backbone.body, EfficientNetLite):
        ladder.gridded = tuple(f"block {place}" for place in backbone.body.gridded)
    return ladder.eval()


def _as_ladder(module: nn.Module) -> nn.Module:
    """Return a module whose layers are called as modules."""
    if isinstance(module, FineTuned):
        return Ladder(OrderedDict([*_rungs(module.body), ("head", module.head)]))
    return module


def _rungs(body: nn.Module) -> list[tuple[str, nn.Module]]:
    """Return the layers of a backbone by name, up to its features."""
    if not isinstance(body, EfficientNetLite):
        return [("body", body)]
    first, last = body.ends
    blocks = [(f"block {place}", block) for place, block in enumerate(body.blocks, start=1)]
    ends = [("last convolution", Normed(*last)), ("mean over positions", MeanPool())]
    return [("scale", Grey()), ("first convolution", Normed(*first)), *blocks, *ends]


@dataclass(frozen=True, slots=True, eq=False)
class Rung:
    """A layer, and what it returned for one picture.

    Attributes
    ----------
    name : str
        Where it stands in the network.
    module : nn.Module
    out : Tensor of shape (1, C, H, W) or (1, C)
    """

    name: str
    module: nn.Module
    out: Tensor

    @property
    def is_map(self) -> bool:
        """Whether it still has places."""
        return self.out.dim() == 4 and max(self.out.shape[2:]) > 1


@dataclass(slots=True, eq=False)
class Climb:
    """What the layers of a network return, in the order in which they are passed."""

    rungs: list[Rung] = field(default_factory=list)


@contextmanager
def climbing(ladder: nn.Module) -> Iterator[Climb]:
    """Listen to the layers of a network while it answers."""
    climb = Climb()

    def listen(name: str, module: nn.Module) -> torch.utils.hooks.RemovableHandle:
        def heard(_module: nn.Module, _inputs: object, out: object) -> None:
            # A network that looks twice, at a picture and its mirror image, is heard once.
            if isinstance(out, Tensor) and name not in {rung.name for rung in climb.rungs}:
                climb.rungs.append(Rung(name, module, out))

        return module.register_forward_hook(heard)

    handles = [listen(name, module) for name, module in _heard(ladder)]
    try:
        yield climb
    finally:
        for handle in handles:
            handle.remove()


def _heard(ladder: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yield the layers that are listened to: what has no parts, or is looked at as a whole."""
    if not isinstance(ladder, Ladder):
        yield from _leaves(ladder)
        return
    for name, rung in ladder.named_children():
        if name == "body":
            yield from _leaves(rung)
        else:
            yield name, rung


def _leaves(module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    for name, part in module.named_modules():
        if not list(part.children()) and not isinstance(part, PASSING):
            yield name or type(part).__name__, part
