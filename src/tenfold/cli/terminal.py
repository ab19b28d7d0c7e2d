"""What the commands read from standard input and lay out on the screen."""

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tenfold.cli.streams import printing
from tenfold.config import RunOptions
from tenfold.documents import document
from tenfold.errors import StoreError, TenfoldError
from tenfold.extras import require
from tenfold.read_options import PARQUET
from tenfold.replacing import replacing, writable

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from tenfold.data.new_rows.admit import Mode
    from tenfold.intake import Looked
    from tenfold.report.console import PatientBar
    from tenfold.run import Run


SHOWN: Final = 3  # rows that are named as unlike those of training
# A hundredth of usual rows is meant to be unlike, and where few were held out it may be more.
BY_CHANCE: Final = 0.02
FAR: Final = 1.25  # novelty that is told of in any case
RARE: Final = 1.005 * BY_CHANCE  # probability by chance; one of one is told of
MOST_LINES: Final = 20  # that a screen shows of schema drift


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


@contextmanager
def read(
    run: "Run", part: Any, options: RunOptions, *, labelled: bool = False, quiet: bool
) -> Iterator[Any]:
    """Read new data as training was, or labelled ones; say what is left out, and lend them."""
    kind, schema = run.model.kind, run.model.schema
    with lend_file(part) if isinstance(part, Path) else nullcontext(part) as source:
        with bar_of(run, "reading", quiet=quiet) as bar:
            data, lines = kind.read_and_tell(
                source, schema, options, labelled=labelled, progress=bar.update
            )
        if str(part) == "-" and hasattr(data, "source"):
            data = replace(data, source="standard input")
        for line in lines if kind.warns_when_quiet or not quiet else ():
            print(line.replace(str(source), str(part)), file=sys.stderr)
        yield data


def bar_of(run: "Run", what: str, *, quiet: bool) -> "PatientBar":
    """Return a bar that counts what the data of a run consist of."""
    from tenfold.report.console import PatientBar  # noqa: PLC0415

    counts = run.noun.removesuffix("s") + " {task.completed:,} of {task.total:,},"
    return PatientBar(console(quiet=quiet), what, counts)


def ask(
    run: "Run", data: Any, mode: "Mode | None", coverage: float | None, *, quiet: bool
) -> "tuple[Looked, pd.DataFrame]":
    """Return where data are not like those of training, and what the run says of them."""
    from tenfold.exported import NOVELTY  # noqa: PLC0415

    found = run.model.kind.look(data, run.model.schema, mode)
    with bar_of(run, "predicting", quiet=quiet) as bar:
        rows = run.predict(found.data, coverage=coverage, progress=bar.update)
    tell_drift(found.lines, quiet=quiet)
    if NOVELTY in rows:
        tell_novelty(rows[NOVELTY], run.noun, quiet=quiet)
    return found, rows.rename_axis(run.model.kind.where).reset_index()


def tell_drift(said: Sequence[str], *, quiet: bool) -> None:
    """Say on standard error where data are not like those of training."""
    head, lines = said[:1], said[1:]
    shown = [*head, *(f"  {line}" for line in lines[:MOST_LINES])]
    if len(lines) > MOST_LINES:
        shown.append(f"  and {len(lines) - MOST_LINES:,} more lines: --departures FILE")
    for line in () if quiet else shown:
        print(line, file=sys.stderr)


def tell_novelty(novelty: "pd.Series[float]", noun: str, *, quiet: bool) -> None:
    """Say on standard error if more rows are unlike those of training than chance explains."""
    from scipy.stats import binom  # noqa: PLC0415

    above = novelty[novelty > 1].sort_values(ascending=False)
    by_chance = binom.sf(len(above) - 1, len(novelty), BY_CHANCE)
    unlike = above if by_chance <= RARE else above[above > FAR]
    if quiet or not len(unlike):
        return
    verb = "is" if len(unlike) == 1 else "are"
    print(
        f"{len(unlike):,} of {len(novelty):,} {noun} {verb} unlike those of training "
        f"(novelty above 1): do not rely on the answers",
        file=sys.stderr,
    )
    for place, value in unlike[:SHOWN].items():
        print(f"  {place}: {value:.2f}", file=sys.stderr)
    if len(unlike) > SHOWN:
        print(f"  and {len(unlike) - SHOWN:,} more, in the column novelty", file=sys.stderr)


def listed() -> list[str]:
    """Return the lines of standard input that are not empty."""
    return [line for line in sys.stdin.read().splitlines() if line.strip()]


def write_rows(
    rows: "pd.DataFrame",
    out: Path | None,
    drift: "pd.DataFrame | None" = None,
    *,
    as_json: bool,
) -> None:
    """Write predicted rows to a file or to standard output; JSON holds drift, too.

    A file is Parquet if its name ends so. People on a terminal see classes of what has no
    columns of its own in a line each.
    """
    shares = rows.filter(like="probability ")
    from tenfold.exported import NOVELTY  # noqa: PLC0415

    bare = drift is None and len(shares.columns) > 0
    if bare and out is None and not as_json and sys.stdout.isatty():
        places, best = rows.iloc[:, 0].map(str), shares.max(axis=1)
        width = max(map(len, places), default=0)
        novelty = rows[NOVELTY] if NOVELTY in rows else [0.0] * len(rows)
        said = zip(places, rows["prediction"], best, novelty, strict=True)
        with printing():
            for place, label, share, far in said:
                mark = "  unlike training" if far > 1 else ""
                print(f"{place:<{width}}  {label}  {share:.2f}{mark}")
        return
    if out is not None and out.suffix.lower() in PARQUET and not as_json:
        write_parquet(rows, out)
        return
    if as_json:
        tables = {"rows": rows} | ({} if drift is None else {"departures": drift})
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


def write_parquet(rows: "pd.DataFrame", path: Path) -> None:
    """Write predicted rows as a Parquet file, whole or not at all."""
    require("pyarrow", extra="parquet", to="write .parquet files")
    with writable(path, "out"), replacing(path) as aside:
        rows.to_parquet(aside, index=False)


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
    with writable(path, option), replacing(path) as aside:
        aside.write_text(text, encoding="utf-8")
