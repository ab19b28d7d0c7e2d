"""What the commands read from standard input and lay out on the screen."""

import json
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tenfold.cli.streams import printing
from tenfold.config import RunOptions
from tenfold.documents import document
from tenfold.errors import StoreError, TenfoldError, UsageError
from tenfold.read_options import ReadOptions
from tenfold.replacing import replacing

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from tenfold.data.admit import Mode
    from tenfold.data.departures import Departure
    from tenfold.data.pictures import Pictures
    from tenfold.data.reading import Known
    from tenfold.data.schema import Schema
    from tenfold.data.table import Table
    from tenfold.run import Run


MOST_LINES: Final = 20  # that a screen shows of departures
# What of reading new rows goes without saying, unless it is a guess.
PLAIN: Final = frozenset(
    {"--encoding", "--separator", "--header", "--no-header", "--decimal", "--missing"}
)
NOT_UTF8: Final = re.compile("encoding (?!utf)")


def console(*, quiet: bool) -> "Console":
    """Return standard error as a terminal; standard output is for results."""
    from rich.console import Console  # noqa: PLC0415

    return Console(stderr=True, quiet=quiet)


def show_run(run: "Run", *, as_json: bool) -> None:
    """Print what a run found, and where it lies."""
    from tenfold.store.repeated import repeated_line  # noqa: PLC0415

    if as_json:
        print_json(run.metrics, saved=run.folder)
        return
    with printing(run.folder):
        print(run.summary())
        if run.metrics["repeats"]:
            print(repeated_line(run.metrics["repeats"]))
        print(f"saved in {run.folder}")


def print_json(content: Mapping[str, Any], *, saved: Path | None = None) -> None:
    """Print the one document of a command; what was saved is told on standard error."""
    with printing():
        print(document(content))
    if saved is not None:
        print(f"saved in {saved}", file=sys.stderr)


@contextmanager
def lend_file(path: Path) -> Iterator[Path]:
    """Lend the path of a file with the same content: standard input has none of its own."""
    if str(path) != "-":
        yield path
        return
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            copy = Path(folder) / "standard-input.csv"
            copy.write_bytes(sys.stdin.buffer.read())
        except OSError as error:
            raise StoreError(
                "M15",
                f"standard input cannot be stored in a temporary file: {error.strerror}",
                fix=["free some disk space, or set the variable TMPDIR to another folder"],
            ) from error
        try:
            yield copy
        except TenfoldError as error:
            if error.place.get("file") == str(copy):
                error.place["file"] = "standard input"
            raise


def read_rows(
    path: Path,
    read: ReadOptions,
    *,
    like: "Known | None" = None,
    scored_by: "Schema | None" = None,
    quiet: bool,
) -> "Table":
    """Read new rows as training was, and name those that cannot be used.

    If a model is to be scored on them, rows without a target are left out and counted.
    """
    from tenfold.data.labelled import with_targets_of  # noqa: PLC0415
    from tenfold.data.read import read_table  # noqa: PLC0415

    with lend_file(path) as source:
        table = read_table(source, read, like=like)
        table.check_rejected(read.max_bad)
        if scored_by is not None:
            table = with_targets_of(table, scored_by, read.max_bad)
    if str(path) == "-":
        table = replace(table, source="standard input")
    if not quiet:
        _tell_read(path, table)
    return table


def _tell_read(path: Path, table: "Table") -> None:
    """Say on standard error what of reading new rows is a guess, and what is left out."""
    from tenfold.data.labelled import unlabelled_told  # noqa: PLC0415

    for told in table.decisions:
        loud = told.change_with not in PLAIN or NOT_UTF8.match(told.what)
        if loud and told not in table.notices:
            line = f"{path}: {told.what} ({told.why}); {told.change_with}"
            print(line, file=sys.stderr)
    for notice in table.notices:
        line = f"{notice.what} ({notice.change_with}): {notice.why}"
        print(f"{path} is not formatted like the training data: {line}", file=sys.stderr)
    for row in table.rejected:
        print(f"{path}, line {row.line}, is left out: {row.reason}", file=sys.stderr)
    if gone := table.unlabelled:
        count = unlabelled_told(len(gone), len(gone) + len(table))
        print(f"{path}: {count} (line {gone[0].line}: {gone[0].reason})", file=sys.stderr)


def tell_departures(table: "Table", found: "Sequence[Departure]", *, quiet: bool) -> None:
    """Say on standard error where rows are not like those of training."""
    from tenfold.data.admit import departure_lines  # noqa: PLC0415

    if found and not quiet:
        print(f"{table.source} differs from the training data:", file=sys.stderr)
        lines = departure_lines(table, found)
        for line in lines[:MOST_LINES]:
            print(f"  {line}", file=sys.stderr)
        if len(lines) > MOST_LINES:
            more = len(lines) - MOST_LINES
            print(f"  and {more:,} more lines: --departures FILE", file=sys.stderr)


def read_many(
    paths: Sequence[Path], read: ReadOptions, schema: "Schema", *, quiet: bool
) -> "Table":
    """Read the rows of several tables as those of one."""
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    from tenfold.data.departures import like_training  # noqa: PLC0415
    from tenfold.data.required import check_columns  # noqa: PLC0415

    tables = [read_rows(path, read, like=schema.known, quiet=quiet) for path in paths]
    if len({table.decimal for table in tables}) > 1:  # numbers first, then one table
        for table in tables:
            check_columns(table.frame, schema, table.decimal)
        tables = [like_training(table, schema)[0] for table in tables]
    frame = pd.concat([table.frame for table in tables], ignore_index=True)
    return replace(
        tables[0], frame=frame, lines=np.concatenate([table.lines for table in tables])
    )


def write_rows(
    rows: "pd.DataFrame",
    out: Path | None,
    departures: "pd.DataFrame | None" = None,
    *,
    as_json: bool,
) -> None:
    """Write predicted rows to a file or to standard output; JSON holds departures, too."""
    if as_json:
        tables = {"rows": rows} | ({} if departures is None else {"departures": departures})
        plain = {name: json.loads(t.to_json(orient="records")) for name, t in tables.items()}
        text = document({"format": 1} | plain) + "\n"
    else:
        text = rows.to_csv(index=False, float_format="%.7g")
    if out is None:
        require_letters(text)
        with printing():
            sys.stdout.write(text)
        return
    write_text(text, out, "out")


def require_letters(text: str) -> None:
    """Refuse to print data some letters of which standard output lacks.

    Raises
    ------
    StoreError
        M15.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError as error:
        letter = text[error.start]
        raise StoreError(
            "M15",
            f"standard output is {encoding}, which does not have the letter {letter!a}",
            fix=["write to a file, in UTF-8: --out FILE", "set PYTHONIOENCODING=utf-8"],
        ) from error


def write_text(text: str, path: Path, option: str) -> None:
    """Write a text to the file that an option names, whole or not at all."""
    try:
        with replacing(path) as aside:
            aside.write_text(text, encoding="utf-8")
    except OSError as error:
        wanted = f"a file that can be written ({error.strerror})"
        raise UsageError(
            "U01", f"--{option} must be {wanted}, but it is {str(path)!r}"
        ) from error


def named_pictures(inputs: list[Path]) -> list[Path]:
    """Return the pictures and folders that are named; ``-`` is a list on standard input."""
    named: list[Path] = []
    for path in inputs:
        if str(path) == "-":
            named += [Path(line) for line in sys.stdin.read().splitlines() if line.strip()]
        else:
            named.append(path)
    return named


def tell_reading(pictures: "Pictures") -> None:
    """Name what is left out, count those without a label, and tell doubts about white."""
    from tenfold.data.labelled import unlabelled_told  # noqa: PLC0415

    for file in pictures.rejected:
        print(f"{file.file} is left out: {file.reason}", file=sys.stderr)
    if gone := len(pictures.unlabelled):
        told = unlabelled_told(gone, gone + len(pictures), "images")
        print(f"{pictures.source}: {told}", file=sys.stderr)
    for doubt in pictures.doubts:
        print(f"{doubt.what} ({doubt.why}); {doubt.change_with}", file=sys.stderr)


def write_pictures(answers: "pd.DataFrame", out: Path | None, *, as_json: bool) -> None:
    """Write predictions: for people on a terminal, as a CSV or JSON document elsewhere."""
    if out is None and not as_json and sys.stdout.isatty():
        best = answers.filter(like="probability ").max(axis=1)
        width = max(map(len, answers["file"]), default=0)
        told = zip(answers["file"], answers["prediction"], best, strict=True)
        with printing():
            for file, label, share in told:
                print(f"{file:<{width}}  {label}  {share:.2f}")
        return
    write_rows(answers, out, as_json=as_json)


def predict_pictures(
    run: "Run",
    inputs: list[Path],
    out: Path | None,
    coverage: float | None,
    mode: "Mode | None",
    *,
    white: int | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Predict pictures, and name those that are left out."""
    from tenfold.report.console import PatientBar  # noqa: PLC0415

    counts = "image {task.completed:,} of {task.total:,},"
    with PatientBar(console(quiet=quiet), "reading", counts) as bar:
        options = RunOptions.named({"white": white})
        pictures = run.read(named_pictures(inputs), options, progress=bar.update)
    tell_reading(pictures)
    pictures.check_rejected(max_bad=1.0)
    with PatientBar(console(quiet=quiet), "predicting", counts) as bar:
        answers = run.predict(pictures, coverage=coverage, schema=mode, progress=bar.update)
    write_pictures(answers.rename_axis("file").reset_index(), out, as_json=as_json)
