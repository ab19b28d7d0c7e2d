"""The model of pictures on its way to a file.

Shape letters in this file:
    N  pictures    H, W  height and width    S  side of a square    O  outputs
"""

import copy
from collections.abc import Iterator
from dataclasses import replace
from importlib import metadata
from typing import Any, Final, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tenfold.data.pictures.pictures import Pictures
from tenfold.export.draft import UNKNOWN, Draft, Numbers, Program
from tenfold.export.program import graph_of, program_of
from tenfold.exported import NOVELTY, About, Band, Exported, Label
from tenfold.kinds.images.export.image_networks import GREYS, Said, network_of
from tenfold.kinds.images.export.resize import Framed, Resized
from tenfold.kinds.images.image_file import HEATMAP, PIXELS, answers_to
from tenfold.kinds.images.picture_model import PictureModel
from tenfold.model import variance_of
from tenfold.nn.backbones import Backbone
from tenfold.nn.conformal import half_width

PICTURES: Final = 500  # that a file is compared on
ROUNDED: Final = 200  # of them, that show what another type of numbers changes
AT_ONCE: Final = 16
EXAMPLES: Final = 2  # pictures that the program is traced with


@final
class PictureAnswers(nn.Module):
    """What ``Model.answers`` says of pictures of any size, or ``Model.intervals``.

    Parameters
    ----------
    model : PictureModel
    band : Band, optional
        Of regression: what intervals promise.
    """

    def __init__(self, model: PictureModel, band: Band | None = None) -> None:
        super().__init__()
        framing = model.schema.framing
        self.framed = Framed(framing)
        self.resized = Resized(framing.size, model.encoder.size)
        self.network = network_of(model)
        self.target = model.target.float() if model.schema.classes else model.target
        self.folds = model.folds
        self.conformal = model.conformal if band is not None else None
        if self.conformal is not None and band is not None:
            self.limits = self.conformal.limits(band.coverage)

    def forward(self, pixels_NHW3: Tensor) -> tuple[Tensor, ...]:
        """Return probabilities, (N, O), or values, (N, 1), with a band the ends of intervals.

        Behind them are heat maps, (N, O, H, W), and novelty, (N, 1), if the networks tell.

        Parameters
        ----------
        pixels_NHW3 : Tensor of uint8
        """
        x_N3SS = self.resized(self.framed(pixels_NHW3)) / GREYS
        said = self.network(x_N3SS)
        answers_FNO = self.target.answers(said.outputs.transpose(0, 1))
        answers_NO = answers_FNO.mean(dim=0)
        beside = tuple(one for one in (said.heatmap, said.novelty) if one is not None)
        if self.conformal is None:
            return (answers_NO, *beside)
        spread_N = variance_of(answers_FNO[..., 0], self.folds)
        no_cells = answers_NO.new_zeros((answers_NO.shape[0], 0))
        scale_N = self.conformal.scale(no_cells, no_cells, answers_NO[:, 0])
        half_N = half_width(scale_N, spread_N, self.limits)
        low_N, high_N = self.conformal.ends(answers_NO[:, 0], half_N)
        return (answers_NO, low_N[:, None], high_N[:, None], *beside)


@final
class PictureDraft(Draft):
    """The model of pictures as a program, and pictures that it is compared on.

    Parameters
    ----------
    model : PictureModel
    pictures : Pictures
        Such as the model learnt from; up to PICTURES are drawn.
    about : About
    """

    def __init__(self, model: PictureModel, pictures: Pictures, about: About) -> None:
        self._given, self._model = model, _exact(model)
        drawn = np.random.default_rng(about.seed).permutation(len(pictures))[:PICTURES]
        self._pictures = pictures.take(np.sort(drawn))
        self._band = about.band if model.conformal is not None else None
        self._module = PictureAnswers(self._model, self._band).eval()
        size = model.encoder.size
        with torch.no_grad():
            said: Said = self._module.network(torch.zeros(1, 3, size, size))
        self.label = Label(
            kind=model.kind.name,
            name=about.name,
            schema=model.schema.to_dict(),
            score=about.score,
            equality=UNKNOWN,
            band=self._band,
            heat=said.heatmap is not None,
            novelty=said.novelty is not None,
            version=metadata.version("tenfold"),
            model=about.model,
        )
        beside = {HEATMAP: self.label.heat, NOVELTY: self.label.novelty}
        told = [name for name, is_there in beside.items() if is_there]
        self._outputs = [*self.label.answers, *told]

    def program(self) -> Program:
        """Return a program that takes ``pixels_NHW3``, as ``PictureAnswers`` does."""
        side = self._model.schema.framing.size
        some = torch.zeros((EXAMPLES, side + 3, side + 7, 3), dtype=torch.uint8)
        return program_of(self._module, {"pixels_NHW3": some}, {"pixels_NHW3": [0, 1, 2]})

    def graph(self, program: Program) -> Any:
        """Return a graph that takes ``pixels``."""
        return graph_of(program, [PIXELS], self._outputs)

    def answers(self, of: Exported | Program) -> Iterator[tuple[Numbers, Numbers]]:
        """Yield answers to squares, a few at a time."""
        known = (
            self._model.answers(self._pictures)
            if self._band is None
            else self._model.intervals(self._pictures, self._band.coverage)
        )
        squares_NSS3 = self._pictures.cache[self._pictures.at]
        for at in range(0, len(squares_NSS3), AT_ONCE):
            some = slice(at, at + AT_ONCE)
            yield self._ask(of, np.ascontiguousarray(squares_NSS3[some])), known[some]

    def as_here(self) -> tuple[Numbers, Numbers] | None:
        """Return what the model says, in bfloat16 perhaps, and in float32."""
        if self._given.encoder.precision is None:
            return None
        some = self._pictures.take(np.arange(len(self._pictures))[:ROUNDED])
        return self._given.answers(some), self._model.answers(some)

    def _ask(self, of: Exported | Program, pixels_NHW3: NDArray[np.uint8]) -> Numbers:
        if isinstance(of, Exported):
            return answers_to(of, pixels_NHW3, self.label.answers)
        with torch.no_grad():
            found = of.module()(pixels_NHW3=torch.from_numpy(pixels_NHW3))
        return torch.cat(list(found[: len(self.label.answers)]), dim=1).double().numpy()


def _exact(model: PictureModel) -> PictureModel:
    """Return a copy of a model on the processor whose products are made in float32."""
    network, backbone = copy.deepcopy(model.network).cpu(), model.encoder.backbone
    network.precision = None
    if backbone is not None:
        body = copy.deepcopy(backbone.body).cpu()
        backbone = Backbone(backbone.name, body, backbone.whole, in_grid=backbone.in_grid)
    target = copy.deepcopy(model.target).cpu()
    encoder = replace(model.encoder, backbone=backbone, precision=None)
    return replace(model, network=network, encoder=encoder, target=target)
