"""A server's processes: they begin, listen, and end when they are told to."""

import gc
import logging
import os
import signal
import socket
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import uvicorn

from tenfold.errors import ServeError
from tenfold.exported import SUFFIXES, Answering, Exported
from tenfold.kinds.services import service_of
from tenfold.machine import usable_cores
from tenfold.serve.app import app_of
from tenfold.serve.guard import Guard
from tenfold.serve.observed import SHARED
from tenfold.serve.patience import protocol, run_workers
from tenfold.serve_options import ServeOptions

GRACE: Final = 10  # seconds that open requests get when the server ends
BACKLOG: Final = 2_048


@dataclass(frozen=True, slots=True)
class _Made:
    """Makes the application anew in each process."""

    file: Path
    options: ServeOptions
    long_calls: bool

    def __call__(self) -> Guard:
        # What strangers send is answered, and is no line in the log of whoever serves.
        logging.getLogger("python_multipart").setLevel(logging.ERROR)
        workers = self.options.workers
        # Threads of a call of few rows only wait for each other, and for those of the server.
        threads = max(1, usable_cores() // workers) if self.long_calls else 1
        app = app_of(opened(self.file, threads=threads), self.options, shared=workers > 1)
        gc.collect()
        gc.freeze()  # what is there now stays; looking through it again holds requests up
        return app


def opened(file: Path, *, threads: int) -> Answering:
    """Open an exported file; of a run, what answers is its model.

    Raises
    ------
    StoreError
        M09, if the file is no exported model; M01 to M07, if the model cannot be opened.
    """
    if file.suffix == SUFFIXES["onnx"]:
        return Exported.open(file, threads=threads)
    from tenfold.serve.answering import AnsweringRun  # noqa: PLC0415 - loads torch

    return AnsweringRun(file)


def serve(file: Path, options: ServeOptions, began: Callable[[str], None]) -> None:
    """Answer requests with an exported file, or a run, until the process is told to end.

    Parameters
    ----------
    file : Path
        Of a run, if it does not end in ``.onnx``.
    options : ServeOptions
    began : callable
        Called with the address once the port is taken.

    Raises
    ------
    StoreError
        M09, if the file is no exported model.
    ServeError
        V11, if the port or the host cannot be had.
    """
    # A fault is told before a port is taken.
    service = service_of(opened(file, threads=1), options)
    with ExitStack() as stack:
        taken = stack.enter_context(_listen(options))
        if options.workers > 1:
            os.environ[SHARED] = stack.enter_context(tempfile.TemporaryDirectory())
        host, port = taken.getsockname()[:2]
        began(f"http://{f'[{host}]' if ':' in host else host}:{port}")
        config = uvicorn.Config(
            _Made(file, options, service.long_calls),
            factory=True,
            workers=options.workers,
            http=protocol(),
            log_level="error",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE,
            timeout_keep_alive=max(5, int(options.timeout)),
            backlog=BACKLOG,
        )
        # Once all is answered uvicorn sends itself the signal again: it must not kill then.
        signal.signal(signal.SIGTERM, lambda _number, _frame: None)
        if options.workers > 1:
            run_workers(config, taken)
        else:
            with suppress(KeyboardInterrupt):  # Ctrl-C ends a server as a signal does
                uvicorn.Server(config).run(sockets=[taken])


def _listen(options: ServeOptions) -> socket.socket:
    """Return a socket that listens.

    Raises
    ------
    ServeError
        V11, if that is not possible.
    """
    taken: socket.socket | None = None
    try:
        found: Any = socket.getaddrinfo(options.host, options.port, type=socket.SOCK_STREAM)[0]
        taken = socket.socket(found[0], socket.SOCK_STREAM)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(found[4])
        taken.listen(BACKLOG)
    except OSError as error:
        if taken is not None:
            taken.close()
        raise ServeError(
            "V11",
            f"the server cannot listen: {error.strerror or error}",
            place={"host": options.host, "port": str(options.port)},
            fix=["choose another port: --port N, or 0 for any free one"],
        ) from error
    return taken
