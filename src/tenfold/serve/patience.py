"""A connection that waits for a request's head neither for ever nor for all of a long one.

Guard sees a request once its head is whole. Until then it costs memory and a connection, and
the server would wait.

This is the only module that names what uvicorn does not document. Another version of uvicorn
may lack it; then ``protocol`` and ``run_workers`` take what is documented instead.
"""

import asyncio
import inspect
import socket
from typing import Any, Final

import uvicorn

try:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as HttpProtocol
except ImportError:
    from asyncio import Protocol as HttpProtocol  # type: ignore[assignment]
try:
    from uvicorn.supervisors import Multiprocess
except ImportError:
    Multiprocess = None  # type: ignore[assignment, misc]

MOST_HEAD_BYTES: Final = 64 * 2**10
LATE: Final = b"408 Request Timeout"
LONG: Final = b"431 Request Header Fields Too Large"
DOCUMENTED: Final = "h11"  # the name of a protocol that uvicorn always has
# What Patient needs of uvicorn's protocol: methods, and what a connection holds.
METHODS: Final = ("connection_made", "connection_lost", "data_received", "on_headers_complete")
HELD: Final = ("cycle", "loop", "timeout_keep_alive", "transport")


class Patient(HttpProtocol):
    """HTTP as uvicorn speaks it, each head of MOST_HEAD_BYTES at most.

    From the connection, or the first byte of a later request, to the end of its head it may
    take as long as a connection may rest between two requests.
    """

    _late: asyncio.TimerHandle | None = None
    _head_bytes: int = 0
    _able: bool = True  # whether uvicorn's protocol holds what is needed

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait."""
        super().connection_made(transport)
        self._able = all(hasattr(self, name) for name in HELD)
        if self._able:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes of a head or a body."""
        if not self._able:
            super().data_received(data)
            return
        cycle: Any = self.cycle  # None until a head was whole
        if self._late is None and (cycle is None or cycle.response_complete):
            self._wait()
        if self._late is not None:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._late is not None and self._head_bytes > MOST_HEAD_BYTES:
            self._end(LONG)

    def on_headers_complete(self) -> None:
        """Leave the rest to Guard."""
        self._stop()
        super().on_headers_complete()

    def _wait(self) -> None:
        self._head_bytes = 0
        self._late = self.loop.call_later(self.timeout_keep_alive, self._end, LATE)

    def _stop(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _end(self, status: bytes) -> None:
        self._stop()
        if not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 " + status + b"\r\nconnection: close\r\n\r\n")
            self.transport.close()


def protocol(of_uvicorn: type = HttpProtocol) -> type[asyncio.Protocol] | str:
    """Return how a server speaks HTTP: patiently, or as uvicorn does where it cannot.

    Parameters
    ----------
    of_uvicorn : type
        What ``Patient`` is made of.
    """
    able = all(hasattr(of_uvicorn, name) for name in METHODS)
    return Patient if able else DOCUMENTED


def run_workers(config: uvicorn.Config, taken: socket.socket) -> None:
    """Answer in several processes, or in this one where uvicorn cannot.

    Parameters
    ----------
    config : uvicorn.Config
    taken : socket
        Listens.
    """
    server = uvicorn.Server(config)
    if Multiprocess is None:
        server.run(sockets=[taken])
        return
    # Earlier versions want to be told what each process is to run.
    takes_target = "target" in inspect.signature(Multiprocess).parameters
    more: dict[str, Any] = {"target": server.run} if takes_target else {}
    Multiprocess(config, sockets=[taken], **more).run()
