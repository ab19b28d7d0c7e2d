"""The networks of pictures as plain modules: what they say, and which places speak for it.

A heat map is Grad-CAM's (arXiv 1610.02391), as ``explain`` finds it, with the gradients written
out: a graph has no autograd.

Shape letters in this file:
    N  pictures    S  side of a picture    F  networks side by side    O  outputs
    C  channels of the last maps, D features of them    H, W  their height and width
    U  hidden units
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, final

import torch
from torch import Tensor, nn
from torch.nn import functional

from tenfold.kinds.images.export.resize import Resized
from tenfold.kinds.images.picture_model import PictureEncoder, PictureModel
from tenfold.nn.backbones import Backbone
from tenfold.nn.blend import Blend
from tenfold.nn.convnets import (
    OUTPUT_SCALE,
    FineTuned,
    ResidualStage,
    ScratchClassifier,
    TutorialClassifier,
)
from tenfold.nn.efficientnet import (
    GRID,
    EfficientNetLite,
    cells,
    in_grid,
    summed_to,
)
from tenfold.nn.head import FoldHead
from tenfold.nn.keras_models.entering import Pixels
from tenfold.nn.keras_models.network import KerasNetwork
from tenfold.nn.keras_models.traced import alone_on_torch
from tenfold.nn.modules import ModuleNetwork
from tenfold.nn.novelty import Novelty

GREYS: Final = 255.0
NONE: Final = 1e-12  # what is below counts as nothing
FLAT: Final = 1e-6  # a feature below has no gradient at its root


class Said(NamedTuple):
    """What networks say of pictures.

    Attributes
    ----------
    outputs : Tensor of shape (N, O) or (N, F, O)
    heatmap : Tensor of shape (N, O, H, W), or None
        From 0 to 1.
    novelty : Tensor of shape (N, 1), or None
        How far pictures are from those of training.
    """

    outputs: Tensor
    heatmap: Tensor | None = None
    novelty: Tensor | None = None


Share = Callable[[Tensor], Tensor]
"""From the weights of each output, (O, C), to those of what speaks for it."""


def network_of(model: PictureModel) -> nn.Module:
    """Return the networks of a model as a module from pictures to what is ``Said``."""
    network = model.network
    share = _centred if model.schema.task == "classification" else _as_it_is
    if isinstance(network, FoldHead) and model.encoder.backbone is not None:
        mirrored = model.encoder.mirrored
        novelty = model.encoder.novelty
        return _Heads(model.encoder.backbone, network, share, novelty, mirrored=mirrored)
    if isinstance(network, Blend) and model.encoder.backbone is not None:
        backbone, encoder = model.encoder.backbone, model.encoder
        return _blend(network, backbone, encoder, share, network.shares)
    if isinstance(network, ModuleNetwork):
        return _each(network, len(model.target.mean_F), share)
    if isinstance(network, KerasNetwork):
        each = range(len(network.forms))
        return _Each([_Own(_Pictures(alone_on_torch(network, f))) for f in each])
    raise TypeError(f"{type(network).__name__} cannot be exported")


def _blend(
    network: Blend,
    backbone: Backbone,
    encoder: PictureEncoder,
    share: Share,
    shares: Sequence[float],
) -> "_Blend":
    """Return a blend, and those within it, as a module, given how much each part weighs."""
    within = shares[:-1]
    if isinstance(network.heads, Blend):
        heads: nn.Module = _blend(network.heads, backbone, encoder, share, within)
    else:
        heads = _Heads(
            backbone, network.heads, share, encoder.novelty, mirrored=encoder.mirrored
        )
    first = sum(within) / max(sum(shares), NONE)
    return _Blend(heads, network, encoder.size, share, first)


def _each(network: ModuleNetwork, count: int, share: Share) -> "_Each":
    return _Each([_alone(network.alone(f), share) for f in range(count)])


def _alone(module: nn.Module, share: Share) -> nn.Module:
    module = module.eval().cpu()
    if isinstance(module, FineTuned) and isinstance(module.body, EfficientNetLite):
        return _FineTuned(module.body, module.head, share, mirrored=module.mirrored)
    if isinstance(module, ScratchClassifier):
        return _Scratch(module, share)
    if isinstance(module, TutorialClassifier):
        return _Tutorial(module, share)
    return _Own(module)


def heatmap_of(weight_NOC: Tensor, maps_NCHW: Tensor) -> Tensor:
    """Return maps summed by weights, what is below 0 cut, the largest of each 1."""
    return _from_0_to_1(torch.einsum("noc,nchw->nohw", weight_NOC, maps_NCHW))


def _from_0_to_1(sums_NOHW: Tensor) -> Tensor:
    if sums_NOHW.shape[1] == 1:  # a number: what raises it more than other places
        sums_NOHW = sums_NOHW - sums_NOHW.mean(dim=(2, 3), keepdim=True)
    sums_NOHW = sums_NOHW.clamp_min(0)
    return sums_NOHW / sums_NOHW.amax(dim=(2, 3), keepdim=True).clamp_min(NONE)


def _centred(weight_OC: Tensor) -> Tensor:
    """Return what tells each class from the mean of all, from the gradient of each output."""
    return weight_OC - weight_OC.mean(dim=-2, keepdim=True)


def _as_it_is(weight_OC: Tensor) -> Tensor:
    """Return the gradient of each output: a label, or a number, is told from no other."""
    return weight_OC


@final
class _Heads(nn.Module):
    """The heads of all folds on the features of one backbone."""

    def __init__(
        self,
        backbone: Backbone,
        heads: FoldHead,
        share: Share,
        novelty: Novelty | None,
        *,
        mirrored: bool,
    ) -> None:
        super().__init__()
        self.novelty = novelty
        self.body = backbone.body.eval()
        self.mirrored, self.whole, self.in_grid = mirrored, backbone.whole, backbone.in_grid
        weight_FDO = heads.weight_FDO * heads.scale_FD[..., None]
        bias_FO = heads.bias_FO - (weight_FDO * heads.center_FD[..., None]).sum(dim=1)
        self.shape = bias_FO.shape
        # One product for all networks: their weights side by side.
        self.weight = nn.Parameter(weight_FDO.transpose(0, 1).flatten(1))
        self.bias = nn.Parameter(bias_FO.flatten())
        self.share_OC = nn.Parameter(share(weight_FDO.mean(dim=0).T))

    def forward(self, x_N3SS: Tensor) -> Said:
        ways = torch.cat([x_N3SS, x_N3SS.flip(-1)]) if self.mirrored else x_N3SS
        if not isinstance(self.body, EfficientNetLite):
            return self._said(self.body(ways), x_N3SS.shape[0])
        pictures = x_N3SS.shape[0]
        maps_NCHW, middle = self.body.maps(ways)
        middle = [one[:pictures] for one in middle] if self.in_grid else []
        features_ND = maps_NCHW.mean(dim=(2, 3))
        grids = [in_grid(one) for one in middle]
        said = self._said(features_ND, pictures, grids)
        # Places are those of the picture as it is; their mean is what a root is drawn of.
        own_NCHW, own_ND = maps_NCHW[:pictures], features_ND[:pictures]
        gradient_ND = torch.where(own_ND > FLAT, 0.5 * own_ND.clamp_min(FLAT).rsqrt(), 0.0)
        places = own_NCHW.shape[2] * own_NCHW.shape[3]
        weight_NOC = self.share_OC[:, : self.whole] * gradient_ND[:, None] / places
        said_NOHW = torch.einsum("noc,nchw->nohw", weight_NOC, own_NCHW)
        first = self.whole
        for one in middle:
            end = first + one.shape[1] * GRID * GRID
            said_NOHW = said_NOHW + self._by_place(one, first, end, own_NCHW.shape)
            first = end
        return said._replace(heatmap=_from_0_to_1(said_NOHW))

    def _by_place(self, maps_NCHW: Tensor, first: int, end: int, shape: torch.Size) -> Tensor:
        """Return what each place says for each class through the cells of a grid."""
        weight_OCGG = self.share_OC[:, first:end].unflatten(1, (-1, GRID, GRID))
        rows_GH, columns_GW = map(cells, maps_NCHW.shape[2:])
        weight_OCHW = rows_GH.T @ weight_OCGG @ columns_GW
        said_NOHW = torch.einsum("ochw,nchw->nohw", weight_OCHW, maps_NCHW)
        return summed_to(said_NOHW, shape)

    def _said(self, features_ND: Tensor, pictures: int, grids: Sequence[Tensor] = ()) -> Said:
        """Return outputs and novelty."""
        rooted_ND = features_ND.sign() * features_ND.abs().sqrt()
        if self.mirrored:
            rooted_ND = (rooted_ND[:pictures] + rooted_ND[pictures:]) / 2
        side_by_side = torch.cat([rooted_ND, *grids], dim=1) @ self.weight + self.bias
        outputs_NFO: Tensor = side_by_side.unflatten(-1, self.shape)
        novelty = None if self.novelty is None else self.novelty(rooted_ND)[:, None]
        return Said(outputs_NFO, novelty=novelty)


@final
class _Blend(nn.Module):
    """Heads, and the networks beside them; heat maps of both, weighed as their answers are."""

    weight_F21: Tensor

    def __init__(
        self, heads: nn.Module, network: Blend, size: int, share: Share, first: float
    ) -> None:
        super().__init__()
        self.heads, self.resized = heads, Resized(size, network.size)
        self.seeing = _each(network.seeing, network.shared, share)
        self.beside_F = list(network.beside_F)
        self.register_buffer("weight_F21", network.weight_F2[..., None])
        self.first = first

    def forward(self, x_N3SS: Tensor) -> Said:
        headed_NFO, heatmap, novelty = self.heads(x_N3SS)
        seen_NMO, seen_map, _ = self.seeing(self.resized(torch.round(x_N3SS * GREYS)) / GREYS)
        seen_NFO = seen_NMO[:, self.beside_F]
        outputs_NFO = headed_NFO * self.weight_F21[:, 0] + seen_NFO * self.weight_F21[:, 1]
        if heatmap is None or seen_map is None:
            return Said(outputs_NFO, heatmap, novelty)
        seen_map = enlarged(seen_map, heatmap.shape)
        both = self.first * heatmap + (1 - self.first) * seen_map
        return Said(outputs_NFO, both, novelty)


def enlarged(map_NOHW: Tensor, shape: torch.Size) -> Tensor:
    """Return heat maps with as many places as others have."""
    return functional.interpolate(map_NOHW, list(shape[2:]), mode="bilinear")


@final
class _Each(nn.Module):
    """Networks one after the other."""

    def __init__(self, networks: list[nn.Module]) -> None:
        super().__init__()
        self.each = nn.ModuleList(networks)

    def forward(self, x_N3SS: Tensor) -> Said:
        said = [network(x_N3SS) for network in self.each]
        heatmap = [one.heatmap for one in said if one.heatmap is not None]
        outputs_NFO = torch.stack([one.outputs for one in said], dim=1)
        return Said(outputs_NFO, torch.stack(heatmap).mean(dim=0) if heatmap else None)


@final
class _Own(nn.Module):
    """A network whose layers are not known: it says nothing of places."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, x_N3SS: Tensor) -> Said:
        return Said(self.module(x_N3SS))


@final
class _Pictures(nn.Module):
    """A Keras model, whose pictures have their colours last."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, x_N3SS: Tensor) -> Tensor:
        """Return outputs, shape (N, O)."""
        no_codes = x_N3SS.new_zeros((1, x_N3SS.shape[0], 0), dtype=torch.int64)
        pixels = Pixels().entering(x_N3SS[None], no_codes, slice(0, 1), None)
        outputs: Tensor = self.module(pixels)[0]
        return outputs


@final
class _FineTuned(nn.Module):
    """An EfficientNet trained on, and a linear layer; if mirrored the mean of both ways."""

    def __init__(
        self, body: EfficientNetLite, head: nn.Linear, share: Share, *, mirrored: bool
    ) -> None:
        super().__init__()
        self.body, self.head, self.mirrored = body, head, mirrored
        self.share_OC = nn.Parameter(share(head.weight.detach()))

    def forward(self, x_N3SS: Tensor) -> Said:
        pictures = x_N3SS.shape[0]
        ways = torch.cat([x_N3SS, x_N3SS.flip(-1)]) if self.mirrored else x_N3SS
        maps_NCHW, _ = self.body.maps(ways)
        outputs_NO = self.head(maps_NCHW.mean(dim=(2, 3)))
        if self.mirrored:
            outputs_NO = (outputs_NO[:pictures] + outputs_NO[pictures:]) / 2
        own_NCHW = maps_NCHW[:pictures]
        weight_NOC = self.share_OC.expand(pictures, -1, -1)
        places = own_NCHW.shape[2] * own_NCHW.shape[3]
        return Said(outputs_NO, heatmap_of(weight_NOC / places, own_NCHW))


@final
class _Scratch(nn.Module):
    """The residual network, seen at the picture, its middle, and both mirrored."""

    def __init__(self, network: ScratchClassifier, share: Share) -> None:
        super().__init__()
        self.network = network
        self.share_OC = nn.Parameter(share(network.head.weight.detach()))
        *before, self.last = [s for s in network.stages if isinstance(s, ResidualStage)]
        self.before = nn.Sequential(*before)

    def forward(self, x_N3SS: Tensor) -> Said:
        ways = self.network.views(x_N3SS)
        maps_NCHW, sums_NCHW = self._maps(x_N3SS)
        seen = [(maps_NCHW, sums_NCHW), *(self._maps(way) for way in ways[1:])]
        outputs = [self._head(functional.silu(maps + sums)) for maps, sums in seen]
        outputs_NO = torch.stack(outputs).mean(dim=0)
        if max(maps_NCHW.shape[2:]) == 1:
            return Said(outputs_NO)
        heatmap = self._heatmap(maps_NCHW, maps_NCHW + sums_NCHW, len(ways))
        return Said(outputs_NO, heatmap)

    def _maps(self, x_N3SS: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the last pair of convolutions adds, and what it is added to."""
        network = self.network
        h_NCHW = (x_N3SS - network.center_311) * network.scale_311
        h_NCHW = self.before(functional.silu(network.whiten(h_NCHW)))
        h_NCHW = functional.max_pool2d(self.last.first(h_NCHW), 2)
        h_NCHW = functional.silu(self.last.first_norm(h_NCHW))
        *pairs, final_pair = self.last.pairs
        for pair in pairs:
            h_NCHW = functional.silu(h_NCHW + pair(h_NCHW))
        return final_pair(h_NCHW), h_NCHW

    def _head(self, h_NCHW: Tensor) -> Tensor:
        outputs_NO: Tensor = self.network.head(h_NCHW.amax(dim=(2, 3))) / OUTPUT_SCALE
        return outputs_NO

    def _heatmap(self, maps_NCHW: Tensor, sums_NCHW: Tensor, ways: int) -> Tensor:
        """Return heat maps: only the place where a channel is largest has a gradient."""
        sums_NCP = sums_NCHW.flatten(2)
        at_NC1 = functional.silu(sums_NCP).argmax(dim=2, keepdim=True)
        top_NC = sums_NCP.gather(2, at_NC1)[..., 0]
        odds_NC = torch.sigmoid(top_NC)
        gradient_NC = odds_NC * (1 + top_NC * (1 - odds_NC)) / sums_NCP.shape[2]
        share_OC = self.share_OC / (OUTPUT_SCALE * ways)
        return heatmap_of(share_OC * gradient_NC[:, None], maps_NCHW)


@final
class _Tutorial(nn.Module):
    """The tutorial's network: a convolution, pooling, and two layers of units."""

    def __init__(self, network: TutorialClassifier, share: Share) -> None:
        super().__init__()
        self.seeing, self.thinking = network.layers[:3], network.layers[3:6]
        self.last = network.layers[6]
        weights = {name: p.detach() for name, p in network.layers.named_parameters()}
        # Pixel by pixel, as the network lays its maps out; the mean over them.
        channels = len(weights["0.weight"])
        self.units_UC = nn.Parameter(
            weights["4.weight"].unflatten(1, (-1, channels)).mean(dim=1)
        )
        last_OU = weights["6.weight"]
        self.one_unit = network.one_unit
        if self.one_unit:  # two classes: the other's sum is always 0
            last_OU = torch.cat([torch.zeros_like(last_OU), last_OU])
        self.share_OU = nn.Parameter(share(last_OU))

    def forward(self, x_N3SS: Tensor) -> Said:
        maps_NCHW = self.seeing(x_N3SS)
        units_NU = self.thinking(maps_NCHW)
        outputs_NO = self.last(units_NU)
        if self.one_unit:
            outputs_NO = torch.cat([torch.zeros_like(outputs_NO), outputs_NO], dim=1)
        on_N1U = (units_NU > 0).float()[:, None]
        weight_NOC = (self.share_OU * on_N1U) @ self.units_UC
        return Said(outputs_NO, heatmap_of(weight_NOC, maps_NCHW))
