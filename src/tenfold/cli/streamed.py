"""Files of new rows that are too large to be read as a whole, on the command line."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tenfold.cli.streams import printing
from tenfold.cli.terminal import bar_of, require_letters, tell_drift
from tenfold.machine import free_bytes, usable_threads

if TYPE_CHECKING:
    from tenfold.data.files.batches import LongTable
    from tenfold.data.new_rows.admit import Mode
    from tenfold.read_options import ReadOptions
    from tenfold.run import Run
    from tenfold.streaming.scoring import Scored
    from tenfold.streaming.told import Answered

STDIN: Final = Path("-")  # which is read as a whole
WORKER_BYTES: Final = 1_000_000_000  # of a process that answers, about
LEAST_ROWS: Final = 200_000  # that are worth the start of one more process


def answer_long(
    run: "Run",
    inputs: Sequence[Path],
    out: Path | None,
    options: "ReadOptions",
    *,
    quiet: bool,
    **asked: Any,
) -> bool:
    """Predict files some of which are large, and write the answers; return False if none is.

    Parameters
    ----------
    run : Run
    inputs : sequence of Path
    out : Path or None
        None for standard output.
    options : ReadOptions
    quiet : bool
    asked
        The other attributes of ``Asked``.
    """
    tables = _opened(run, inputs, options)
    if not any(table.is_long for table in tables):
        return False
    from tenfold.streaming.files import Asked, answer_files  # noqa: PLC0415

    jobs = _jobs(sum(table.count for table in tables))
    wish = Asked(options=options, jobs=jobs, **asked)
    try:
        with bar_of(run, "predicting", quiet=quiet) as bar:
            found = answer_files(run, tables, out, wish, bar.update, _show)
    except KeyboardInterrupt:
        print(f"Ctrl-C was pressed: {_kept(out)}", file=sys.stderr)
        raise SystemExit(1) from None
    _tell(found, quiet=quiet)
    gone = sum(one.rejected for one in found)
    if out is not None and (gone or not quiet):  # lost rows are told in any case
        left = f", {gone:,} left out" if gone else ""
        print(f"{sum(one.rows for one in found):,} rows in {out}{left}", file=sys.stderr)
    return True


def evaluate_long(
    run: "Run", data: Path, options: "ReadOptions", mode: "Mode | None", *, quiet: bool
) -> "Scored | None":
    """Score a run on a large file, and tell what is to be told; return None if it is small."""
    tables = _opened(run, [data], options)
    if not any(table.is_long for table in tables):
        return None
    from tenfold.streaming.scoring import score_table  # noqa: PLC0415

    jobs = _jobs(tables[0].count)
    with bar_of(run, "predicting", quiet=quiet) as bar:
        found = score_table(run, tables[0], mode=mode, jobs=jobs, progress=bar.update)
    _tell([found.told], quiet=quiet)
    return found


def _opened(run: "Run", inputs: Sequence[Path], options: "ReadOptions") -> "list[LongTable]":
    """Return files that may be read in batches: none for pictures and standard input."""
    from tenfold.data.files.batches import in_batches  # noqa: PLC0415

    schema = run.model.schema
    if not run.model.kind.columns(schema) or STDIN in inputs:
        return []
    return [in_batches(path, options, schema.known) for path in inputs]


def _jobs(rows: int) -> int:
    """Return how many processes are worth their start, and fit into the memory."""
    room = free_bytes() // WORKER_BYTES
    return max(1, min(usable_threads(), room, rows // LEAST_ROWS))


def _kept(out: Path | None) -> str:
    if out is None:
        return "nothing is kept without --out"
    folder = out.with_name(f"{out.name}.parts")
    return f"what is answered is in {folder}: run the same command again to go on"


def _show(text: str) -> None:
    require_letters(text)
    with printing():
        sys.stdout.write(text)


def _tell(found: "Sequence[Answered]", *, quiet: bool) -> None:
    """Say on standard error how files were read, and where they differ from training."""
    for one in found:
        for line in () if quiet else one.reading_lines():
            print(line, file=sys.stderr)
        tell_drift(one.drift_lines(), quiet=quiet)
