"""Model files: a zip of JSON and tensors that cannot run code and checks itself.

A model file holds two parts: ``manifest.json`` (what the model is, made of plain
JSON values) and ``weights.safetensors``. Nothing in either can name code. The
manifest ends with a few made-up rows and what the model says of them; opening a
file predicts them again.
"""

import json
import zipfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray

from tenfold.config import TASKS
from tenfold.data.encode import FIRST_LEVEL, level_counts, number_names
from tenfold.data.schema import Schema
from tenfold.data.silence import Silence
from tenfold.errors import NetworkError, StoreError
from tenfold.model import Ensemble, Model
from tenfold.nn.features import FoldFeatures
from tenfold.nn.layout import FeatureOptions, Layout
from tenfold.nn.mlp import FoldMLP, MLPOptions
from tenfold.nn.network import FoldNetwork
from tenfold.nn.own import MakeModule, own_network
from tenfold.nn.targets import FoldTarget
from tenfold.picture_model import PictureModel
from tenfold.replacing import replacing
from tenfold.store.older import as_today
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

FORMAT: Final = 3
SAMPLE_ROWS: Final = 3
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
    if isinstance(model, Model) and model.scored is not None:
        for part in ("network", "target"):
            state = getattr(model.scored, part).state_dict()
            tensors |= {f"scored.{part}.{k}": v for k, v in state.items()}
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
    numbers, codes = _sample_rows(model)
    network: dict[str, Any] = {"kind": "own"}
    if isinstance(model.network, FoldMLP):
        network = {"kind": "mlp", "options": asdict(model.network.options)}
    answering = Ensemble(network=model.network, target=model.target, folds=model.folds)
    return {
        "format": FORMAT,
        "kind": "table",
        "schema": model.schema.to_dict(),
        "outputs": model.target.outputs,
        **_describe_ensemble(answering),
        "scored": None if model.scored is None else _describe_ensemble(model.scored),
        "network": network,
        "sample": {
            "numbers": [[None if np.isnan(x) else x for x in row] for row in numbers.tolist()],
            "codes": codes.tolist(),
            "answers": model.answers_coded(numbers, codes).tolist(),
        },
        "decisions": [asdict(decision) for decision in model.decisions],
    }


def _describe_ensemble(ensemble: Ensemble) -> dict[str, Any]:
    features = ensemble.network.features
    return {
        "folds": ensemble.folds,
        "networks": len(ensemble.target.mean_F),
        "features": {
            "options": asdict(features.options),
            "levels": features.levels,
            "values": features.values,
            "layouts": [asdict(layout) for _, layout in features.spans],
            "networks": [at.stop - at.start for at, _ in features.spans],
        },
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
        what = f"its parts do not match ({type(error).__name__})"
        raise damaged(path, what) from error
    if not _alike(answers, expected, expected):
        raise StoreError(
            "M03",
            "the model's predictions for its sample rows differ from those when it was saved",
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
        raise damaged(path, "its manifest does not state a format")
    found = manifest["format"]
    if not isinstance(found, int) or isinstance(found, bool) or not 0 < found <= FORMAT:
        raise StoreError(
            "M02",
            f"the model has format {str(found)[:40]}, but this version of Tenfold reads "
            f"formats up to {FORMAT}",
            place={"file": str(path)},
            fix=["pip install --upgrade tenfold"],
        )
    try:
        return as_today(manifest, tensors)
    except UNFIT as error:
        raise damaged(path, "its weights cannot be read") from error


def _rebuild(
    manifest: dict[str, Any], tensors: dict[str, torch.Tensor], make: MakeModule | None
) -> Model:
    schema = Schema.from_dict(manifest["schema"])
    if schema.task not in TASKS or (len(schema.classes) or 1) != int(manifest["outputs"]):
        raise ValueError("the schema does not match the network")
    answering = _rebuild_ensemble(manifest, manifest, schema, tensors, "", make)
    told = manifest["scored"]
    scored = None
    if told is not None:
        scored = _rebuild_ensemble(manifest, told, schema, tensors, "scored.", make)
    features = answering.network.features
    return Model(
        schema=schema,
        network=answering.network,
        target=answering.target,
        folds=answering.folds,
        own=manifest["network"]["kind"] == "own",
        decisions=rebuild_decisions(manifest["decisions"]),
        conformal=rebuild_conformal(
            manifest["conformal"], tensors, features.center_FP.shape[1] + len(features.levels)
        ),
        scored=scored,
    )


def _rebuild_ensemble(
    manifest: dict[str, Any],
    told: dict[str, Any],
    schema: Schema,
    tensors: dict[str, torch.Tensor],
    prefix: str,
    make: MakeModule | None,
) -> Ensemble:
    check_counts(told, tensors, prefix)
    networks, outputs = int(told["networks"]), int(manifest["outputs"])
    with torch.device("meta"):  # sizes that a manifest only claims take no memory
        features = _rebuild_features(manifest, told, schema, len(tensors))
        target = FoldTarget(networks, schema.task, outputs)
    network = _rebuild_network(manifest["network"], features, outputs, make)
    for name, module in (("network.", network), ("target.", target)):
        fill(module, prefix + name, tensors)
    return Ensemble(network=network, target=target, folds=int(told["folds"]))


def _rebuild_features(
    manifest: dict[str, Any], ensemble: dict[str, Any], schema: Schema, tensors: int
) -> FoldFeatures:
    """Return features whose numbers are still to be filled in.

    Raises
    ------
    LookupError, TypeError, ValueError
        If they cannot be those of the schema.
    """
    told, numbers = ensemble["features"], len(number_names(schema))
    levels = tuple(map(int, told["levels"]))
    values = tuple((int(p), tuple(map(float, known))) for p, known in told["values"])
    options = FeatureOptions(
        style=told["options"]["style"],
        bins=tuple((int(count), float(height)) for count, height in told["options"]["bins"]),
        one_hot=int(told["options"]["one_hot"]),
        recurring=bool(told["options"]["recurring"]),
    )
    # Each column of codes has a tensor of its own, so there are no more of them.
    if len(levels) > tensors or len(options.bins) > MOST_CODES:
        raise ValueError("a model cannot have this many columns")
    if not np.isfinite([value for _, known in values for value in known]).all():
        raise ValueError("a number is none")
    of_values = tuple(len(known) + FIRST_LEVEL for _, known in values)
    if levels != level_counts(schema) + of_values or not _among(
        [p for p, _ in values], numbers
    ):
        raise ValueError("the schema does not match the network")
    layouts = [_rebuild_layout(one, numbers, levels) for one in told["layouts"]]
    counts = list(map(int, told["networks"]))
    if sum(counts) != int(ensemble["networks"]) or min(counts) < 1:
        raise ValueError("the layouts do not match the networks")
    each = [one for one, count in zip(layouts, counts, strict=True) for _ in range(count)]
    words = manifest["network"].get("options", {}).get("word_numbers")
    return FoldFeatures(
        numbers, levels, each, values, options, None if words is None else int(words)
    )


def _rebuild_layout(told: dict[str, Any], numbers: int, levels: tuple[int, ...]) -> Layout:
    layout = Layout(
        distinct=tuple(map(int, told["distinct"])),
        flags=tuple(map(int, told["flags"])),
        words=tuple((int(q), tuple(map(int, codes))) for q, codes in told["words"]),
        tables=tuple(map(int, told["tables"])),
    )
    fits = len(layout.distinct) == numbers and _among(layout.flags, numbers)
    fits &= _among([*layout.tables, *(q for q, _ in layout.words)], len(levels))
    if not fits or not all(_among(codes, levels[q]) for q, codes in layout.words):
        raise ValueError("a layout does not match the columns")
    return layout


def _among(places: Iterable[int], count: int) -> bool:
    return all(0 <= place < count for place in places)


def _rebuild_network(
    told: dict[str, Any], features: FoldFeatures, outputs: int, make: MakeModule | None
) -> FoldNetwork:
    if told["kind"] == "mlp":
        shape = told["options"]
        if not 0 <= len(shape["hidden"]) <= MOST_LAYERS or min(shape["hidden"], default=1) < 1:
            raise ValueError("there is no network with such layers")
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
