"""Convolutional networks that are trained from the first weight on.

Shape letters in this file:
    B  pictures in a batch    S  side of a picture    O  outputs, one a class
"""

import copy
from typing import Any, Final, final

import torch
from torch import Tensor, nn
from torch.nn import functional

from tenfold.nn.backbones import Backbone
from tenfold.nn.efficientnet import EfficientNetLite
from tenfold.nn.fused import FusedEfficientNet
from tenfold.nn.kernels import has_fused_kernels

PATCH: Final = 4  # side of the patches that are whitened, in pixels
WHITE: Final = 48  # filters of the whitening layer, half of them the others' negatives
WHITE_FLOOR: Final = 5e-4  # below this variance a direction is noise
# Width of each stage, and how many pairs of convolutions have a way around them.
SCRATCH_STAGES: Final = ((64, 0), (128, 1), (256, 1), (256, 1))
SMALL_STAGES: Final = ((48, 0), (96, 1), (192, 1))
OUTPUT_SCALE: Final = 9.0
EDGE: Final = 16  # the middle of a picture is without a 16th at each edge
MIDDLE_SIDE: Final = 64  # smaller pictures have no middle


@final
class TutorialClassifier(nn.Module):
    """The tutorial's convolutional network, layer by layer in its order.

    Keras' first weights: uniform as Glorot draws them (Glorot and Bengio 2010), biases 0.

    Parameters
    ----------
    size : int
        S; the tutorial's is 64.
    outputs : int
        O.
    one_unit : bool
        Whether two classes are told apart by one unit, as in the tutorial.

    Examples
    --------
    >>> network = TutorialClassifier(64, 2, one_unit=True)
    >>> sum(p.numel() for p in network.parameters())
    3937409
    >>> network(torch.zeros(5, 3, 64, 64)).shape
    torch.Size([5, 2])
    """

    def __init__(self, size: int, outputs: int, *, one_unit: bool = False) -> None:
        super().__init__()
        self.one_unit = one_unit
        side = (size - 2) // 2
        self.layers = nn.Sequential(  # width x height x depth of what each layer returns
            nn.Conv2d(3, 32, kernel_size=3),  # 62 x 62 x 32
            nn.ReLU(),  # 62 x 62 x 32
            nn.MaxPool2d(kernel_size=2),  # 31 x 31 x 32
            Flatten(),  # 1 x 1 x 30,752
            nn.Linear(side * side * 32, 128),  # 1 x 1 x 128
            nn.ReLU(),  # 1 x 1 x 128
            nn.Linear(128, 1 if self.one_unit else outputs),  # 1 x 1 x 1
        )
        for layer in self.layers:
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.xavier_uniform_(layer.weight)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)

    def forward(self, x_B3SS: Tensor) -> Tensor:
        """Return a number, or logarithms of odds, shape (B, O).

        The last unit's sigmoid is the softmax of 0 and its sum.
        """
        sums_BO: Tensor = self.layers(x_B3SS)
        if not self.one_unit:
            return sums_BO
        return torch.cat([torch.zeros_like(sums_BO), sums_BO], dim=1)


@final
class Flatten(nn.Module):
    """Lay maps out pixel by pixel, as Keras does, and not channel by channel.

    In memory the channels of a pixel lie side by side already, so that nothing is moved;
    ``nn.Flatten`` takes a third of the step for it.
    """

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Return vectors, shape (B, H * W * C)."""
        return x_BCHW.permute(0, 2, 3, 1).flatten(1)


@final
class FineTuned(nn.Module):
    """A backbone that is trained on, and a linear layer behind it.

    Batch norms keep the statistics of the pictures that the backbone has seen: those of a
    small batch are poorer.

    Parameters
    ----------
    backbone : Backbone
        Copied, not changed.
    outputs : int
        O.
    frozen : int
        Blocks of an EfficientNet that stay as they are. The first hold few of the
        numbers and take most of the time.
    mirrored : bool
        Whether answers are means over a picture and its mirror image.
    """

    def __init__(
        self, backbone: Backbone, outputs: int, *, frozen: int = 0, mirrored: bool = True
    ) -> None:
        super().__init__()
        self.mirrored = mirrored
        self.backbone_name = backbone.name
        self.body = copy.deepcopy(backbone.body)
        self.head = nn.Linear(backbone.whole, outputs)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self._frozen = frozen
        self._front: list[FusedEfficientNet] = []
        self._fused = has_fused_kernels() and isinstance(self.body, EfficientNetLite)
        for part in _first(self.body, frozen):
            part.requires_grad_(requires_grad=False)

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy needs; what was made for this processor cannot be copied."""
        return self.__dict__ | {"_front": []}

    def forward(self, x_B3SS: Tensor) -> Tensor:
        """Return outputs, (B, O); without training the mean of both ways round, if mirrored."""
        self.body.eval()
        if self.training or not self.mirrored:
            return self._outputs(x_B3SS)
        ways = torch.cat([x_B3SS, x_B3SS.flip(-1)])
        mean_BO: Tensor = self._outputs(ways).unflatten(0, (2, len(x_B3SS))).mean(dim=0)
        return mean_BO

    def _outputs(self, x_B3SS: Tensor) -> Tensor:
        features_BD = self._features(x_B3SS)
        outputs_BO: Tensor = self.head(features_BD.float())
        return outputs_BO

    def _features(self, x_B3SS: Tensor) -> Tensor:
        body = self.body
        if not isinstance(body, EfficientNetLite):
            found: Tensor = body(x_B3SS)
            return found
        fast = self._fused and x_B3SS.device.type == "cpu"
        if fast and not self.training:
            return FusedEfficientNet(body, _precision())(x_B3SS)
        if self._frozen == 0:
            return body.back(body.front(x_B3SS, 0), 0)
        with torch.no_grad():
            front = self._fused_front().front if fast else body.front
            h_BCHW = front(x_B3SS, self._frozen)
        return body.back(h_BCHW, self._frozen)

    def _fused_front(self) -> FusedEfficientNet:
        """Return the body, of which the frozen blocks are right whatever the fold."""
        if not self._front and isinstance(self.body, EfficientNetLite):
            self._front.append(FusedEfficientNet(self.body, _precision()))
        return self._front[0]


def _precision() -> torch.dtype:
    return (
        torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else torch.float32
    )


def _first(body: nn.Module, blocks: int) -> list[nn.Module]:
    """Return the parts of an EfficientNet up to its first blocks."""
    if not isinstance(body, EfficientNetLite) or blocks == 0:
        return []
    (stem, norm), _ = body.ends
    return [stem, norm, *body.blocks[:blocks]]


@final
class ScratchClassifier(nn.Module):
    """A small residual network to be trained from the first weight in minutes.

    Its parts are those of Jordan's speed records (arXiv 2404.00498) that paid here
    (benchmarks/LOG.md): a frozen first layer that whitens patches, pooling right
    after the first convolution of a stage, filters that begin as the identity, batch
    norms without scales.

    Parameters
    ----------
    outputs : int
        O.
    small : bool
        Whether it is of three stages instead of four, and narrower: for pictures up to 80 px,
        of which a fourth would see two places by two.
    mirrored : bool
        Whether answers are means over a picture and its mirror image, as well.

    Examples
    --------
    >>> ScratchClassifier(3).eval()(torch.zeros(2, 3, 96, 96)).shape
    torch.Size([2, 3])
    """

    center_311: Tensor
    scale_311: Tensor

    def __init__(self, outputs: int, *, small: bool = False, mirrored: bool = True) -> None:
        super().__init__()
        self.mirrored = mirrored
        self.register_buffer("center_311", torch.full((3, 1, 1), 0.5))
        self.register_buffer("scale_311", torch.ones(3, 1, 1))
        self.whiten = nn.Conv2d(3, WHITE, PATCH, stride=PATCH // 2, padding=1)
        self.whiten.weight.requires_grad = False
        stages, channels = [], WHITE
        for width, pairs in SMALL_STAGES if small else SCRATCH_STAGES:
            stages.append(ResidualStage(channels, width, pairs))
            channels = width
        self.stages = nn.Sequential(*stages)
        self.head = nn.Linear(channels, outputs, bias=False)

    @torch.no_grad()
    def estimate(self, x_B3SS: Tensor) -> None:
        """Set the first layer from pictures: patches become uncorrelated, of variance 1.

        Each direction is there twice, once with either sign, as an activation follows.
        """
        self.center_311.copy_(x_B3SS.mean(dim=(0, 2, 3))[:, None, None])
        spread_311 = x_B3SS.std(dim=(0, 2, 3))[:, None, None]
        self.scale_311.copy_(1 / spread_311.clamp_min(1e-3))
        scaled = (x_B3SS - self.center_311) * self.scale_311
        patches = functional.unfold(scaled, PATCH, stride=PATCH).transpose(1, 2).flatten(0, 1)
        cov = patches.double().T @ patches.double() / len(patches)
        variances, directions = torch.linalg.eigh(cov)
        rows = (directions / (variances + WHITE_FLOOR).sqrt()).T.float().flip(0)
        filters = rows.view(-1, 3, PATCH, PATCH)[: WHITE // 2]
        self.whiten.weight.copy_(torch.cat([filters, -filters]))
        if self.whiten.bias is not None:
            self.whiten.bias.zero_()

    def forward(self, x_B3SS: Tensor) -> Tensor:
        """Return outputs, (B, O).

        Without training they are the mean over ``views``.
        """
        if self.training:
            return self._outputs(x_B3SS)
        return torch.stack([self._outputs(view) for view in self.views(x_B3SS)]).mean(dim=0)

    def views(self, x_B3SS: Tensor) -> list[Tensor]:
        """Return pictures, their middle if they are large enough to have one, and mirrored."""
        views, side = [x_B3SS], x_B3SS.shape[-1]
        if side >= MIDDLE_SIDE:
            edge = side // EDGE
            views.append(x_B3SS[:, :, edge : side - edge, edge : side - edge])
        if not self.mirrored:
            return views
        return [way for view in views for way in (view, view.flip(-1))]

    def _outputs(self, x_B3SS: Tensor) -> Tensor:
        h_BCHW = (x_B3SS - self.center_311) * self.scale_311
        h_BCHW = functional.silu(self.whiten(h_BCHW))
        h_BCHW = self.stages(h_BCHW)
        outputs_BO: Tensor = self.head(h_BCHW.amax(dim=(2, 3)).float())
        return outputs_BO / OUTPUT_SCALE


@final
class ResidualStage(nn.Module):
    """Convolution, pooling to half the side, and pairs of convolutions with a way around."""

    def __init__(self, inputs: int, outputs: int, pairs: int) -> None:
        super().__init__()
        self.first = identity_conv(inputs, outputs)
        self.first_norm = shift_norm(outputs)
        self.pairs = nn.ModuleList(
            nn.Sequential(
                identity_conv(outputs, outputs),
                shift_norm(outputs),
                nn.SiLU(),
                identity_conv(outputs, outputs),
                shift_norm(outputs),
            )
            for _ in range(pairs)
        )

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Return maps of half the height and width."""
        h_BCHW = functional.max_pool2d(self.first(x_BCHW), 2)
        h_BCHW = functional.silu(self.first_norm(h_BCHW))
        for pair in self.pairs:
            h_BCHW = functional.silu(h_BCHW + pair(h_BCHW))
        return h_BCHW


def identity_conv(inputs: int, outputs: int) -> nn.Conv2d:
    """Return a 3 x 3 convolution whose first filters pass their channel on."""
    conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    with torch.no_grad():
        nn.init.dirac_(conv.weight[: min(inputs, outputs)])
    return conv


def shift_norm(channels: int) -> nn.BatchNorm2d:
    """Return a batch norm that learns shifts only."""
    layer = nn.BatchNorm2d(channels)
    layer.weight.requires_grad = False
    return layer
