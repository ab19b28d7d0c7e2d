"""What the model file of a table's networks holds, and the way back."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tenfold.config import TASKS
from tenfold.data.columns.encode import (
    FIRST_LEVEL,
    level_counts,
    number_names,
    texts_of,
)
from tenfold.data.columns.schema import Schema
from tenfold.kind import Kind
from tenfold.kinds.tables.networks.registry import BY_FORM
from tenfold.kinds.tables.table_model import TableEncoder, TableModel, coded_rows
from tenfold.model import Ensemble, Model
from tenfold.nn.feature_layout import LINEARS, STYLES, FeatureOptions, Layout
from tenfold.nn.features import FoldFeatures
from tenfold.nn.own_modules import MakeModule
from tenfold.nn.targets import FoldTarget
from tenfold.nn.texts import FoldTexts
from tenfold.packing import (
    check_counts,
    entry_of,
    fill,
    rebuild_conformal,
    rebuild_decisions,
)

SAMPLE_ROWS: Final = 3
MOST_CODES: Final = 16  # of a column of numbers


def describe_table(model: TableModel) -> dict[str, Any]:
    """Return what a manifest says of a table's networks."""
    numbers, codes = _sample_rows(model)
    network = {"kind": model.form, **BY_FORM[model.form].describe(model)}
    answering = Ensemble(network=model.network, target=model.target, folds=model.folds)
    return {
        **_describe_ensemble(answering),
        "scored": None if model.scored is None else _describe_ensemble(model.scored),
        "network": network,
        "sample": {
            "numbers": [[None if np.isnan(x) else x for x in row] for row in numbers.tolist()],
            "codes": codes.tolist(),
            "answers": _answers(model, numbers, codes).tolist(),
        },
    }


def table_answers(model: TableModel, manifest: Mapping[str, Any]) -> NDArray[np.float64]:
    """Return what a model says of the sample rows of its manifest."""
    sample = manifest["sample"]
    numbers = np.array(sample["numbers"], dtype=np.float64).reshape(SAMPLE_ROWS, -1)
    codes = np.array(sample["codes"], dtype=np.int64).reshape(SAMPLE_ROWS, -1)
    return _answers(model, numbers, codes)


def _answers(
    model: TableModel, numbers: NDArray[np.float64], codes: NDArray[np.int64]
) -> NDArray[np.float64]:
    return model.answers_coded(coded_rows(model.network, numbers, codes))


def _describe_ensemble(ensemble: Ensemble) -> dict[str, Any]:
    features = ensemble.network.features
    return {
        "folds": ensemble.folds,
        "networks": len(ensemble.target.mean_F),
        "features": {
            "options": asdict(features.options),
            "levels": features.levels,
            "values": features.values,
            "layouts": [_describe_layout(layout) for _, layout in features.spans],
            "networks": [at.stop - at.start for at, _ in features.spans],
            "texts": None if features.texts is None else _describe_texts(features.texts),
        },
    }


def _describe_texts(texts: FoldTexts) -> dict[str, Any]:
    return {"scores": texts.scores, "of": texts.of_F}


def _describe_layout(layout: Layout) -> dict[str, Any]:
    return {
        "distinct": layout.distinct,
        "flags": layout.flags,
        "words": layout.categories,
        "tables": layout.tables,
    }


def _sample_rows(model: TableModel) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Make up rows around the middle of what the first fold saw; none of the table is kept."""
    features = model.network.features
    center = features.center_FP[0].double().cpu().numpy()
    scale = features.scale_FP[0].double().cpu().numpy()
    step = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0)
    plain = center + np.linspace(-1, 1, SAMPLE_ROWS)[:, None] * step
    numbers = np.zeros((SAMPLE_ROWS, features.numbers))
    kept = list(range(features.numbers))
    if features.texts is not None:
        kept = features.texts.kept(features.numbers)
        for x, (first, _) in enumerate(features.texts.spans):  # a few parts of words
            numbers[:, first + np.arange(SAMPLE_ROWS)] = np.eye(SAMPLE_ROWS) * (x + 1)
    numbers[:, kept] = plain[:, : len(kept)]
    levels = np.array(features.levels, dtype=np.int64)
    codes = np.arange(SAMPLE_ROWS)[:, None] % np.maximum(levels, 1)
    return numbers, codes.astype(np.int64).reshape(SAMPLE_ROWS, len(levels))


def rebuild_table(
    kind: Kind,
    manifest: Mapping[str, Any],
    tensors: Mapping[str, Tensor],
    make: MakeModule | None,
) -> TableModel:
    """Return the model that a manifest and its tensors describe.

    Raises
    ------
    StoreError
        M05, if the network is a user's own and its function is not given.
    LookupError, TypeError, ValueError
        If sizes cannot be those of a model.
    """
    schema = Schema.from_dict(manifest["schema"])
    if schema.task not in TASKS or (len(schema.classes) or 1) != int(manifest["outputs"]):
        raise ValueError("the schema does not match the network")
    answering = _rebuild_ensemble(manifest, manifest, schema, tensors, "", make)
    entry = manifest["scored"]
    scored = None
    if entry is not None:
        scored = _rebuild_ensemble(manifest, entry, schema, tensors, "scored.", make)
    features = answering.network.features
    return Model(
        kind=kind,
        schema=schema,
        encoder=TableEncoder(),
        network=answering.network,
        target=answering.target,
        folds=answering.folds,
        form=str(manifest["network"]["kind"]),
        decisions=rebuild_decisions(manifest["decisions"]),
        conformal=rebuild_conformal(
            manifest["conformal"], tensors, features.numbers + len(features.levels)
        ),
        scored=scored,
    )


def _rebuild_ensemble(
    manifest: Mapping[str, Any],
    entry: Mapping[str, Any],
    schema: Schema,
    tensors: Mapping[str, Tensor],
    prefix: str,
    make: MakeModule | None,
) -> Ensemble:
    check_counts(entry, tensors, prefix)
    networks, outputs = int(entry["networks"]), int(manifest["outputs"])
    form = str(manifest["network"]["kind"])
    with torch.device("meta"):  # sizes that a manifest only claims take no memory
        features = _rebuild_features(manifest, entry, schema, len(tensors))
        target = FoldTarget(networks, schema.task, outputs)
    network = BY_FORM[form].rebuild(
        entry_of(manifest["network"], prefix), features, outputs, make, schema
    )
    for name, module in (("network.", network), ("target.", target)):
        fill(module, prefix + name, tensors)
    return Ensemble(network=network, target=target, folds=int(entry["folds"]))


def _rebuild_features(
    manifest: Mapping[str, Any], ensemble: Mapping[str, Any], schema: Schema, tensors: int
) -> FoldFeatures:
    """Return features whose numbers are still to be filled in.

    Raises
    ------
    LookupError, TypeError, ValueError
        If they cannot be those of the schema.
    """
    entry, numbers = ensemble["features"], len(number_names(schema))
    levels = tuple(map(int, entry["levels"]))
    values = tuple((int(p), tuple(map(float, known))) for p, known in entry["values"])
    options = FeatureOptions(
        style=entry["options"]["style"],
        bins=tuple((int(count), float(height)) for count, height in entry["options"]["bins"]),
        one_hot=int(entry["options"]["one_hot"]),
        recurring=bool(entry["options"]["recurring"]),
        linear=entry["options"].get("linear"),  # files older than this have none
    )
    if options.style not in STYLES or options.linear not in (None, *LINEARS):
        raise ValueError("there are no such features")
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
    texts = _rebuild_texts(entry.get("texts"), ensemble, schema, int(manifest["outputs"]))
    seen = numbers if texts is None else len(texts.kept(numbers)) + texts.width
    layouts = [_rebuild_layout(one, seen, levels) for one in entry["layouts"]]
    counts = list(map(int, entry["networks"]))
    if sum(counts) != int(ensemble["networks"]) or min(counts) < 1:
        raise ValueError("the layouts do not match the networks")
    each = [one for one, count in zip(layouts, counts, strict=True) for _ in range(count)]
    embedding_size = manifest["network"].get("options", {}).get("word_numbers")
    return FoldFeatures(
        numbers,
        levels,
        each,
        values,
        options,
        None if embedding_size is None else int(embedding_size),
        texts,
    )


def _rebuild_texts(
    entry: Mapping[str, Any] | None, ensemble: Mapping[str, Any], schema: Schema, outputs: int
) -> FoldTexts | None:
    spans = texts_of(schema)
    if entry is None:
        if spans:
            raise ValueError("there is a text without its numbers")
        return None
    of_F, scores = [int(t) for t in entry["of"]], int(entry["scores"])
    fits = set(of_F) == set(range(len(set(of_F)))) and len(of_F) == int(ensemble["networks"])
    if not fits or not spans or not 1 <= scores <= max(1, outputs):
        raise ValueError("the texts do not match the networks")
    return FoldTexts(spans, scores, of_F)


def _rebuild_layout(entry: Mapping[str, Any], numbers: int, levels: tuple[int, ...]) -> Layout:
    layout = Layout(
        distinct=tuple(map(int, entry["distinct"])),
        flags=tuple(map(int, entry["flags"])),
        categories=tuple((int(q), tuple(map(int, codes))) for q, codes in entry["words"]),
        tables=tuple(map(int, entry["tables"])),
    )
    fits = len(layout.distinct) == numbers and _among(layout.flags, numbers)
    fits &= _among([*layout.tables, *(q for q, _ in layout.categories)], len(levels))
    if not fits or not all(_among(codes, levels[q]) for q, codes in layout.categories):
        raise ValueError("a layout does not match the columns")
    return layout


def _among(places: Iterable[int], count: int) -> bool:
    return all(0 <= place < count for place in places)
