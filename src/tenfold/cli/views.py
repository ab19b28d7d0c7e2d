"""Commands for a run once it is there. They are imported last, and bring the others."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from tenfold.cli import given
from tenfold.cli import options as opt
from tenfold.cli.audit import app
from tenfold.cli.streams import printing
from tenfold.cli.terminal import (
    console,
    named_pictures,
    print_json,
    read_many,
    tell_reading,
)
from tenfold.config import RunOptions
from tenfold.documents import document
from tenfold.extras import require
from tenfold.serve.options import DEFAULTS, ServeOptions

if TYPE_CHECKING:
    from tenfold.data.schema import Schema

__all__ = ["app"]


@app.command()
@opt.takes(*opt.NEW_DATA)
def explain(
    run: opt.RunPath,
    inputs: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[INPUT]...", help="Rows or pictures whose answers are taken apart."
        ),
    ] = None,
    *,
    data: opt.TrainedOn = None,
    of_class: Annotated[
        str | None,
        typer.Option("--class", metavar="NAME", help="Whose probability is explained."),
    ] = None,
    network: opt.Network = None,
    as_json: opt.AsJson = False,
    quiet: opt.Quiet = False,
    **said: Any,
) -> None:
    """Show what a network looks at: columns and cells, or layers and places of pictures."""
    from tenfold.opening import load  # noqa: PLC0415
    from tenfold.report.console import PatientBar  # noqa: PLC0415
    from tenfold.report.text import explanation_lines  # noqa: PLC0415

    read, white = given.read_options(said), said["white"]
    loaded = load(run, network=network)
    given.refuse_kind(loaded.kind, inputs or [])
    asked: Any = None
    if loaded.kind == "images":
        given.refuse_reading(read)
    else:
        given.refuse_white(white)
    if inputs and loaded.kind == "images":
        asked = loaded.read(named_pictures(inputs), RunOptions.named({"white": white}))
        tell_reading(asked)
    elif inputs:
        asked = read_many(inputs, read, cast("Schema", loaded.model.schema), quiet=quiet)
    counts = "{task.completed} of {task.total},"
    with PatientBar(console(quiet=quiet), "explaining", counts) as bar:
        found = loaded.explain(asked, data=data, of_class=of_class, progress=bar.update)
    folder = loaded.keep_explanation(found)
    if as_json:
        print_json(found.to_dict(), saved=folder)
        return
    with printing(folder):
        for line in explanation_lines(found):
            print(line)
        print(f"saved in {folder}")


@app.command()
def report(run: opt.RunPath, *, as_json: opt.AsJson = False) -> None:
    """Write the page of a run or of a comparison anew: report.html, and a model card."""
    from tenfold.comparison.page import COMPARE, rewrite_page  # noqa: PLC0415
    from tenfold.opening import load  # noqa: PLC0415

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
            metavar="FILE", help="The file. [default: model.onnx in the run's folder]"
        ),
    ] = None,
    form: Annotated[
        str, typer.Option("--format", metavar="NAME", help="onnx, or torch for torch.export.")
    ] = "onnx",
    data: opt.TrainedOn = None,
    network: opt.Network = None,
    as_json: opt.AsJson = False,
) -> None:
    """Write the model as one file that answers without Tenfold, preprocessing inside."""
    from tenfold.opening import load  # noqa: PLC0415

    loaded = load(run, network=network)
    written = loaded.export(out, form=form, data=data)  # type: ignore[arg-type]
    if as_json:
        print_json(asdict(written) | {"format": 1, "path": str(written.path)})
        return
    found = written.equality
    asked = f"the file and the model were asked about {found.inputs:,} {loaded.noun}"
    with printing(written.path):
        print(f"{asked}: their answers differ by {found.difference:.1g} of the largest at most")
        print(f"saved as {written.path} ({written.bytes / 1e6:.1f} MB)")


@app.command()
def serve(  # noqa: PLR0913 - each option of the command, by its own name
    model: Annotated[
        Path,
        typer.Argument(metavar="RUN|FILE", help="A run, or a file that tenfold export wrote."),
    ],
    *,
    host: Annotated[
        str, typer.Option(help="Where to listen; 0.0.0.0 is all the world.")
    ] = DEFAULTS.host,
    port: Annotated[int, typer.Option(help="0 takes any that is free.")] = DEFAULTS.port,
    workers: Annotated[int, typer.Option(help="Processes that answer.")] = DEFAULTS.workers,
    token: Annotated[
        str | None,
        typer.Option(envvar="TENFOLD_TOKEN", help="What requests have to bring along."),
    ] = DEFAULTS.token,
    max_bytes: Annotated[int, typer.Option(help="Of a request's body.")] = DEFAULTS.max_bytes,
    max_rows: Annotated[int, typer.Option(help="In a request.")] = DEFAULTS.max_rows,
    max_pictures: Annotated[int, typer.Option(help="In a request.")] = DEFAULTS.max_pictures,
    max_pixels: Annotated[int, typer.Option(help="In a picture.")] = DEFAULTS.max_pixels,
    white: Annotated[
        int | None,
        typer.Option(metavar="N", help="What means white in pictures of 16 or 32 bits."),
    ] = DEFAULTS.white,
    max_requests: Annotated[
        int, typer.Option(help="At the same time, in each worker.")
    ] = DEFAULTS.max_requests,
    timeout: Annotated[float, typer.Option(help="Seconds to an answer.")] = DEFAULTS.timeout,
    batch_rows: Annotated[
        int, typer.Option(help="Answered in one call; 1 answers each request by itself.")
    ] = DEFAULTS.batch_rows,
    data: opt.TrainedOn = None,
    as_json: opt.AsJson = False,
) -> None:
    """Answer over HTTP, with a page to try the model: on this machine alone unless told."""
    require("fastapi", extra="serve", to="serve a model")
    from tenfold.serve.server import serve as run_server  # noqa: PLC0415

    options = ServeOptions(
        host=host,
        port=port,
        workers=workers,
        token=token,
        max_bytes=max_bytes,
        max_rows=max_rows,
        max_pictures=max_pictures,
        max_pixels=max_pixels,
        white=white,
        max_requests=max_requests,
        timeout=timeout,
        batch_rows=batch_rows,
    )

    def began(address: str) -> None:
        if not options.is_local:
            also = "" if token else ", and no --token is asked for"
            print(f"other machines can ask: it listens on {host}{also}", file=sys.stderr)
        told = f"serving at {address}"
        if as_json:
            told = document({"format": 1, "url": address}, indent=None)
        print(told, flush=True)

    with exported(model, data) as file:
        run_server(file, options, began)


@contextmanager
def exported(model: Path, data: Path | None) -> Iterator[Path]:
    """Yield a file that was exported: the one that is named, or one made of a run."""
    if model.suffix == ".onnx":
        yield model
        return
    from tenfold.opening import load  # noqa: PLC0415

    run = load(model)
    with tempfile.TemporaryDirectory() as folder:
        print(f"exporting {model}", file=sys.stderr)
        yield run.export(Path(folder) / "model.onnx", data=data).path
