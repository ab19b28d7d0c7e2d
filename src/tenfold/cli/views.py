"""Commands for a run once it is there. They are imported last, and bring the others."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from tenfold.cli import arguments
from tenfold.cli import options as opt
from tenfold.cli.audit import app
from tenfold.cli.streams import printing
from tenfold.cli.terminal import (
    console,
    listed,
    print_json,
    read,
)
from tenfold.documents import document
from tenfold.errors import StoreError
from tenfold.extras import require
from tenfold.serve_options import ServeOptions

__all__ = ["app"]

TOLD: Final = 1e-3  # of the largest prediction, that rounding changes


@app.command()
@opt.takes(*opt.NEW_DATA)
def explain(
    run: opt.RunPath,
    inputs: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[INPUT]...", help="Rows or images whose predictions to explain."
        ),
    ] = None,
    *,
    data: opt.TrainedOn = None,
    of_class: Annotated[
        str | None,
        typer.Option("--class", metavar="NAME", help="The class whose probability to explain."),
    ] = None,
    network: opt.Network = None,
    as_json: opt.AsJson = False,
    quiet: opt.Quiet = False,
    **said: Any,
) -> None:
    """Explain a run: importance of columns and cells, or layers and regions of images."""
    from tenfold.loading import load  # noqa: PLC0415
    from tenfold.report.console import PatientBar  # noqa: PLC0415

    options, parts = arguments.new_options(said), []
    loaded = load(run, network=network)
    arguments.refuse_unfit(loaded, options, inputs or ())
    kind = loaded.model.kind
    for part in kind.parted(inputs, listed) if inputs else ():
        with read(loaded, part, options, quiet=quiet) as one:
            parts.append(one)
    asked = kind.joined(parts, loaded.model.schema) if parts else None
    counts = "{task.completed} of {task.total},"
    with PatientBar(console(quiet=quiet), "explaining", counts) as bar:
        found = loaded.explain(asked, data=data, of_class=of_class, progress=bar.update)
    folder = loaded.keep_explanation(found)
    if as_json:
        print_json(found.to_dict(), saved=folder)
        return
    with printing(folder):
        for line in found.lines():
            print(line)
        print(f"saved in {folder}")


@app.command()
def report(run: opt.RunPath, *, as_json: opt.AsJson = False) -> None:
    """Rewrite the report of a run or of a comparison: report.html, and a model card."""
    from tenfold.comparison.comparison_page import COMPARE, rewrite_page  # noqa: PLC0415
    from tenfold.loading import load  # noqa: PLC0415

    page = rewrite_page(run) if (run / COMPARE).is_file() else load(run).write_report()
    if as_json:
        print_json({"format": 1, "page": str(page)})
        return
    print(page)


@app.command()
def export(
    run: opt.RunPath,
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="File to write. [default: model.onnx in the run's folder]"
        ),
    ] = None,
    form: Annotated[
        str, typer.Option("--format", metavar="NAME", help="onnx, or torch for torch.export.")
    ] = "onnx",
    data: opt.TrainedOn = None,
    network: opt.Network = None,
    as_json: opt.AsJson = False,
) -> None:
    """Export the model, preprocessing included, as one file that works without Tenfold."""
    from tenfold.loading import load  # noqa: PLC0415

    loaded = load(run, network=network)
    written = loaded.export(out, form=form, data=data)  # type: ignore[arg-type]
    if as_json:
        print_json(asdict(written) | {"format": 1, "path": str(written.path)})
        return
    found = written.equality
    asked = f"the file and the model were compared on {found.inputs:,} {loaded.noun}"
    with printing(written.path):
        print(
            f"{asked}: their predictions differ by at most {found.difference:.1g} of the "
            "largest"
        )
        if found.rounding > TOLD:
            print(
                "predict multiplies in bfloat16 on this machine, the file in float32: their "
                f"predictions differ by at most {found.rounding:.1g} of the largest"
            )
        print(f"saved as {written.path} ({written.bytes / 1e6:.1f} MB)")


@app.command()
@opt.takes(group=ServeOptions)
def serve(
    model: Annotated[
        Path,
        typer.Argument(metavar="RUN|FILE", help="A run, or a file written by tenfold export."),
    ],
    *,
    data: opt.TrainedOn = None,
    as_json: opt.AsJson = False,
    **said: Any,
) -> None:
    """Serve predictions over HTTP, with a page to try the model; local by default."""
    require("fastapi", extra="serve", to="serve a model")
    from tenfold.serve.server import serve as run_server  # noqa: PLC0415

    options = ServeOptions(**said)

    def began(address: str) -> None:
        if not options.is_local:
            also = "" if options.token else ", and no --token is required"
            print(
                f"other machines can connect: the server listens on {options.host}{also}",
                file=sys.stderr,
            )
        line = f"serving at {address}"
        if as_json:
            line = document({"format": 1, "url": address}, indent=None)
        print(line, flush=True)

    with exported(model, data) as file:
        run_server(file, options, began)


@contextmanager
def exported(model: Path, data: Path | None) -> Iterator[Path]:
    """Yield a file that was exported: the one that is named, or one made of a run.

    It is kept in the run's folder, so that the next time it is there, unless another file has
    its place. Runs of a kind of data that has no such files are served themselves.
    """
    if model.suffix == ".onnx":
        yield model
        return
    from tenfold.exported import SUFFIXES  # noqa: PLC0415
    from tenfold.kinds.services import SERVICES  # noqa: PLC0415
    from tenfold.loading import load  # noqa: PLC0415
    from tenfold.store.folder import MODEL  # noqa: PLC0415

    run = load(model)
    if run.kind not in SERVICES:
        yield model
        return
    kept = None if run.folder is None else run.folder / f"model{SUFFIXES['onnx']}"
    if kept is not None and is_of_model(kept, kept.with_name(MODEL)):
        yield kept
        return
    print(f"exporting {model}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as aside:
        free = kept is not None and not kept.exists() and os.access(kept.parent, os.W_OK)
        path = kept if free else Path(aside) / f"model{SUFFIXES['onnx']}"
        yield run.export(path, data=data).path


def is_of_model(file: Path, model: Path) -> bool:
    """Tell whether a file was exported from a model file as it is now."""
    from tenfold.exported import Exported  # noqa: PLC0415
    from tenfold.store.run_config import fingerprint  # noqa: PLC0415 - loads pandas

    if not file.is_file() or not model.is_file():
        return False
    try:
        return Exported.open(file).label.model == fingerprint(model)
    except StoreError:  # somebody else's file
        return False
