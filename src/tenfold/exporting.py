"""A model of Keras exported by a process of its own, where Keras has another backend.

A file is made from a program of torch. Keras chooses its backend once for a process, so a
second one opens the model on torch, writes the file, and proves that it answers alike.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import cloudpickle

from tenfold.errors import ExportError
from tenfold.exported import Form, Written
from tenfold.model import Model
from tenfold.nn.keras_models.filed import describe_networks
from tenfold.nn.keras_models.library import load_keras
from tenfold.nn.keras_models.network import KerasNetwork
from tenfold.store.archive import load_model, save_model

PROGRAM = "from tenfold.exporting import write_there; write_there()"


def export_model(
    model: Model[Any, Any], data: Any, about: Any, path: Path, form: Form
) -> Written:
    """Write a model as a file that answers without Tenfold.

    Raises
    ------
    ExportError, StoreError, MissingExtraError
        What ``tenfold.export.draft.write`` raises.
    """
    from tenfold.export.draft import write  # noqa: PLC0415 - loads the compiler of torch

    if isinstance(model.network, KerasNetwork) and load_keras().config.backend() != "torch":
        return _written_there(model, data, about, path, form)
    return write(model.kind.draft(model, data, about), path, form)


def write_there() -> None:
    """Export what the folder that is named holds, and leave there what came of it."""
    folder = Path(sys.argv[1])
    data, about, path, form = cloudpickle.loads((folder / "asked").read_bytes())
    try:
        found: Any = export_model(load_model(folder / "model"), data, about, path, form)
    except Exception as error:  # noqa: BLE001 - raised where it was asked for
        found = error
    (folder / "found").write_bytes(cloudpickle.dumps(found))


def _written_there(
    model: Model[Any, Any], data: Any, about: Any, path: Path, form: Form
) -> Written:
    if None in describe_networks(model.network, None)["models"]:
        fact = "a Keras model with code of its own can be exported where Keras runs on torch"
        raise ExportError("X02", fact, fix=["set KERAS_BACKEND=torch, and export again"])
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        save_model(model, folder / "model")
        asked = cloudpickle.dumps((data, about, path.absolute(), form))
        (folder / "asked").write_bytes(asked)
        ended = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-c", PROGRAM, home],
            env=os.environ | {"KERAS_BACKEND": "torch"},
            capture_output=True,
            text=True,
            check=False,
        )
        if not (folder / "found").is_file():
            last = (ended.stderr.strip().splitlines() or ["it was ended"])[-1]
            raise ExportError("X02", f"Keras on torch could not be started: {last}")
        found = cloudpickle.loads((folder / "found").read_bytes())
    if isinstance(found, Exception):
        raise found
    return Written(path=path, form=form, bytes=found.bytes, equality=found.equality)
