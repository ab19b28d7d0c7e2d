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

from tenfold.errors import NetworkError, StoreError
from tenfold.kinds.registry import kind_of_file
from tenfold.model import Model
from tenfold.nn.own_modules import MakeModule
from tenfold.packing import check_counts, describe_conformal
from tenfold.replacing import replacing
from tenfold.silence import Silence
from tenfold.store.members import MANIFEST, WEIGHTS, damaged, read_parts
from tenfold.store.older import as_today

FORMAT: Final = 3
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


def save_model(model: Model[Any, Any], path: Path) -> None:
    """Write a model file.

    Parameters
    ----------
    model : Model
    path : Path
        Written anew, whole or not at all; the folder must exist.
    """
    own, tensors = model.kind.pack(model)
    tensors |= {f"network.{k}": v for k, v in model.network.state_dict().items()}
    tensors |= {f"target.{k}": v for k, v in model.target.state_dict().items()}
    if model.scored is not None:
        for part in ("network", "target"):
            state = getattr(model.scored, part).state_dict()
            tensors |= {f"scored.{part}.{k}": v for k, v in state.items()}
    if model.conformal is not None:
        tensors |= {f"conformal.{k}": v for k, v in model.conformal.state_dict().items()}
    manifest = {
        "format": FORMAT,
        "kind": model.kind.name,
        "schema": model.schema.to_dict(),
        "outputs": model.target.outputs,
        "folds": model.folds,
        "networks": len(model.target.mean_F),
        **own,
        "decisions": [asdict(decision) for decision in model.decisions],
        "conformal": describe_conformal(model.conformal),
    }
    with replacing(path) as aside, zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as archive:
        # Names alone would be dated: the same model is to be the same file.
        archive.writestr(
            zipfile.ZipInfo(MANIFEST), json.dumps(manifest, indent=1), zipfile.ZIP_DEFLATED
        )
        plain = {name: tensor.contiguous().cpu() for name, tensor in tensors.items()}
        archive.writestr(zipfile.ZipInfo(WEIGHTS), safetensors.torch.save(plain))


def load_model(path: Path, make: MakeModule | None = None) -> Model[Any, Any]:
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
) -> tuple[Model[Any, Any], NDArray[np.float64]]:
    """Return a model and what it says of its samples."""
    check_counts(manifest, tensors)

    def goes_on(at: int, answer: NDArray[np.float64]) -> bool:
        return _alike(answer, expected[at], expected)

    kind = kind_of_file(manifest)
    model = kind.unpack(manifest, tensors, make)
    return model, kind.sample_answers(model, manifest, goes_on)


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
