"""Files of new rows that are too large to be read as a whole, on the command line."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tenfold.cli.streams import printing
from tenfold.cli.terminal import bar_of, require_letters, tell_drift
from tenfold.machine import free_bytes, usable_threads

if TYPE_CHECKING:
    from tenfold.data.new_rows.admit import Mode
    from tenfold.read_options import ReadOptions
    from tenfold.run import Run
    from tenfold.streaming.files import Asked
    from tenfold.streaming.scoring import Scored
    from tenfold.streaming.told import Answered

STDIN: Final = Path("-")  # which is read as a whole
WORKER_BYTES: Final = 1_000_000_000  # of a process that answers, about
LEAST_ROWS: Final = 200_000  # that are worth the start of one more process


def answer_long(
    run: "Run", inputs: Sequence[Path], out: Path | None, asked: "Asked", *, quiet: bool
) -> bool:
    """Predict files some of which are large, and write the answers; return False if none is.

    Parameters
    ----------
    run : Run
    inputs : sequence of Path
    out : Path or None
        None for standard output.
    asked : Asked
        Without ``jobs``, which the machine decides.
    quiet : bool
    """
    from tenfold.streaming.files import answer_files, open_files  # noqa: PLC0415

    if not run.model.kind.columns(run.model.schema) or STDIN in inputs:
        return False
    tables = open_files(run, inputs, asked.options)
    if not any(table.is_long for table in tables):
        return False
    asked = replace(asked, jobs=_jobs(sum(table.count for table in tables)))
    try:
        with bar_of(run, "predicting", quiet=quiet) as bar:
            found = answer_files(run, tables, out, asked, bar.update, _show)
    except KeyboardInterrupt:
        folder = None if out is None else out.with_name(f"{out.name}.parts")
        kept = "" if folder is None else f"what is answered is in {folder}: run the same "
        kept += "command again to go on" if folder else "nothing is kept without --out"
        print(f"Ctrl-C was pressed: {kept}", file=sys.stderr)
        raise SystemExit(1) from None
    _tell(found, quiet=quiet)
    if out is not None:
        gone = sum(one.rejected for one in found)
        left = f", {gone:,} left out" if gone else ""
        if gone or not quiet:  # lost rows are told in any case
            print(f"{sum(one.rows for one in found):,} rows in {out}{left}", file=sys.stderr)
    return True


def evaluate_long(
    run: "Run", data: Path, options: "ReadOptions", mode: "Mode | None", *, quiet: bool
) -> "Scored | None":
    """Score a run on a large file, and tell what is to be told; return None if it is small."""
    from tenfold.streaming.files import open_files  # noqa: PLC0415
    from tenfold.streaming.scoring import score_table  # noqa: PLC0415

    if not run.model.kind.columns(run.model.schema) or data == STDIN:
        return None
    (table,) = open_files(run, [data], options)
    if not table.is_long:
        return None
    with bar_of(run, "predicting", quiet=quiet) as bar:
        jobs = _jobs(table.count)
        found = score_table(run, table, mode=mode, jobs=jobs, progress=bar.update)
    _tell([found.told], quiet=quiet)
    return found


def _jobs(rows: int) -> int:
    """Return how many processes are worth their start, and fit into the memory."""
    room = free_bytes() // WORKER_BYTES
    return max(1, min(usable_threads(), room, rows // LEAST_ROWS))


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
