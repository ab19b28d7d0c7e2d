"""Model files: a zip of JSON and tensors that cannot run code and checks itself.

A model file holds two parts: ``manifest.json`` (what the model is, made of plain
JSON values) and ``weights.safetensors``. Nothing in either can name code. The
manifest ends with a few made-up rows and what the model says of them; opening a
file predicts them again.
"""

import json
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray

from tenfold.config import TASKS
from tenfold.data.encode import level_counts, number_names
from tenfold.data.schema import Schema
from tenfold.data.silence import Silence
from tenfold.errors import NetworkError, StoreError
from tenfold.model import Model
from tenfold.nn.features import FeatureOptions, FoldFeatures
from tenfold.nn.mlp import FoldMLP, MLPOptions
from tenfold.nn.network import FoldNetwork
from tenfold.nn.own import MakeModule, own_network
from tenfold.nn.targets import FoldTarget
from tenfold.picture_model import PictureModel
from tenfold.replacing import replacing
from tenfold.store.parcel import MANIFEST, WEIGHTS, damaged, read_parts
from tenfold.store.parts import (
    check_counts,
    describe_conformal,
    fill,
    rebuild_conformal,
    rebuild_decisions,
    require_function,
)
from tenfold.store.pictures import describe_pictures, rebuild_pictures, sample_answers

FORMAT: Final = 2
SAMPLE_ROWS: Final = 3
MOST_OUTPUTS: Final = 100_000
MOST_CODES: Final = 16  # of a column of numbers
MOST_LAYERS: Final = 100
# Another processor rounds otherwise; anything beyond this is a damaged or foreign file.
TOLERANCE: Final = 1e-3
_SILENT: Final = Silence()
# What rebuilding a model raises if its parts are whole and do not belong together.
UNFIT: Final = (
    LookupError,
    TypeError,
    ValueError,
    RuntimeError,
    ArithmeticError,
    AttributeError,
)


def save_model(model: Model | PictureModel, path: Path) -> None:
    """Write a model file.

    Parameters
    ----------
    model : Model or PictureModel
    path : Path
        Written anew, whole or not at all; the folder must exist.
    """
    tensors = {f"network.{k}": v for k, v in model.network.state_dict().items()}
    tensors |= {f"target.{k}": v for k, v in model.target.state_dict().items()}
    if isinstance(model, PictureModel):
        manifest = {"format": FORMAT} | describe_pictures(model)
        if model.backbone is not None:
            tensors |= {f"backbone.{k}": v for k, v in model.backbone.state_dict().items()}
    else:
        manifest = _describe(model)
    manifest["conformal"] = describe_conformal(model.conformal)
    if model.conformal is not None:
        tensors |= {f"conformal.{k}": v for k, v in model.conformal.state_dict().items()}
    with replacing(path) as aside, zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as archive:
        # Names alone would be dated: the same model is to be the same file.
        archive.writestr(
            zipfile.ZipInfo(MANIFEST), json.dumps(manifest, indent=1), zipfile.ZIP_DEFLATED
        )
        plain = {name: tensor.contiguous().cpu() for name, tensor in tensors.items()}
        archive.writestr(zipfile.ZipInfo(WEIGHTS), safetensors.torch.save(plain))


def _describe(model: Model) -> dict[str, Any]:
    features = model.network.features
    numbers, codes = _sample_rows(model)
    network: dict[str, Any] = {"kind": "own"}
    if isinstance(model.network, FoldMLP):
        network = {"kind": "mlp", "options": asdict(model.network.options)}
    return {
        "format": FORMAT,
        "kind": "table",
        "schema": model.schema.to_dict(),
        "folds": model.folds,
        "networks": len(model.target.mean_F),
        "outputs": model.target.outputs,
        "features": {
            "options": asdict(features.options),
            "distinct": features.distinct,
            "levels": features.levels,
            "flags": features.flags,
        },
        "network": network,
        "sample": {
            "numbers": [[None if np.isnan(x) else x for x in row] for row in numbers.tolist()],
            "codes": codes.tolist(),
            "answers": model.answers_coded(numbers, codes).tolist(),
        },
        "decisions": [asdict(decision) for decision in model.decisions],
    }


def _sample_rows(model: Model) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Make up rows around the middle of what the first fold saw; none of the table is kept."""
    features = model.network.features
    center = features.center_FP[0].double().cpu().numpy()
    scale = features.scale_FP[0].double().cpu().numpy()
    step = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0)
    numbers = center + np.linspace(-1, 1, SAMPLE_ROWS)[:, None] * step
    levels = np.array(features.levels, dtype=np.int64)
    codes = np.arange(SAMPLE_ROWS)[:, None] % np.maximum(levels, 1)
    return numbers, codes.astype(np.int64).reshape(SAMPLE_ROWS, len(levels))


def load_model(path: Path, make: MakeModule | None = None) -> Model | PictureModel:
    """Open a model file and check it.

    Parameters
    ----------
    path : Path
    make : MakeModule, optional
        The function of a network of the user's own, whose code no file holds.

    Raises
    ------
    StoreError
        M01 to M05, if the file is not whole, not ours, newer, or predicts otherwise.
    """
    manifest, tensors = _read(path)
    try:
        expected = np.array(manifest["sample"]["answers"], dtype=np.float64)
        with _SILENT:  # what is odd is refused below
            model, answers = _rebuild_and_ask(manifest, tensors, make, expected)
    except NetworkError:
        raise  # the user's own function is at fault, not the file
    except UNFIT as error:
        what = f"its parts do not fit together ({type(error).__name__})"
        raise damaged(path, what) from error
    if not _alike(answers, expected, expected):
        raise StoreError(
            "M03",
            "the model predicts something else for its sample rows than when it was saved",
            place={"file": str(path)},
            fix=["copy or train it again"],
        )
    return model


def _alike(
    found: NDArray[np.float64], wanted: NDArray[np.float64], all_wanted: NDArray[np.float64]
) -> bool:
    """Tell whether answers differ by no more than processors do."""
    span = np.abs(all_wanted).max(initial=1.0)
    if found.shape != wanted.shape or not np.isfinite(span):
        return False
    return bool(np.allclose(found, wanted, atol=TOLERANCE * span))


def _rebuild_and_ask(
    manifest: dict[str, Any],
    tensors: dict[str, torch.Tensor],
    make: MakeModule | None,
    expected: NDArray[np.float64],
) -> tuple[Model | PictureModel, NDArray[np.float64]]:
    """Return a model and what it says of its samples."""
    check_counts(manifest, tensors)
    if manifest.get("kind") == "images":
        pictures = rebuild_pictures(manifest, tensors, make)

        def goes_on(at: int, answer: NDArray[np.float64]) -> bool:
            return _alike(answer, expected[at], expected)

        return pictures, sample_answers(pictures, goes_on)
    model = _rebuild(manifest, tensors, make)
    sample = manifest["sample"]
    numbers = np.array(sample["numbers"], dtype=np.float64).reshape(SAMPLE_ROWS, -1)
    codes = np.array(sample["codes"], dtype=np.int64).reshape(SAMPLE_ROWS, -1)
    return model, model.answers_coded(numbers, codes)


def _read(path: Path) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """Return the parts of a model file as today's format would hold them."""
    manifest, tensors = read_parts(path)
    if "format" not in manifest:
        raise damaged(path, "its manifest says no format")
    found = manifest["format"]
    if not isinstance(found, int) or isinstance(found, bool) or not 0 < found <= FORMAT:
        raise StoreError(
            "M02",
            f"the model has format {str(found)[:40]}, "
            f"and this Tenfold reads formats up to {FORMAT}",
            place={"file": str(path)},
            fix=["pip install --upgrade tenfold"],
        )
    try:
        return _as_today(manifest, tensors)
    except UNFIT as error:
        raise damaged(path, "its weights cannot be read") from error


def _as_today(
    manifest: dict[str, Any], tensors: dict[str, torch.Tensor]
) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """Return the parts of an older file as today's would hold them."""
    if manifest["format"] < 2:  # it had neither temperatures nor scores
        manifest = manifest | {"conformal": None}
        mean_F = tensors.get("target.mean_F", torch.zeros(0))
        outputs = int(manifest["outputs"])
        if not 0 < outputs <= MOST_OUTPUTS:
            raise ValueError("there is no model with so many outputs")
        tensors = tensors | {
            "target.temperature_F": torch.ones_like(mean_F),
            "target.bias_FO": mean_F.new_zeros((len(mean_F), outputs)),
        }
    return manifest, tensors


def _rebuild(
    manifest: dict[str, Any], tensors: dict[str, torch.Tensor], make: MakeModule | None
) -> Model:
    schema = Schema.from_dict(manifest["schema"])
    networks, outputs = int(manifest["networks"]), int(manifest["outputs"])
    with torch.device("meta"):  # sizes that a manifest only claims take no memory
        features = _rebuild_features(manifest["features"], networks, len(tensors))
        target = FoldTarget(networks, schema.task, outputs)
    _check_sizes(schema, features, outputs)
    network = _rebuild_network(manifest["network"], features, outputs, make)
    for prefix, module in (("network.", network), ("target.", target)):
        fill(module, prefix, tensors)
    return Model(
        schema=schema,
        network=network,
        target=target,
        folds=int(manifest["folds"]),
        own=manifest["network"]["kind"] == "own",
        decisions=rebuild_decisions(manifest["decisions"]),
        conformal=rebuild_conformal(
            manifest["conformal"], tensors, features.center_FP.shape[1] + len(features.levels)
        ),
    )


def _check_sizes(schema: Schema, features: FoldFeatures, outputs: int) -> None:
    """Raise ValueError if a schema gives other columns or classes than the network takes."""
    levels = level_counts(schema)
    if not features.options.recurring:
        levels = levels[: len(schema.categories)]
    given = (schema.task in TASKS, len(number_names(schema)), levels, len(schema.classes) or 1)
    if given != (True, features.center_FP.shape[1], features.levels, outputs):
        raise ValueError("the schema is not that of the network")


def _rebuild_features(told: dict[str, Any], networks: int, tensors: int) -> FoldFeatures:
    # Each column of words has a tensor of its own, so there are no more of them.
    if len(told["levels"]) > tensors or len(told["options"]["bins"]) > MOST_CODES:
        raise ValueError("there is no model with so many columns")
    options = FeatureOptions(
        style=told["options"]["style"],
        bins=tuple((int(count), float(height)) for count, height in told["options"]["bins"]),
        one_hot=int(told["options"]["one_hot"]),
        recurring=bool(told["options"]["recurring"]),
    )
    return FoldFeatures(
        networks,
        tuple(map(int, told["distinct"])),
        tuple(map(int, told["levels"])),
        tuple(map(int, told["flags"])),
        options,
    )


def _rebuild_network(
    told: dict[str, Any], features: FoldFeatures, outputs: int, make: MakeModule | None
) -> FoldNetwork:
    if told["kind"] == "mlp":
        shape = told["options"]
        if not 0 <= len(shape["hidden"]) <= MOST_LAYERS or min(shape["hidden"], default=1) < 1:
            raise ValueError("there is no network of such layers")
        body = MLPOptions(
            hidden=tuple(map(int, shape["hidden"])),
            activation=shape["activation"],
            word_numbers=int(shape["word_numbers"]),
            init=shape["init"],
        )
        with torch.device("meta"):
            return FoldMLP(features, outputs, body)
    function = require_function(make)
    return own_network(features, outputs, function, seeds=range(len(features.center_FP)))
