"""The command ``tenfold``: reads options, calls what Python users call, prints."""

import json
import os
import sys

from tenfold.cli.views import app
from tenfold.errors import TenfoldError, UsageError
from tenfold.machine import keep_freed_memory

CTRL_C = 130  # typer's exit status for it
WRONG_USAGE = 2


def main() -> None:
    """Run the command and end the process.

    Its exit status is 0 if all went well, 1 for a coded message, 2 for wrong usage.
    """
    keep_freed_memory()
    stdout = sys.stdout
    try:
        try:
            app(prog_name="tenfold")
        finally:
            stdout.flush()
    except TenfoldError as error:
        _print_json(error)
        print(error, file=sys.stderr)
        sys.exit(WRONG_USAGE if isinstance(error, UsageError) else 1)
    except BrokenPipeError:
        # The reader of a pipe, such as `head`, has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stdout.fileno())
        sys.exit(0)
    except SystemExit as end:
        if sys.stdout is not stdout:  # typer exchanges it when a pipe breaks
            sys.exit(0)
        if end.code == CTRL_C:
            print("Ctrl-C: no model was written", file=sys.stderr)
            sys.exit(1)
        if end.code == WRONG_USAGE:
            # typer has told the user what was wrong before it ended the process.
            said = getattr(end.__context__, "format_message", lambda: "the usage is wrong")()
            _print_json(UsageError("U01", said.rstrip(".")))
        raise


def _print_json(error: TenfoldError) -> None:
    if "--json" in sys.argv:
        print(json.dumps({"error": error.to_dict()}, indent=1))
