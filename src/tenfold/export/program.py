"""A module as a program of torch.export, and as a graph of ONNX."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import torch
from torch import Tensor, nn

from tenfold.errors import ExportError, StoreError, TenfoldError
from tenfold.extras import require
from tenfold.locks import OneAtATime
from tenfold.silence import Silence

TALKATIVE: Final = ("torch.onnx", "torch.export", "onnxscript", "onnx_ir")
_EXPORTING: Final = OneAtATime()
_SILENT: Final = Silence()


def program_of(
    module: nn.Module, examples: Mapping[str, Tensor], sizes: Mapping[str, Sequence[int]]
) -> torch.export.ExportedProgram:
    """Return a module as a program that needs none of its code.

    Parameters
    ----------
    module : nn.Module
    examples : mapping of str to Tensor
        The inputs of ``forward`` by their names.
    sizes : mapping of str to sequence of int
        Which dimensions of each may have another size later.

    Raises
    ------
    ExportError
        X02, if the module does what cannot be exported.
    """
    free = {
        name: dict.fromkeys(sizes.get(name, ()), torch.export.Dim.DYNAMIC) for name in examples
    }
    try:
        with _quiet():
            return torch.export.export(
                module.eval(), (), dict(examples), dynamic_shapes=free, strict=False
            )
    except Exception as error:
        # Tracing a stranger's code fails in as many ways as the code can.
        raise _not_written(error) from error


def graph_of(
    program: torch.export.ExportedProgram, inputs: Sequence[str], outputs: Sequence[str]
) -> Any:
    """Return a program as an ``onnx.ModelProto`` whose inputs and outputs are called so.

    Raises
    ------
    ExportError
        X02, if a step has no counterpart in ONNX.
    MissingExtraError
        E01, if the libraries are not installed.
    """
    for library in ("onnx", "onnxscript", "onnxruntime"):
        require(library, extra="onnx", to="export a model")
    try:
        with _quiet():
            found = torch.onnx.export(
                program,
                dynamo=True,
                input_names=list(inputs),
                output_names=list(outputs),
                verbose=False,
            )
    except Exception as error:
        # As above; also whatever the converter of each operation raises.
        raise _not_written(error) from error
    if found is None:
        raise ExportError("X02", "torch did not return a graph")
    return found.model_proto


def _not_written(error: Exception) -> TenfoldError:
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    if isinstance(cause, OSError):  # torch keeps what it compiles in files
        fact = f"torch cannot write the files that it needs: {cause.strerror or cause}"
        fix = ["free some disk space, or set the variable TMPDIR to another folder"]
        return StoreError("M15", fact, fix=fix)
    said = str(cause).strip().partition("\n")[0][:300]
    return ExportError(
        "X02",
        f"the network cannot be exported: {type(cause).__name__}: {said}",
        fix=["do not let forward branch on the values of its tensors"],
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep torch from telling of libraries that are absent and of its own deprecations.

    Its compiler has one state for the whole process, so one thread at a time may use it.
    """
    with _EXPORTING, _SILENT, _quiet_loggers():
        yield


@contextmanager
def _quiet_loggers() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in TALKATIVE]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
