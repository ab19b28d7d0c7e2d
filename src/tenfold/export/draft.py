"""A model on its way to a file: written aside, compared with the model, then kept."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from tenfold.errors import ExportError, StoreError
from tenfold.exported import KEY, Equality, Exported, Form, Label, Written
from tenfold.replacing import replacing

SAME: Final = 1e-4  # the most that an answer of the file may be off, of the largest
UNKNOWN: Final = Equality(inputs=0, difference=0.0)  # before the comparison
IN_ARCHIVE: Final = "tenfold.json"  # where a file of torch.export holds its label
CLASSES: Final = "classes"  # where a file of ONNX holds them for readers of all kinds

Program = torch.export.ExportedProgram
Numbers = NDArray[np.float64]


class Draft(ABC):
    """A model as a program, and what it has to be compared on.

    Attributes
    ----------
    label : Label
    """

    label: Label

    @abstractmethod
    def program(self) -> Program:
        """Return the model as a program of torch.export."""

    @abstractmethod
    def graph(self, program: Program) -> Any:
        """Return the program as an ``onnx.ModelProto`` with the inputs that users have."""

    @abstractmethod
    def answers(self, of: Exported | Program) -> Iterator[tuple[Numbers, Numbers]]:
        """Yield what a file says of inputs, and what the model says of them, (N, O) each."""

    def as_here(self) -> tuple[Numbers, Numbers] | None:
        """Return what the model says as it computes here, and in float32, (N, O) each.

        None if that is the same.
        """
        return None


def write(draft: Draft, path: Path, form: Form) -> Written:
    """Write a draft as a file, once its answers were found to be the model's.

    Parameters
    ----------
    draft : Draft
    path : Path
        A file that is there is written over; if the comparison fails, it stays.
    form : {"onnx", "torch"}
        ONNX, or what ``torch.export.load`` reads.

    Raises
    ------
    ExportError
        X01, if the file answers otherwise than the model; X02, if the network cannot be
        exported.
    StoreError
        M06, if the file cannot be written.
    MissingExtraError
        E01, if the libraries for ONNX are not installed.
    """
    program = draft.program()
    with _aside(path) as aside:
        if form == "onnx":
            graph = draft.graph(program)
            _put_label(graph, draft.label)
            label = _compared(draft, Exported.open(graph.SerializeToString()))
            _put_label(graph, label)
            aside.write_bytes(graph.SerializeToString())
        else:
            label = _compared(draft, program)
            stored = json.dumps(label.to_dict())
            torch.export.save(program, aside, extra_files={IN_ARCHIVE: stored})
        size = aside.stat().st_size
    return Written(path=path, form=form, bytes=size, equality=label.equality)


def _put_label(graph: Any, label: Label) -> None:
    """Write a label into a graph's metadata."""
    del graph.metadata_props[:]
    found = {KEY: json.dumps(label.to_dict())}
    if label.classes:
        found[CLASSES] = json.dumps(label.classes)
    for key, value in found.items():
        graph.metadata_props.add(key=key, value=value)


def _compared(draft: Draft, of: Exported | Program) -> Label:
    """Return the draft's label with what a comparison found.

    Raises
    ------
    ExportError
        X01, if answers differ.
    """
    pairs = list(draft.answers(of))
    said = np.concatenate([file for file, _ in pairs])
    known = np.concatenate([model for _, model in pairs])
    difference = _difference(said, known)
    if not difference <= SAME:  # so that NaN fails, too
        at = int(np.nanargmax(np.abs(said - known).max(axis=1)))
        raise ExportError(
            "X01",
            f"a prediction of the file differs by {difference:.2g} of the largest one, more "
            f"than {SAME}",
            place={"file says": str(said[at].tolist()), "model says": str(known[at].tolist())},
            fix=["please report this, with the network and a description of the columns"],
        )
    pair = draft.as_here()
    rounding = 0.0 if pair is None else _difference(*pair)
    equality = Equality(inputs=len(known), difference=difference, rounding=rounding)
    return replace(draft.label, equality=equality)


def _difference(said: Numbers, known: Numbers) -> float:
    """Return the largest difference between answers, over the largest answer.

    Of large numbers that hardly differ, such as years, their range counts.
    """
    largest = min(float(np.abs(known).max()), float(np.ptp(known)) or np.inf) or 1.0
    return float(np.abs(said - known).max()) / largest


@contextmanager
def _aside(path: Path) -> Iterator[Path]:
    """Yield a file beside ``path`` that takes its place at the end, or is taken away."""
    try:
        with replacing(path) as aside:
            yield aside
    except OSError as error:
        raise StoreError(
            "M06",
            f"the file cannot be written: {error.strerror}",
            place={"file": str(path)},
            fix=["free some disk space, or name another file: --out FILE"],
        ) from error
