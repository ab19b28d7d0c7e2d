"""What the model file of a network for pictures holds, and the way back.

A model asks itself three made-up pictures when it is saved and when it is opened, in
float32, so that the answers do not depend on what the processor has in hardware.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from tenfold.config import MOST_SIDE, Task
from tenfold.data.pictures.picture_schema import PictureSchema
from tenfold.data.pictures.pictures import Pictures
from tenfold.kind import Kind
from tenfold.kinds.images.networks.picture_network import Stored
from tenfold.kinds.images.networks.registry import NETWORKS
from tenfold.kinds.images.picture_model import PictureEncoder, PictureModel
from tenfold.model import Ensemble, Model
from tenfold.nn.backbones import empty_backbone
from tenfold.nn.novelty import Novelty
from tenfold.nn.own_modules import MakeModule
from tenfold.nn.targets import FoldTarget
from tenfold.packing import (
    check_counts,
    entry_of,
    fill,
    rebuild_conformal,
    rebuild_decisions,
)
from tenfold.training.device import choose_place

SAMPLES: Final = 3
CENTRES: Final = "novelty.centres_KZ"


def pack_pictures(model: PictureModel) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """Return what a manifest says of a model for pictures, and the tensors beside its heads."""
    network: dict[str, Any] = {
        "kind": model.form,
        "size": model.encoder.size,
        "mirrored": model.encoder.mirrored,
    }
    network |= NETWORKS[model.form].describe(model)
    scored = model.scored
    parts = {"backbone": model.encoder.backbone, "novelty": model.encoder.novelty}
    tensors = {
        f"{part}.{name}": tensor
        for part, module in parts.items()
        if module is not None
        for name, tensor in module.state_dict().items()
    }
    told = {
        "scored": None
        if scored is None
        else {"folds": scored.folds, "networks": len(scored.target.mean_F)},
        "network": network,
        "sample": {"answers": sample_answers(model).tolist()},
    }
    return told, tensors


def sample_answers(
    model: PictureModel, goes_on: Callable[[int, NDArray[np.float64]], bool] | None = None
) -> NDArray[np.float64]:
    """Return what a model says of made-up pictures, shape (3, O).

    Parameters
    ----------
    model : PictureModel
    goes_on : callable, optional
        Takes a picture's number and answer, and says whether to ask about the next: a file
        that is refused in the end is to cost as little as possible.
    """
    exact = replace(model, encoder=replace(model.encoder, precision=None))
    pictures = sample_pictures(model.schema)
    kept, model.network.precision = model.network.precision, None
    try:
        return _one_by_one(exact, pictures, goes_on)
    finally:
        model.network.precision = kept


def _one_by_one(
    model: PictureModel,
    pictures: Pictures,
    goes_on: Callable[[int, NDArray[np.float64]], bool] | None,
) -> NDArray[np.float64]:
    """Return the answers, in the memory of a single picture: a file may claim large ones."""
    found: list[NDArray[np.float64]] = []
    for at in range(SAMPLES):
        found.append(model.answers(pictures.take(np.array([at]))))
        if goes_on is not None and not goes_on(at, found[-1][0]):
            break
    return np.concatenate(found)


def sample_pictures(schema: PictureSchema) -> Pictures:
    """Make up pictures of smooth colours; none of the user's is kept."""
    side = np.linspace(0, 1, schema.framing.size)
    greys = []
    for turns in range(SAMPLES):
        wave = np.sin(np.pi * (turns * side[:, None] + (3 - turns) * side[None, :] + turns))
        greys.append((127.5 * (1 + wave)).astype(np.uint8))
    grey = np.stack(greys)
    colours = np.stack([grey, grey[:, ::-1], 255 - grey], axis=-1)
    return Pictures(
        cache=colours,
        at=np.arange(SAMPLES),
        files=tuple(f"sample {i + 1}" for i in range(SAMPLES)),
        thumbs=np.zeros((SAMPLES, 0), dtype=np.uint8),
        formats=("",) * SAMPLES,
        extents=np.full((SAMPLES, 2), schema.framing.size),
        framing=schema.framing,
        source="samples",
    )


def rebuild_pictures(
    kind: Kind,
    manifest: Mapping[str, Any],
    tensors: Mapping[str, torch.Tensor],
    make: MakeModule | None,
) -> PictureModel:
    """Return the model that a manifest and its tensors describe.

    Raises
    ------
    StoreError
        M05, if the network is a user's own and its function is not given.
    ValueError
        If sizes cannot be those of a model.
    """
    schema = PictureSchema.from_dict(manifest["schema"])
    entry, outputs = manifest["network"], int(manifest["outputs"])
    form, size = str(entry["kind"]), int(entry["size"])
    if not 0 < size <= MOST_SIDE or not 0 < schema.framing.size <= MOST_SIDE:
        raise ValueError("images of this size cannot be read")
    if outputs != (len(schema.classes) or 1) or len(schema.thresholds) not in {0, outputs}:
        raise ValueError("the schema does not match the network")
    if form not in NETWORKS:
        raise ValueError(f"there is no network {form!r}")
    backbone = None
    if NETWORKS[form].keeps_backbone:
        in_grid = bool(entry.get("in_grid", False))  # files of before know no grids
        backbone = empty_backbone(str(entry["backbone"]), in_grid=in_grid)
        fill(backbone, "backbone.", tensors)
    encoder = PictureEncoder(
        backbone=backbone,
        mirrored=bool(entry["mirrored"]),
        size=size,
        precision=choose_place("cpu")[0].precision,
        novelty=None if backbone is None else _novelty(backbone.whole, tensors),
    )
    task, scored = schema.task, manifest.get("scored")
    stored = Stored(entry=entry, outputs=outputs, encoder=encoder, make=make, task=task)
    answering = _ensemble(stored, task, manifest, tensors, "")
    return Model(
        kind=kind,
        schema=schema,
        encoder=encoder,
        network=answering.network,
        target=answering.target,
        folds=answering.folds,
        form=form,
        decisions=rebuild_decisions(manifest["decisions"]),
        conformal=rebuild_conformal(manifest["conformal"], tensors, columns=0),
        scored=None if scored is None else _ensemble(stored, task, scored, tensors, "scored."),
    )


def _novelty(features: int, tensors: Mapping[str, torch.Tensor]) -> Novelty | None:
    """Return what tells how new pictures are; files of before have none."""
    if CENTRES not in tensors:
        return None
    centres, places = tensors[CENTRES].shape
    with torch.device("meta"):  # a file may claim any size
        novelty = Novelty(features=features, axes=places - 1, centres=centres)
    fill(novelty, "novelty.", tensors)
    return novelty


def _ensemble(
    stored: Stored,
    task: Task,
    counts: Mapping[str, Any],
    tensors: Mapping[str, torch.Tensor],
    prefix: str,
) -> Ensemble:
    """Return the networks that answer, or those that were scored."""
    check_counts(counts, tensors, prefix)
    networks = int(counts["networks"])
    stored = replace(stored, entry=entry_of(stored.entry, prefix))
    network = NETWORKS[str(stored.entry["kind"])].rebuild(stored, networks)
    target = FoldTarget(networks, task, stored.outputs)
    for name, module in (("network.", network), ("target.", target)):
        fill(module, prefix + name, tensors)
    return Ensemble(network=network, target=target, folds=int(counts["folds"]))
