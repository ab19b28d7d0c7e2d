"""The command ``tenfold``: reads options, calls what Python users call, prints."""

import sys
import warnings
from contextlib import suppress

from tenfold.cli.streams import BY_SIGNAL, connected, discard, endable, printing, refused
from tenfold.cli.views import app
from tenfold.documents import document
from tenfold.errors import StoreError, TenfoldError, UsageError
from tenfold.machine import keep_freed_memory, set_up_threads
from tenfold.wording import COMMAND

CTRL_C = 130  # typer's exit status for it
WRONG_USAGE = 2


def main() -> None:
    """Run the command and end the process.

    Its exit status is 0 if all went well, 1 for a coded message, 2 for wrong usage, and 128
    and a number if a signal of that number ended it.
    """
    set_up_threads()
    keep_freed_memory()
    if not sys.warnoptions:  # of Python: whoever asks for warnings gets them
        warnings.simplefilter("ignore")
    with connected(), endable():
        sys.exit(_status())


def _status() -> int:
    """Run the command and return its exit status."""
    stdout = sys.stdout
    try:
        try:
            app(prog_name="tenfold")
        finally:
            with printing():
                pass  # what is not written by now
    except TenfoldError as error:
        return _tell(error)
    except BrokenPipeError:
        # The reader of a pipe, such as `head`, has seen enough.
        discard(stdout)
    except OSError as error:
        return _tell(refused(error))
    except SystemExit as end:
        if sys.stdout is not stdout:  # typer exchanges it when a pipe breaks
            discard(stdout)
            return 0
        return _end(end)
    return 0


def _end(end: SystemExit) -> int:
    """Return the exit status of a command that has ended, and say what it did not say."""
    status = end.code if isinstance(end.code, int) else int(end.code is not None)
    if status == CTRL_C:
        print("Ctrl-C was pressed: no model was saved", file=sys.stderr)
        _print_json(StoreError("M16", "Ctrl-C was pressed"))
        return 1
    if status > BY_SIGNAL:
        _print_json(StoreError("M16", f"signal {status - BY_SIGNAL} ended the command"))
    if status == WRONG_USAGE:
        # typer has told the user what was wrong before it ended the process.
        said = getattr(
            end.__context__, "format_message", lambda: "the command was used wrongly"
        )()
        _print_json(UsageError("U01", said.rstrip(".")))
    return status


def _tell(error: TenfoldError) -> int:
    """Print an error, as a document too where one is asked for; return the exit status."""
    _print_json(error)
    print(error.said(COMMAND), file=sys.stderr)
    return WRONG_USAGE if isinstance(error, UsageError) else 1


def _print_json(error: TenfoldError) -> None:
    stdout = sys.stdout
    with suppress(OSError):
        if "--json" in sys.argv:
            print(document({"error": error.to_dict()}))
        stdout.flush()
        return
    discard(stdout)
